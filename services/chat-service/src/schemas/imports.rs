use chrono::{DateTime, Utc};
use common::ImportId;
use common::domain::import::{Import, ImportStatus};
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ImportStartedData {
    /// `GET /imports/{jobId}` says how far it is.
    pub job_id: ImportId,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ImportData {
    import: ImportResponse,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ImportResponse {
    id: ImportId,
    status: ImportStatusWord,
    /// Conversations that were stored.
    conversations: u64,
    /// Conversations that could not be read, or have nothing in them.
    skipped_conversations: u64,
    /// Messages that were stored.
    messages: u64,
    /// Messages that could not be read.
    skipped_messages: u64,
    /// Of the stored messages, those of which something was left out: the end of a text, or an image.
    shortened_messages: u64,
    /// Why it failed, for a person. What was stored before stays.
    #[schema(required)]
    error: Option<String>,
    created_at: DateTime<Utc>,
    #[schema(required)]
    ended_at: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ImportStatusWord {
    /// It is being read, or will be.
    Running,
    /// All that could be read was stored.
    Complete,
    /// It was given up.
    Failed,
}

impl From<Import> for ImportData {
    fn from(import: Import) -> Self {
        let tally = import.tally;
        Self {
            import: ImportResponse {
                id: import.id,
                status: match import.status {
                    ImportStatus::Receiving | ImportStatus::Running => ImportStatusWord::Running,
                    ImportStatus::Complete => ImportStatusWord::Complete,
                    ImportStatus::Failed => ImportStatusWord::Failed,
                },
                conversations: tally.conversations,
                skipped_conversations: tally.skipped_conversations,
                messages: tally.messages,
                skipped_messages: tally.skipped_messages,
                shortened_messages: tally.shortened_messages,
                error: import.error,
                created_at: import.created_at,
                ended_at: import.ended_at,
            },
        }
    }
}
