//! A conversation: what one person and one or more models say to each other.

use chrono::{DateTime, Utc};

use super::idempotency::{CreationError, RequestKey};
use super::message::Role;
use crate::repositories::StoreError;
use crate::{ConversationId, MessageId, ProjectId, UserId};

/// A conversation.
#[derive(Debug, Clone, PartialEq)]
pub struct Conversation {
    /// Its id.
    pub id: ConversationId,
    /// Whose it is.
    pub owner: UserId,
    /// The project whose prompts go in front of it.
    pub project: Option<ProjectId>,
    /// What it is called; empty until something was said.
    pub title: Option<String>,
    /// The catalogue id of the model that answers unless a send names another.
    pub model: String,
    /// The provider of that model.
    pub provider: String,
    /// What the model is told before anything else, after the project's prompts.
    pub system_prompt: Option<String>,
    /// Kept on top by its owner.
    pub pinned: bool,
    /// Put away by its owner.
    pub archived: bool,
    /// Whether it is the one that its owner has with the project itself.
    pub is_default: bool,
    /// How many messages it has.
    pub message_count: u32,
    /// The models that have been asked, in the order of their first answer.
    pub contexts: Vec<ModelContext>,
    /// The end of its active branch.
    pub last_message: Option<LastMessage>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When anything of it last changed.
    pub updated_at: DateTime<Utc>,
}

/// What was said with one model in a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelContext {
    /// The model (catalogue id).
    pub model: String,
    /// How many messages were said to it and by it, on all branches.
    pub message_count: u32,
    /// When the newest of them was said.
    pub last_message_at: DateTime<Utc>,
    /// What the model knows in short, of whichever branch.
    pub summary: Option<String>,
    /// When that was made.
    pub summary_at: Option<DateTime<Utc>>,
}

impl Conversation {
    /// The newest summary that one of its models has of it.
    pub fn summary(&self) -> Option<&str> {
        let summarized = self.contexts.iter().filter(|context| context.summary.is_some());
        summarized.max_by_key(|context| context.summary_at)?.summary.as_deref()
    }
}

/// A conversation to be made.
#[derive(Debug, Clone, Default)]
pub struct NewConversation {
    /// What to call it; from the first message if `None`.
    pub title: Option<String>,
    /// The project whose prompts go in front of it.
    pub project: Option<ProjectId>,
    /// Who answers (catalogue id); the default of the owner, or else of the service, if `None`.
    pub model: Option<String>,
    /// What the model is told before anything else; the owner's own if `None`.
    pub system_prompt: Option<String>,
    /// Whether it is to be the one that the owner has with the project itself.
    pub is_default: bool,
    /// What its client calls the request, so that it is made once only.
    pub key: Option<RequestKey>,
}

/// The newest message of a conversation, as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastMessage {
    /// Its id.
    pub id: MessageId,
    /// Its beginning, at most [`PREVIEW_CHARS`] characters.
    pub preview: String,
    /// Who said it.
    pub role: Role,
    /// The model that said it or was asked.
    pub model: String,
    /// When it was said.
    pub at: DateTime<Utc>,
}

/// How many characters of a message a list shows.
pub const PREVIEW_CHARS: usize = 200;

/// How many characters of the first message name a conversation that has no title.
pub const DERIVED_TITLE_CHARS: usize = 60;

/// What to change; what is `None` stays.
#[derive(Debug, Clone, Default)]
pub struct ConversationChanges {
    /// A new title.
    pub title: Option<String>,
    /// Change nothing unless this is its title still.
    pub while_titled: Option<String>,
    /// Another model (catalogue id and provider) for what comes next.
    pub model: Option<(String, String)>,
    /// Another system prompt, or none at all.
    pub system_prompt: Option<Option<String>>,
    /// Keep on top, or not.
    pub pinned: Option<bool>,
    /// Put away, or not.
    pub archived: Option<bool>,
}

/// What a deletion took away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeletedConversation {
    /// The conversation that is gone.
    pub id: ConversationId,
    /// How many messages went with it.
    pub messages: u64,
}

/// What the deletion of many took away.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DeletedConversations {
    /// How many conversations are gone.
    pub conversations: u64,
    /// How many messages went with them.
    pub messages: u64,
}

/// What can go wrong with a conversation.
#[derive(Debug, thiserror::Error)]
pub enum ConversationError {
    /// There is none of that id, or it is somebody else's.
    #[error("no such conversation")]
    NotFound,
    /// The project is not there, or is somebody else's.
    #[error("no such project")]
    NoSuchProject,
    /// The owner has a default conversation of that project already.
    #[error("there is a default conversation already")]
    DefaultExists,
    /// The account that it would belong to is gone.
    #[error("the owner is gone")]
    OwnerGone,
    /// The catalogue has no such model.
    #[error("no such model")]
    UnknownModel {
        /// The id that was asked for.
        model: String,
    },
    /// So much is being taken in, messages and conversations, that no message of it would get its turn.
    #[error("the service has too much to do")]
    Busy,
    /// Another service is needed and does not answer.
    #[error("project-service does not answer")]
    ProjectsUnavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// project-service does not take the person's token any more.
    #[error("the access token is not taken")]
    Unauthorized,
    /// Something else was asked or made with the request's key.
    #[error(transparent)]
    Creation(#[from] CreationError),
    /// The database failed.
    #[error("conversations could not be read or written")]
    Store(#[from] StoreError),
}

/// A title made of what was said first: its first line, cut at a word where that is near, at most
/// [`DERIVED_TITLE_CHARS`] characters. What has no text is an image.
pub fn derive_title(content: &str) -> String {
    let line = content.lines().map(str::trim).find(|line| !line.is_empty());
    shorten(line.unwrap_or("Image"))
}

/// A title that a model has written: the first line that has any words, without marks and quotes around them, at most
/// [`DERIVED_TITLE_CHARS`] characters; `None` if nothing is left.
pub fn tidy_title(answer: &str) -> Option<String> {
    let is_mark = |letter: char| {
        letter.is_whitespace() || letter.is_control() || "*_~>\"'“”„‘’«»-–:.".contains(letter)
    };
    // A hash begins a heading, and ends a language's name.
    let strip = |line: &str| {
        let line = line.trim_start_matches(|letter| letter == '#' || is_mark(letter));
        line.trim_end_matches(is_mark).to_owned()
    };
    let tidy = |line: &str| {
        let line = strip(&line.replace(['*', '`'], ""));
        let label = line.get(..6).filter(|start| start.eq_ignore_ascii_case("title:"));
        let line = label.map_or(line.clone(), |label| strip(&line[label.len()..]));
        let words = line.split(|letter: char| letter.is_whitespace() || letter.is_control());
        words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
    };
    answer.lines().map(tidy).find(|line| !line.is_empty()).map(|line| shorten(&line))
}

fn shorten(line: &str) -> String {
    if line.chars().count() <= DERIVED_TITLE_CHARS {
        return line.to_owned();
    }
    let cut: String = line.chars().take(DERIVED_TITLE_CHARS - 1).collect();
    let kept = match cut.rfind(char::is_whitespace) {
        Some(space) if space * 2 > cut.len() => &cut[..space],
        _ => cut.as_str(),
    };
    format!("{}…", kept.trim_end())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_title_is_the_first_line_cut_at_a_word() {
        assert_eq!(derive_title("\n  Hello there \nmore"), "Hello there");
        assert_eq!(derive_title(""), "Image");
        let long = "What is the difference between a keyset cursor and an offset, please?";
        assert_eq!(derive_title(long), "What is the difference between a keyset cursor and an…");
    }

    #[test]
    fn a_models_title_is_one_line_without_marks() {
        for (answer, title) in [
            ("\"A Walk in the Park\"", Some("A Walk in the Park")),
            ("\n## **Keyset cursors**.\nThis title says…", Some("Keyset cursors")),
            ("Title: `C++`\tand C#", Some("C++ and C#")),
            ("**Title:** «Über Äpfel»", Some("Über Äpfel")),
            ("What's new?", Some("What's new?")),
            ("\"\"\n ** \n", None),
            ("", None),
        ] {
            assert_eq!(tidy_title(answer).as_deref(), title, "{answer}");
        }
    }

    proptest! {
        #[test]
        fn a_title_is_never_too_long(content: String) {
            prop_assert!(derive_title(&content).chars().count() <= DERIVED_TITLE_CHARS);
        }

        #[test]
        fn a_models_title_is_never_empty_or_too_long(answer: String) {
            if let Some(title) = tidy_title(&answer) {
                prop_assert!((1..=DERIVED_TITLE_CHARS).contains(&title.chars().count()));
                prop_assert!(!title.contains(char::is_control) && title.trim() == title);
            }
        }
    }
}
