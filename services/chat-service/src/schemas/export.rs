//! The files that people take away. `omnichat.conversation` is contract beyond a running service: fields are only added, and
//! what must be read otherwise gets another `version`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use chrono::{DateTime, SecondsFormat, Utc};
use common::domain::attachment::{ImageType, NewAttachment};
use common::domain::conversation::Conversation;
use common::domain::export::{ChatRecord, MessageRecord};
use common::domain::message::{FinishReason, Message, MessageStatus, PromptUse, Role};
use common::domain::share::Share;
use common::{AttachmentId, ConversationId, MessageId, ProjectId, TurnId};
use garde::Validate;
use platform::http::AppError;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::messages::{FailureResponse, UsageResponse};
use super::shares::ShareResponse;
use super::usage::UsageGroupResponse;

const FORMAT: &str = "omnichat.conversation";
const VERSION: u32 = 1;

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ExportQuery {
    /// `json` if absent.
    #[serde(default)]
    #[param(inline)]
    #[garde(skip)]
    pub format: ExportFormat,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ExportFormat {
    #[default]
    Json,
    Markdown,
}

/// A conversation to take away. It has no envelope: it is a file.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConversationFile {
    /// Always `omnichat.conversation`.
    format: &'static str,
    /// 1.
    version: u32,
    conversation: ExportedConversation,
    /// All messages, on every branch; each comes after the one that it follows. Last, so that a file can be read as it comes.
    messages: Vec<ExportedMessage>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExportedConversation {
    id: ConversationId,
    #[schema(required)]
    title: Option<String>,
    #[schema(required)]
    project_id: Option<ProjectId>,
    model: String,
    provider: String,
    #[schema(required)]
    system_prompt: Option<String>,
    pinned: bool,
    archived: bool,
    /// The last message of the active branch.
    #[schema(required)]
    active_leaf_id: Option<MessageId>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExportedMessage {
    id: MessageId,
    /// The message that it follows.
    #[schema(required)]
    parent_id: Option<MessageId>,
    /// The first message that was said in its place, be it itself: those of one place are other words for the same, of which one
    /// is shown.
    place_id: MessageId,
    turn_id: TurnId,
    role: Role,
    /// The model that said it or was asked.
    model_id: String,
    content: String,
    reasoning: String,
    attachments: Vec<ExportedAttachment>,
    status: MessageStatus,
    #[schema(required)]
    finish_reason: Option<FinishReason>,
    #[schema(required)]
    error: Option<FailureResponse>,
    #[schema(required)]
    answered_by: Option<String>,
    #[schema(required)]
    temperature: Option<f64>,
    #[schema(required)]
    tokens: Option<u32>,
    #[schema(required)]
    usage: Option<UsageResponse>,
    prompt_versions: Vec<PromptUse>,
    created_at: DateTime<Utc>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExportedAttachment {
    id: AttachmentId,
    media_type: ImageType,
    /// The file in base64 with padding.
    data: String,
}

/// One line of all that a user has, beside conversations.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ExportLine {
    Preferences(ExportedPreferences),
    Usage(UsageGroupResponse),
    Share(ShareResponse),
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExportedPreferences {
    default_model: Option<String>,
    default_temperature: Option<f64>,
    system_prompt: Option<String>,
}

impl From<ChatRecord> for ExportLine {
    fn from(record: ChatRecord) -> Self {
        match record {
            ChatRecord::Preferences(preferences) => Self::Preferences(ExportedPreferences {
                default_model: preferences.default_model,
                default_temperature: preferences.default_temperature,
                system_prompt: preferences.system_prompt,
            }),
            ChatRecord::Usage(sum) => Self::Usage(sum.into()),
        }
    }
}

impl From<Share> for ExportLine {
    fn from(share: Share) -> Self {
        Self::Share(share.into())
    }
}

impl ExportFormat {
    /// The media type of such a file.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Markdown => "text/markdown; charset=utf-8",
        }
    }

    /// What such a file is called; nothing that a person wrote is in it.
    pub fn file_name(self, id: ConversationId) -> String {
        let extension = match self {
            Self::Json => "json",
            Self::Markdown => "md",
        };
        format!("omnichat-conversation-{id}.{extension}")
    }
}

impl ConversationFile {
    /// What stands before the messages, and what after them.
    pub fn split(self) -> Result<(Bytes, &'static str), AppError> {
        let file = serde_json::to_string(&self).map_err(AppError::internal)?;
        let tail = "]}";
        let head = file.strip_suffix(tail).unwrap_or(&file).to_owned();
        Ok((head.into(), tail))
    }

    /// The same, where the file is a line of all that a user has.
    pub fn split_as_line(self) -> Result<(Bytes, &'static str), AppError> {
        let (head, _) = self.split()?;
        let file = std::str::from_utf8(&head).map_err(AppError::internal)?;
        let fields = file.strip_prefix('{').unwrap_or(file);
        Ok((format!("{{\"type\":\"conversation\",{fields}").into(), "]}\n"))
    }
}

impl ExportedMessage {
    /// It as it stands in the file, behind what is between it and the one before.
    pub fn render(&self, before: &str) -> Result<Bytes, AppError> {
        let message = serde_json::to_string(self).map_err(AppError::internal)?;
        Ok(if before.is_empty() { message.into() } else { format!("{before}{message}").into() })
    }
}

impl From<Conversation> for ConversationFile {
    fn from(conversation: Conversation) -> Self {
        let conversation = ExportedConversation {
            id: conversation.id,
            title: conversation.title,
            project_id: conversation.project,
            model: conversation.model,
            provider: conversation.provider,
            system_prompt: conversation.system_prompt,
            pinned: conversation.pinned,
            archived: conversation.archived,
            active_leaf_id: conversation.last_message.map(|message| message.id),
            created_at: conversation.created_at,
            updated_at: conversation.updated_at,
        };
        Self { format: FORMAT, version: VERSION, conversation, messages: Vec::new() }
    }
}

impl From<MessageRecord> for ExportedMessage {
    fn from(MessageRecord { message, images }: MessageRecord) -> Self {
        Self {
            id: message.id,
            parent_id: message.parent,
            place_id: message.place,
            turn_id: message.turn,
            role: message.role,
            model_id: message.model,
            content: message.content,
            reasoning: message.reasoning,
            attachments: images.into_iter().map(Into::into).collect(),
            status: message.status,
            finish_reason: message.finish_reason,
            error: message.error.map(Into::into),
            answered_by: message.answered_by,
            temperature: message.temperature,
            tokens: message.tokens,
            usage: message.usage.map(Into::into),
            prompt_versions: message.prompt_versions,
            created_at: message.created_at,
        }
    }
}

impl From<NewAttachment> for ExportedAttachment {
    fn from(NewAttachment { id, image }: NewAttachment) -> Self {
        Self { id, media_type: image.kind, data: STANDARD.encode(&image.data) }
    }
}

/// The title of a conversation, in Markdown: one line, whatever stands in it.
pub fn markdown_title(conversation: &Conversation) -> Bytes {
    let title = conversation.title.as_deref().unwrap_or("Conversation");
    let words: Vec<_> = title.split_whitespace().collect();
    format!("# {}\n", words.join(" ")).into()
}

/// A message in Markdown. What was said stands there as it was said: it may be Markdown itself.
pub fn markdown(message: Message) -> Bytes {
    let who = match message.role {
        Role::System => "System".to_owned(),
        Role::User => "You".to_owned(),
        Role::Assistant => message.answered_by.unwrap_or(message.model),
    };
    let at = message.created_at.to_rfc3339_opts(SecondsFormat::Secs, true);
    let images = match message.attachments.len() {
        0 => String::new(),
        1 => "\n*[1 image, not in this file]*\n".to_owned(),
        images => format!("\n*[{images} images, not in this file]*\n"),
    };
    let ending = match message.status {
        MessageStatus::Complete => "",
        MessageStatus::Pending | MessageStatus::Streaming => "\n*[not finished yet]*\n",
        MessageStatus::Cancelled => "\n*[cancelled]*\n",
        MessageStatus::Interrupted => "\n*[interrupted]*\n",
        MessageStatus::Failed => "\n*[failed]*\n",
    };
    let content = message.content.trim_end();
    format!("\n## {who}\n\n*{at}*\n\n{content}\n{images}{ending}").into()
}
