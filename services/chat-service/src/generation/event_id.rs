//! The id of a streamed event: how much of which reply has been sent when the event is over.

use std::fmt;
use std::str::FromStr;

use common::MessageId;
use common::domain::message::Message;

/// `<message id>:<characters of text>:<characters of reasoning>`, in Unicode scalar values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventId {
    /// The reply.
    pub message: MessageId,
    /// How much of its text.
    pub text: usize,
    /// How much of its reasoning.
    pub reasoning: usize,
}

/// The text is no event's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an event's id")]
pub struct MalformedEventId;

impl EventId {
    /// Whether nothing follows it: the reply has ended, and all of it was sent.
    pub fn is_end_of(self, reply: &Message) -> bool {
        !reply.status.is_running()
            && self.text >= reply.content.chars().count()
            && self.reasoning >= reply.reasoning.chars().count()
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.message, self.text, self.reasoning)
    }
}

impl FromStr for EventId {
    type Err = MalformedEventId;

    fn from_str(id: &str) -> Result<Self, Self::Err> {
        let mut parts = id.split(':');
        let (Some(message), Some(text), Some(reasoning), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(MalformedEventId);
        };
        Ok(Self {
            message: message.parse().map_err(|_| MalformedEventId)?,
            text: text.parse().map_err(|_| MalformedEventId)?,
            reasoning: reasoning.parse().map_err(|_| MalformedEventId)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn an_id_reads_back(message: u128, text: usize, reasoning: usize) {
            let id = EventId { message: uuid::Uuid::from_u128(message).into(), text, reasoning };
            prop_assert_eq!(id.to_string().parse(), Ok(id));
        }

        #[test]
        fn no_text_is_read_as_an_id_by_chance(text: String) {
            prop_assert!(text.parse::<EventId>().is_err());
        }
    }
}
