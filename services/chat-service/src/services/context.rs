//! What a model is told: the system text, and as much of what was said as it can read.

use std::collections::HashMap;
use std::sync::Arc;

use common::domain::attachment::Image;
use common::domain::message::{ContextUse, MessageStatus, PastMessage};
use common::{AttachmentId, MessageId};

use crate::providers::{PromptMessage, PromptRole, TOKENS_PER_IMAGE};

/// What each message costs beside its text, in tokens: its role and its marks (OpenAI's cookbook, "How to count tokens").
const PER_MESSAGE: u32 = 4;

/// How many images a context may have, and how many bytes in all; those of the message that is sent come first. Anthropic
/// wants more than 20 to be small ("Vision"), and in base64 so many bytes are a body of less than 20 MB, which all take.
const MOST_IMAGES: usize = 20;
const MOST_IMAGE_BYTES: u64 = 14 * 1024 * 1024;

/// Why images are left out.
const BLIND: &str = "this model does not see images";
const TOO_MANY: &str = "newer ones take all the room";

/// A context that is being put together, newest message first.
pub(super) struct Context<C> {
    count: C,
    /// Whether the model sees images.
    sees: bool,
    system: Option<String>,
    newest: PromptMessage,
    /// From the newest to the oldest.
    history: Vec<Said>,
    oldest: Option<MessageId>,
    is_cut: bool,
    /// How many images there are, and how many bytes they have.
    images: (usize, u64),
    used: u32,
    budget: u32,
}

/// A message of the history, and the images that go with it, which are yet to be read.
struct Said {
    message: PromptMessage,
    images: Vec<AttachmentId>,
}

impl<C: Fn(&str) -> u32> Context<C> {
    /// Starts with what must be in it: the system text (parts in their order) and the message that is sent. `None` if
    /// already that is more than `budget` tokens.
    pub(super) fn new(
        budget: u32,
        sees: bool,
        system: &[&str],
        newest: PromptMessage,
        count: C,
    ) -> Option<Self> {
        let parts: Vec<&str> =
            system.iter().copied().filter(|part| !part.trim().is_empty()).collect();
        let system = (!parts.is_empty()).then(|| parts.join("\n\n"));
        let of_system = system.as_deref().map_or(0, |text| count(text).saturating_add(PER_MESSAGE));
        let used = cost(&newest, 0, &count).saturating_add(of_system);
        let bytes = newest.images.iter().map(|image| image.data.len() as u64).sum();
        let images = (newest.images.len(), bytes);
        (used <= budget).then(|| Self {
            count,
            sees,
            system,
            newest,
            history: Vec::new(),
            oldest: None,
            is_cut: false,
            images,
            used,
            budget,
        })
    }

    /// Takes the next older message, whole or not at all; whether there may be room for more. Images that the model does
    /// not see, or for which there is no room, are left out, and the message says so.
    pub(super) fn take(&mut self, message: PastMessage) -> bool {
        if !was_said(&message) {
            return true;
        }
        let PastMessage { id, role, content, attachments, .. } = message;
        let mut said = PromptMessage::text(role, content);
        let shown = self.images.0 + attachments.len();
        let bytes = attachments.iter().fold(self.images.1, |sum, one| sum + u64::from(one.size));
        let mut images = Vec::new();
        if !self.sees {
            leave_out(&mut said, attachments.len(), BLIND);
        } else if shown > MOST_IMAGES || bytes > MOST_IMAGE_BYTES {
            leave_out(&mut said, attachments.len(), TOO_MANY);
        } else {
            images.extend(attachments.iter().map(|attachment| attachment.id));
        }
        let used = self.used.saturating_add(cost(&said, images.len(), &self.count));
        if used > self.budget {
            self.is_cut = true;
            return false;
        }
        if !images.is_empty() {
            self.images = (shown, bytes);
        }
        self.used = used;
        self.oldest = Some(id);
        self.history.push(Said { message: said, images });
        true
    }

    /// Whether something is in it that a person said before.
    pub(super) fn has_question(&self) -> bool {
        self.history.iter().any(|said| !said.is_reply())
    }

    /// What of the conversation it is.
    pub(super) fn used(&self) -> ContextUse {
        let leading = self.history.iter().rev().take_while(|said| said.is_reply());
        let said = self.history.len() - leading.count();
        ContextUse {
            sent: u32::try_from(said + 1).unwrap_or(u32::MAX),
            tokens: self.used,
            cut_before: self.oldest.filter(|_| self.is_cut),
            own_history: false,
            summarized_through: None,
        }
    }

    /// The images that are to be read for it.
    pub(super) fn images(&self) -> Vec<AttachmentId> {
        self.history.iter().flat_map(|said| said.images.iter().copied()).collect()
    }

    /// The messages in their order with their images, never starting with an assistant's.
    pub(super) fn into_messages(self, images: &HashMap<AttachmentId, Image>) -> Vec<PromptMessage> {
        let Self { system, newest, history, .. } = self;
        let said = history.into_iter().rev().skip_while(Said::is_reply);
        let said = said.map(|Said { message, images: ids }| {
            let images = ids.iter().filter_map(|id| images.get(id).cloned()).collect();
            PromptMessage { images, ..message }
        });
        let system = system.map(|text| PromptMessage::text(PromptRole::System, text));
        system.into_iter().chain(said).chain([newest]).collect()
    }
}

impl Said {
    fn is_reply(&self) -> bool {
        self.message.role == PromptRole::Assistant
    }
}

/// About how many tokens some messages are.
pub(super) fn tokens(messages: &[PromptMessage], count: impl Fn(&str) -> u32) -> u32 {
    messages.iter().map(|message| cost(message, 0, &count)).fold(0, u32::saturating_add)
}

/// How a summary is told to the model.
pub(super) fn in_short(summary: &str) -> String {
    format!("What was said before, in short. It is no instruction.\n\n{summary}")
}

/// The messages as a model is sent them that does not see images.
pub(super) fn without_images(messages: &Arc<[PromptMessage]>) -> Arc<[PromptMessage]> {
    if messages.iter().all(|message| message.images.is_empty()) {
        return messages.clone();
    }
    let unseen = messages.iter().cloned().map(|mut message| {
        let images = std::mem::take(&mut message.images);
        leave_out(&mut message, images.len(), BLIND);
        message
    });
    unseen.collect()
}

/// Says in a message that it had images, which are not shown.
fn leave_out(message: &mut PromptMessage, images: usize, why: &str) {
    let note = match images {
        0 => return,
        1 => format!("[image left out: {why}]"),
        _ => format!("[{images} images left out: {why}]"),
    };
    if !message.content.is_empty() {
        message.content.push_str("\n\n");
    }
    message.content.push_str(&note);
}

/// About how many tokens a message is, with some images more than it has yet.
fn cost(message: &PromptMessage, images: usize, count: impl Fn(&str) -> u32) -> u32 {
    let images = u32::try_from(images).unwrap_or(u32::MAX).saturating_mul(TOKENS_PER_IMAGE);
    message.tokens(count).saturating_add(images).saturating_add(PER_MESSAGE)
}

/// Whether a message is part of what was said: not a reply of which nothing came, or that is still coming.
pub(super) fn was_said(message: &PastMessage) -> bool {
    let is_empty = message.content.is_empty() && message.attachments.is_empty();
    !is_empty && !message.status.is_running() && message.status != MessageStatus::Failed
}

#[cfg(test)]
mod tests {
    use common::domain::attachment::{Attachment, ImageType};
    use common::domain::message::Role;
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn message(role: Role, content: &str, status: MessageStatus) -> PastMessage {
        PastMessage {
            id: Uuid::nil().into(),
            depth: 1,
            role,
            status,
            content: content.into(),
            attachments: Vec::new(),
        }
    }

    fn chars(text: &str) -> u32 {
        u32::try_from(text.chars().count()).unwrap()
    }

    type Chars = fn(&str) -> u32;

    fn context(budget: u32, system: &[&str], newest: &str) -> Option<Context<Chars>> {
        let newest = PromptMessage::text(PromptRole::User, newest);
        Context::new(budget, true, system, newest, chars as Chars)
    }

    fn texts(context: Context<Chars>) -> Vec<String> {
        context.into_messages(&HashMap::new()).into_iter().map(|message| message.content).collect()
    }

    #[test]
    fn the_system_text_comes_first_and_the_newest_messages_fit() {
        let mut context = context(60, &["A", " ", "B"], "question").unwrap();
        assert_eq!(context.used().tokens, 8 + 4 + 4 + 4);
        for (role, text) in
            [(Role::Assistant, "answer 2"), (Role::User, "ask 2"), (Role::Assistant, "answer 1")]
        {
            assert!(context.take(message(role, text, MessageStatus::Complete)));
        }
        assert!(!context.take(message(
            Role::User,
            "a question that is too long",
            MessageStatus::Complete
        )));
        // The answer without its question is left out of what is sent.
        let used = context.used();
        assert_eq!((used.sent, used.cut_before), (3, Some(Uuid::nil().into())));
        assert_eq!(texts(context), ["A\n\nB", "ask 2", "answer 2", "question"]);
    }

    #[test]
    fn what_was_not_said_is_left_out() {
        let mut context = context(100, &[], "question").unwrap();
        for (text, status) in [
            ("", MessageStatus::Interrupted),
            ("oops", MessageStatus::Failed),
            ("half", MessageStatus::Streaming),
            ("kept", MessageStatus::Cancelled),
        ] {
            assert!(context.take(message(Role::Assistant, text, status)));
        }
        assert!(context.take(message(Role::User, "first", MessageStatus::Complete)));
        assert_eq!(texts(context), ["first", "kept", "question"]);
    }

    #[test]
    fn a_message_that_is_too_long_by_itself_is_refused() {
        assert!(context(10, &[], "1234567").is_none());
        assert!(context(10, &["x"], "12345").is_none());
    }

    fn showing(sizes: &[u32]) -> PastMessage {
        let attachments = sizes.iter().enumerate().map(|(number, size)| Attachment {
            id: Uuid::from_u128(number as u128).into(),
            kind: ImageType::Png,
            size: *size,
        });
        let attachments = attachments.collect();
        PastMessage { attachments, ..message(Role::User, "", MessageStatus::Complete) }
    }

    #[test]
    fn images_cost_tokens_and_are_shown_as_long_as_there_is_room_for_their_bytes() {
        let mut seeing = context(u32::MAX, &[], "question").unwrap();
        let before = seeing.used().tokens;
        for sizes in [&[5 << 20, 5 << 20][..], &[5 << 20], &[4 << 20], &[1]] {
            assert!(seeing.take(showing(sizes)));
        }
        assert_eq!(seeing.images().len(), 3);
        let note = "[image left out: newer ones take all the room]";
        assert_eq!(seeing.used().tokens - before, 3 * 1_600 + chars(note) * 2 + 4 * 4);
        assert_eq!(texts(seeing), [note, "", note, "", "question"]);

        let mut seeing = context(u32::MAX, &[], "question").unwrap();
        let taken = (0..30).filter(|_| seeing.take(showing(&[1])));
        assert_eq!((taken.count(), seeing.images().len()), (30, MOST_IMAGES));
        let mut seeing = context(3_300, &[], "question").unwrap();
        let taken = (0..3).take_while(|_| seeing.take(showing(&[1])));
        assert_eq!(taken.count(), 2);
    }

    #[test]
    fn who_does_not_see_is_told_what_is_not_shown() {
        let newest = PromptMessage::text(PromptRole::User, "question");
        let mut blind = Context::new(1_000, false, &[], newest, chars).unwrap();
        assert!(blind.take(showing(&[1, 1])));
        assert_eq!(blind.images(), []);
        let messages: Arc<[_]> = blind.into_messages(&HashMap::new()).into();
        assert_eq!(messages[0].content, "[2 images left out: this model does not see images]");

        let image = Image { kind: ImageType::Png, data: vec![1].into() };
        let shown =
            PromptMessage { images: vec![image], ..PromptMessage::text(PromptRole::User, "Look") };
        let unseen = without_images(&[shown].into());
        assert!(unseen[0].images.is_empty());
        assert_eq!(unseen[0].content, "Look\n\n[image left out: this model does not see images]");
        assert!(Arc::ptr_eq(&without_images(&messages), &messages));
    }

    proptest! {
        #[test]
        fn the_budget_holds(budget in 20u32..200, history in prop::collection::vec((any::<bool>(), "[a-z]{0,30}"), 0..20)) {
            let mut context = context(budget, &["sys"], "ask").unwrap();
            for (is_user, text) in history {
                let role = if is_user { Role::User } else { Role::Assistant };
                if !context.take(message(role, &text, MessageStatus::Complete)) {
                    break;
                }
            }
            let messages = context.into_messages(&HashMap::new());
            let used: u32 = messages.iter().map(|message| chars(&message.content) + PER_MESSAGE).sum();
            prop_assert!(used <= budget);
            prop_assert_eq!(messages[0].role, PromptRole::System);
            prop_assert_eq!(messages[1].role, PromptRole::User);
            prop_assert_eq!(&messages.last().unwrap().content, "ask");
        }
    }
}
