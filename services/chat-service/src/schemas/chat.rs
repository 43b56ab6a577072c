use common::domain::conversation::NewConversation;
use common::domain::message::{NewMessage, ReplyOptions};
use common::{ConversationId, ProjectId};
use garde::Validate;
use platform::http::valid;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::messages::{MessageResponse, SentMessageData};

#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChatRequest {
    /// The project in which the session is, or is to be.
    #[garde(skip)]
    project_id: ProjectId,
    /// The conversation that goes on; a new one if absent.
    #[serde(default)]
    #[garde(skip)]
    session_id: Option<ConversationId>,
    /// 1 to 200,000 characters.
    #[garde(custom(valid::text(1..=200_000)))]
    message: String,
    /// A model of the catalogue; the session's if absent.
    #[serde(default)]
    #[garde(inner(custom(valid::text(1..=100))))]
    model: Option<String>,
    /// 0 to 2; the caller's own default if absent, else 0.7.
    #[serde(default)]
    #[garde(inner(custom(valid::within(0.0..=2.0))))]
    temperature: Option<f64>,
    /// Whether to answer with events; if absent, `Accept` decides.
    #[serde(default)]
    #[garde(skip)]
    pub stream: Option<bool>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChatData {
    session_id: ConversationId,
    /// The message, and the reply.
    messages: Vec<MessageResponse>,
}

impl ChatRequest {
    /// The project, the session that goes on or the one that is to be made, and the message.
    pub fn into_parts(self) -> (ProjectId, Option<ConversationId>, NewConversation, NewMessage) {
        let new = NewConversation {
            project: Some(self.project_id),
            model: self.model.clone(),
            ..Default::default()
        };
        let options = ReplyOptions { temperature: self.temperature, ..ReplyOptions::default() };
        let message = NewMessage {
            content: self.message,
            images: Vec::new(),
            models: self.model.into_iter().collect(),
            options,
        };
        (self.project_id, self.session_id, new, message)
    }
}

impl ChatData {
    pub fn new(session_id: ConversationId, sent: SentMessageData) -> Self {
        Self { session_id, messages: sent.into_messages() }
    }
}
