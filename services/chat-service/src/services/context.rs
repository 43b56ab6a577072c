//! What a model is told: the system text, and as much of what was said as it can read.

use common::MessageId;
use common::domain::message::{ContextUse, Message, MessageStatus};

use crate::providers::{PromptMessage, PromptRole};

/// What each message costs beside its text, in tokens: its role and its marks (OpenAI's cookbook, "How to count tokens").
const PER_MESSAGE: u32 = 4;

/// A context that is being put together, newest message first.
pub(super) struct Context<C> {
    count: C,
    system: Option<String>,
    newest: PromptMessage,
    /// From the newest to the oldest.
    history: Vec<PromptMessage>,
    oldest: Option<MessageId>,
    is_cut: bool,
    used: u32,
    budget: u32,
}

impl<C: Fn(&str) -> u32> Context<C> {
    /// Starts with what must be in it: the system text (parts in their order) and the message that is sent. `None` if
    /// already that is more than `budget` tokens.
    pub(super) fn new(budget: u32, system: &[&str], message: &str, count: C) -> Option<Self> {
        let parts: Vec<&str> =
            system.iter().copied().filter(|part| !part.trim().is_empty()).collect();
        let system = (!parts.is_empty()).then(|| parts.join("\n\n"));
        let newest = PromptMessage::text(PromptRole::User, message);
        let cost = |text: &str| count(text).saturating_add(PER_MESSAGE);
        let used = cost(message).saturating_add(system.as_deref().map_or(0, cost));
        (used <= budget).then(|| Self {
            system,
            newest,
            history: Vec::new(),
            oldest: None,
            is_cut: false,
            used,
            budget,
            count,
        })
    }

    /// Takes the next older message, whole or not at all; whether there may be room for more.
    pub(super) fn take(&mut self, message: Message) -> bool {
        if !was_said(&message) {
            return true;
        }
        let cost = (self.count)(&message.content).saturating_add(PER_MESSAGE);
        let used = self.used.saturating_add(cost);
        if used > self.budget {
            self.is_cut = true;
            return false;
        }
        self.used = used;
        self.oldest = Some(message.id);
        self.history.push(PromptMessage::text(message.role, message.content));
        true
    }

    /// What of the conversation it is.
    pub(super) fn used(&self) -> ContextUse {
        let leading = self.history.iter().rev().take_while(|m| m.role == PromptRole::Assistant);
        let said = self.history.len() - leading.count();
        ContextUse {
            sent: u32::try_from(said + 1).unwrap_or(u32::MAX),
            tokens: self.used,
            cut_before: self.oldest.filter(|_| self.is_cut),
        }
    }

    /// The messages in their order, never starting with an assistant's.
    pub(super) fn into_messages(self) -> Vec<PromptMessage> {
        let Self { system, newest, history, .. } = self;
        let said =
            history.into_iter().rev().skip_while(|message| message.role == PromptRole::Assistant);
        let system = system.map(|text| PromptMessage::text(PromptRole::System, text));
        system.into_iter().chain(said).chain([newest]).collect()
    }
}

/// About how many tokens some messages are.
pub(super) fn tokens(messages: &[PromptMessage], count: impl Fn(&str) -> u32) -> u32 {
    let cost = |message: &PromptMessage| count(&message.content).saturating_add(PER_MESSAGE);
    messages.iter().map(cost).fold(0, u32::saturating_add)
}

/// Whether a message is part of what was said: not a reply of which nothing came, or that is still coming.
fn was_said(message: &Message) -> bool {
    !message.content.is_empty()
        && !message.status.is_running()
        && message.status != MessageStatus::Failed
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use common::domain::message::Role;
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn message(role: Role, content: &str, status: MessageStatus) -> Message {
        let id = Uuid::nil();
        Message {
            id: id.into(),
            conversation: id.into(),
            parent: None,
            turn: id.into(),
            model: "m".into(),
            seq: 1,
            role,
            content: content.into(),
            reasoning: String::new(),
            status,
            finish_reason: None,
            error: None,
            tokens: None,
            temperature: None,
            usage: None,
            answered_by: None,
            context: None,
            prompt_versions: Vec::new(),
            created_at: DateTime::UNIX_EPOCH,
        }
    }

    fn chars(text: &str) -> u32 {
        u32::try_from(text.chars().count()).unwrap()
    }

    fn texts(context: Context<fn(&str) -> u32>) -> Vec<String> {
        context.into_messages().into_iter().map(|message| message.content).collect()
    }

    #[test]
    fn the_system_text_comes_first_and_the_newest_messages_fit() {
        let mut context =
            Context::new(60, &["A", " ", "B"], "question", chars as fn(&str) -> u32).unwrap();
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
        let mut context = Context::new(100, &[], "question", chars as fn(&str) -> u32).unwrap();
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
        assert!(Context::new(10, &[], "1234567", chars).is_none());
        assert!(Context::new(10, &["x"], "12345", chars).is_none());
    }

    proptest! {
        #[test]
        fn the_budget_holds(budget in 20u32..200, history in prop::collection::vec((any::<bool>(), "[a-z]{0,30}"), 0..20)) {
            let mut context = Context::new(budget, &["sys"], "ask", chars as fn(&str) -> u32).unwrap();
            for (is_user, text) in history {
                let role = if is_user { Role::User } else { Role::Assistant };
                if !context.take(message(role, &text, MessageStatus::Complete)) {
                    break;
                }
            }
            let messages = context.into_messages();
            let used: u32 = messages.iter().map(|message| chars(&message.content) + PER_MESSAGE).sum();
            prop_assert!(used <= budget);
            prop_assert_eq!(messages[0].role, PromptRole::System);
            prop_assert_eq!(messages[1].role, PromptRole::User);
            prop_assert_eq!(&messages.last().unwrap().content, "ask");
        }
    }
}
