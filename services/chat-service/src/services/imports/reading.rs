//! What stands in a file, as a conversation of ours: ids and places anew, texts within their limits, a tree that is one.

use std::collections::{HashMap, HashSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use common::domain::attachment::{Image, ImageType, MAX_IMAGE_BYTES, MAX_IMAGES, NewAttachment};
use common::domain::branch::{self, Node};
use common::domain::conversation::{Conversation, derive_title};
use common::domain::export::MessageRecord;
use common::domain::import::{ImportedConversation, Tally};
use common::domain::message::{Message, MessageStatus, ReplyFailure, Role, Usage};
use common::{ConversationId, Ids, MessageId, TurnId, UserId};

use super::file::{About, File, Picture, Said, Took};

/// How many characters texts may have, as when people send them.
const TITLE_CHARS: usize = 200;
const MODEL_CHARS: usize = 100;
const PROMPT_CHARS: usize = 100_000;
const MESSAGE_CHARS: usize = 200_000;
/// So much of why a reply failed is kept.
const FAILURE_CHARS: usize = 1_000;

/// Who brings a file, and what is made for what it does not say.
pub(super) struct Reading<'a> {
    pub(super) owner: UserId,
    pub(super) now: DateTime<Utc>,
    pub(super) ids: &'a Ids,
    /// The id and the provider of a model that the catalogue has.
    pub(super) model: &'a dyn Fn(&str) -> Option<(String, String)>,
    /// Those of the one that answers where the file's is not known here.
    pub(super) default: (String, String),
}

/// A conversation of which the messages are being put into their places.
struct Tree<'a> {
    reading: &'a Reading<'a>,
    conversation: ConversationId,
    /// When it began, for messages without a time.
    began: DateTime<Utc>,
    messages: Vec<MessageRecord>,
    /// Which message each of the file's became; one that is skipped leads to the one that it follows.
    became: HashMap<String, Option<usize>>,
    turns: HashMap<String, TurnId>,
    tally: Tally,
}

impl Reading<'_> {
    /// A conversation of a file, and what became of its messages.
    pub(super) fn conversation(&self, file: File) -> (ImportedConversation, Tally) {
        let File { conversation: about, messages: said } = file;
        let first = said.first().and_then(|said| said.created_at);
        let created_at = self.past(about.created_at.or(first).unwrap_or(self.now));
        let mut tree = Tree {
            reading: self,
            conversation: self.ids.next(),
            began: created_at,
            messages: Vec::with_capacity(said.len()),
            became: HashMap::new(),
            turns: HashMap::new(),
            tally: Tally { conversations: 1, ..Tally::default() },
        };
        for said in said {
            tree.add(said);
        }
        let leaf = about.active_leaf_id.as_ref().and_then(|id| tree.became.get(id)?.as_ref());
        let leaf = leaf.and_then(|place| tree.messages.get(*place)).or(tree.messages.last());
        let leaf = leaf.map(|record| record.message.id);
        let (chosen, leaf) = tree.choose(leaf);
        let Tree { conversation: id, messages, mut tally, .. } = tree;
        tally.messages = messages.len() as u64;
        let conversation = self.about(id, about, created_at, &messages);
        (ImportedConversation { conversation, messages, chosen, leaf }, tally)
    }

    fn about(
        &self,
        id: ConversationId,
        about: About,
        created_at: DateTime<Utc>,
        messages: &[MessageRecord],
    ) -> Conversation {
        let title = about.title.map(|title| within(title, TITLE_CHARS).0);
        let said = messages.iter().find(|record| record.message.role == Role::User);
        let derived = || said.map(|record| derive_title(&record.message.content));
        let known = about.model.as_deref().and_then(self.model);
        let (model, provider) = known.unwrap_or_else(|| self.default.clone());
        let last = messages.iter().map(|record| record.message.created_at).max();
        let updated_at = about.updated_at.or(last).map_or(created_at, |at| self.past(at));
        Conversation {
            id,
            owner: self.owner,
            project: None,
            title: title.filter(|title| !title.trim().is_empty()).or_else(derived),
            model,
            provider,
            system_prompt: about.system_prompt.map(|prompt| within(prompt, PROMPT_CHARS).0),
            pinned: about.pinned,
            archived: about.archived,
            is_default: false,
            message_count: u32::try_from(messages.len()).unwrap_or(u32::MAX),
            contexts: Vec::new(),
            last_message: None,
            created_at,
            updated_at: updated_at.max(created_at),
        }
    }

    /// A time that has been.
    fn past(&self, at: DateTime<Utc>) -> DateTime<Utc> {
        at.clamp(DateTime::UNIX_EPOCH, self.now)
    }
}

impl Tree<'_> {
    /// Puts the next message into its place, or skips it.
    fn add(&mut self, said: Said) {
        let parent = said.parent_id.as_ref().and_then(|id| *self.became.get(id)?);
        let id = said.id.clone();
        let is_known = self.became.contains_key(&id);
        let record = if is_known { None } else { self.message(said, parent) };
        match record {
            Some(record) => {
                self.became.insert(id, Some(self.messages.len()));
                self.messages.push(record);
            }
            None => {
                self.became.entry(id).or_insert(parent);
                self.tally.skipped_messages += 1;
            }
        }
    }

    /// A message that follows the one given; `None` if it says nothing.
    fn message(&mut self, said: Said, parent: Option<usize>) -> Option<MessageRecord> {
        let reading = self.reading;
        let (content, is_cut) = within(said.content, MESSAGE_CHARS);
        let (reasoning, is_thought_cut) = within(said.reasoning, MESSAGE_CHARS);
        let (images, has_lost) = pictures(&said.attachments, said.role, reading.ids);
        let says_nothing = content.trim().is_empty() && images.is_empty();
        if said.role == Role::System || (said.role == Role::User && says_nothing) {
            return None;
        }
        self.tally.shortened_messages += u64::from(is_cut || is_thought_cut || has_lost);

        let id: MessageId = reading.ids.next();
        let before =
            parent.and_then(|place| self.messages.get(place)).map(|record| &record.message);
        let first = said.place_id.as_ref().and_then(|place| *self.became.get(place)?);
        let first = first.and_then(|place| self.messages.get(place)).map(|record| &record.message);
        // Only those of one side that follow the same message were said in one place.
        let beside = first.filter(|first| {
            first.role == said.role && first.parent == before.map(|before| before.id)
        });
        let turn = match (said.turn_id, before) {
            (Some(turn), _) => *self.turns.entry(turn).or_insert_with(|| reading.ids.next()),
            (None, Some(before)) if said.role == Role::Assistant => before.turn,
            (None, _) => reading.ids.next(),
        };
        let began = before.map_or(self.began, |before| before.created_at);
        let message = Message {
            id,
            conversation: self.conversation,
            parent: before.map(|before| before.id),
            place: beside.map_or(id, |first| first.place),
            depth: before.map_or(1, |before| before.depth + 1),
            on_branch: false,
            siblings: 1,
            turn,
            model: within(said.model_id, MODEL_CHARS).0,
            seq: self.messages.len() as i64 + 1,
            role: said.role,
            content,
            reasoning,
            attachments: Vec::new(),
            status: ended(said.status, said.role),
            finish_reason: said.finish_reason,
            error: said.error.map(failure),
            tokens: said.tokens,
            temperature: said.temperature.filter(|value| (0.0..=2.0).contains(value)),
            usage: said.usage.as_ref().map(usage),
            answered_by: said.answered_by.map(|model| within(model, MODEL_CHARS).0),
            context: None,
            prompt_versions: said.prompt_versions,
            created_at: said.created_at.map_or(began, |at| reading.past(at)),
        };
        Some(MessageRecord { message, images })
    }

    /// Chooses of each place the newest, and then the branch to the message given: the chosen ones, and the branch's end.
    fn choose(&mut self, leaf: Option<MessageId>) -> (HashSet<MessageId>, Option<MessageId>) {
        let messages = self.messages.iter().map(|record| &record.message);
        let newest: HashMap<MessageId, MessageId> =
            messages.clone().map(|message| (message.place, message.id)).collect();
        let node = |message: &Message| Node {
            id: message.id,
            parent: message.parent,
            place: message.place,
            is_chosen: newest.get(&message.place) == Some(&message.id),
        };
        let tree: Vec<Node> = messages.map(node).collect();
        let Some(branch) = leaf.and_then(|leaf| branch::through(&tree, leaf)) else {
            return (HashSet::new(), None);
        };
        for record in &mut self.messages {
            record.message.on_branch = branch.messages.contains(&record.message.id);
        }
        (branch.chosen.into_values().collect(), Some(branch.leaf))
    }
}

/// A text that can be stored, of at most so many characters; whether its end was left out.
fn within(mut text: String, most: usize) -> (String, bool) {
    let cut = text.char_indices().nth(most).map(|(at, _)| at);
    if let Some(at) = cut {
        text.truncate(at);
    }
    if text.contains('\0') {
        text = text.replace('\0', "\u{fffd}");
    }
    (text, cut.is_some())
}

/// The images of a message, and whether some of them were left out. They are what their first bytes say.
fn pictures(pictures: &[Picture], role: Role, ids: &Ids) -> (Vec<NewAttachment>, bool) {
    let pictures = if role == Role::User { pictures } else { &[] };
    let read = |picture: &Picture| {
        let data = STANDARD.decode(&picture.data).ok()?;
        let kind = ImageType::of(&data).filter(|_| data.len() <= MAX_IMAGE_BYTES)?;
        Some(NewAttachment { id: ids.next(), image: Image { kind, data: data.into() } })
    };
    let images: Vec<_> = pictures.iter().filter_map(read).take(MAX_IMAGES).collect();
    let has_lost = images.len() < pictures.len();
    (images, has_lost)
}

/// What was still being made when the file was, is not made any more.
fn ended(status: Option<MessageStatus>, role: Role) -> MessageStatus {
    match status {
        _ if role == Role::User => MessageStatus::Complete,
        None => MessageStatus::Complete,
        Some(status) if status.is_running() => MessageStatus::Interrupted,
        Some(status) => status,
    }
}

fn failure(failure: ReplyFailure) -> ReplyFailure {
    let ReplyFailure { code, message, retryable, retry_after } = failure;
    let (code, _) = within(code, MODEL_CHARS);
    let (message, _) = within(message, FAILURE_CHARS);
    ReplyFailure { code, message, retryable, retry_after }
}

fn usage(took: &Took) -> Usage {
    #[expect(clippy::cast_possible_truncation, reason = "what is too large is made the largest")]
    let micros = |usd: f64| (usd * 1e6).round() as i64;
    let Took { prompt_tokens, completion_tokens, cost_usd } = *took;
    let cost_micro_usd = cost_usd.filter(|usd| *usd >= 0.0).map(micros);
    Usage { prompt_tokens, completion_tokens, cost_micro_usd }
}
