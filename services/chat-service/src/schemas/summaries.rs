use chrono::{DateTime, Utc};
use common::domain::summary::NewSummary;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SummaryData {
    /// At most 700 tokens.
    summary: String,
    /// Its length in tokens.
    tokens: u32,
    generated_at: DateTime<Utc>,
    /// The model that wrote it.
    model_used: String,
}

impl From<NewSummary> for SummaryData {
    fn from(summary: NewSummary) -> Self {
        Self {
            summary: summary.text,
            tokens: summary.tokens,
            generated_at: summary.at,
            model_used: summary.model,
        }
    }
}
