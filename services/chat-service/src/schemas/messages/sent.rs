//! What a send is answered with, where it is not answered with events.

use common::domain::message::{Message, ReplyEnd, Usage};
use common::domain::usage::UsageEntry;
use serde::Serialize;
use utoipa::ToSchema;

use super::{MessageResponse, UsageResponse};

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SentMessageData {
    user_message: MessageResponse,
    /// The reply, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    assistant_message: Option<MessageResponse>,
    /// The replies, where several models were asked.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    assistant_messages: Vec<MessageResponse>,
    /// Of all replies together.
    #[schema(required)]
    usage: Option<UsageResponse>,
    /// Present where project-service did not answer and a kept copy of the prompts was used.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    prompt_stale: bool,
}

impl SentMessageData {
    /// The user's message, then the replies.
    pub fn into_messages(self) -> Vec<MessageResponse> {
        let replies = self.assistant_message.into_iter().chain(self.assistant_messages);
        [self.user_message].into_iter().chain(replies).collect()
    }

    /// The user's message, and the replies as they ended.
    pub fn new(
        user_message: Message,
        replies: Vec<(Message, ReplyEnd)>,
        prompt_stale: bool,
    ) -> Self {
        let replies = replies.into_iter().map(|(pending, end)| ended(pending, &end)).collect();
        Self { prompt_stale, ..Self::stored(user_message, replies) }
    }

    /// The user's message, and the replies as they are stored.
    pub fn stored(user_message: Message, replies: Vec<Message>) -> Self {
        let usages = replies.iter().filter_map(|reply| reply.usage);
        let usage = usages.reduce(Usage::and).map(Into::into);
        let mut replies: Vec<MessageResponse> = replies.into_iter().map(Into::into).collect();
        let only = if replies.len() == 1 { replies.pop() } else { None };
        Self {
            user_message: user_message.into(),
            assistant_message: only,
            assistant_messages: replies,
            usage,
            prompt_stale: false,
        }
    }
}

fn ended(pending: Message, end: &ReplyEnd) -> Message {
    Message {
        content: end.content.clone(),
        reasoning: end.reasoning.clone(),
        status: end.status,
        finish_reason: end.finish_reason,
        error: end.error.clone(),
        tokens: Some(end.tokens),
        usage: end.usage.as_ref().map(UsageEntry::summary),
        answered_by: end.answered_by.clone(),
        ..pending
    }
}
