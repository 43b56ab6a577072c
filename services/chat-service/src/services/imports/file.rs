//! A conversation as it stands in our own files; others are brought into this form.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use common::domain::message::{FinishReason, MessageStatus, PromptUse, ReplyFailure, Role};
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::bounded;
use super::chatgpt::Chat;

/// What our own files are called, and the version of them that can be read.
const FORMAT: &str = "omnichat.conversation";
const VERSION: u32 = 1;

/// What an entry of a file is.
pub(super) enum Found {
    /// A conversation.
    Conversation(Box<File>),
    /// Something else that stands in our own files.
    Other,
    /// Nothing that could be read, or nothing in it.
    Unreadable,
}

/// By what the kinds of entries are told apart.
#[derive(Deserialize)]
struct Signs<'a> {
    #[serde(borrow)]
    format: Option<Cow<'a, str>>,
    version: Option<u32>,
    #[serde(borrow, rename = "type")]
    kind: Option<Cow<'a, str>>,
    mapping: Option<IgnoredAny>,
}

/// A conversation. Fields that are not known here are passed over: a newer release may have added them.
#[derive(Deserialize)]
pub(super) struct File {
    pub(super) conversation: About,
    #[serde(default, deserialize_with = "bounded::list")]
    pub(super) messages: Vec<Said>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct About {
    pub(super) title: Option<String>,
    pub(super) model: Option<String>,
    pub(super) system_prompt: Option<String>,
    #[serde(default)]
    pub(super) pinned: bool,
    #[serde(default)]
    pub(super) archived: bool,
    pub(super) active_leaf_id: Option<String>,
    pub(super) created_at: Option<DateTime<Utc>>,
    pub(super) updated_at: Option<DateTime<Utc>>,
}

/// A message. Ids mean something within the file alone.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Said {
    pub(super) id: String,
    pub(super) parent_id: Option<String>,
    pub(super) place_id: Option<String>,
    pub(super) turn_id: Option<String>,
    pub(super) role: Role,
    #[serde(default)]
    pub(super) model_id: String,
    #[serde(default)]
    pub(super) content: String,
    #[serde(default)]
    pub(super) reasoning: String,
    #[serde(default, deserialize_with = "bounded::list")]
    pub(super) attachments: Vec<Picture>,
    pub(super) status: Option<MessageStatus>,
    pub(super) finish_reason: Option<FinishReason>,
    pub(super) error: Option<ReplyFailure>,
    pub(super) answered_by: Option<String>,
    pub(super) temperature: Option<f64>,
    pub(super) tokens: Option<u32>,
    pub(super) usage: Option<Took>,
    #[serde(default, deserialize_with = "bounded::list")]
    pub(super) prompt_versions: Vec<PromptUse>,
    pub(super) created_at: Option<DateTime<Utc>>,
}

#[derive(Deserialize)]
pub(super) struct Picture {
    /// In base64.
    pub(super) data: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Took {
    pub(super) prompt_tokens: u32,
    pub(super) completion_tokens: u32,
    pub(super) cost_usd: Option<f64>,
}

/// What an entry is, told from what stands in it.
pub(super) fn read(entry: &[u8]) -> Found {
    let Ok(signs) = serde_json::from_slice::<Signs<'_>>(entry) else { return Found::Unreadable };
    let file = match signs {
        Signs { format: Some(format), version: Some(VERSION), .. } if format == FORMAT => {
            serde_json::from_slice::<File>(entry).ok()
        }
        Signs { mapping: Some(IgnoredAny), .. } => {
            serde_json::from_slice::<Chat>(entry).ok().and_then(Chat::into_file)
        }
        Signs { format: None, kind: Some(_), .. } => return Found::Other,
        _ => None,
    };
    file.map_or(Found::Unreadable, |file| Found::Conversation(Box::new(file)))
}
