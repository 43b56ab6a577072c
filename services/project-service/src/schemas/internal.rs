use common::PromptId;
use common::domain::export::ProjectRecord;
use serde::Serialize;
use utoipa::ToSchema;

use super::projects::ProjectResponse;
use super::prompts::{PromptResponse, PromptVersionResponse};

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeletedUserData {
    pub deleted_projects: u64,
}

/// One line of an export.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ExportLine {
    Project(ProjectResponse),
    Prompt(PromptResponse),
    #[serde(rename_all = "camelCase")]
    PromptVersion {
        prompt_id: PromptId,
        #[serde(flatten)]
        version: PromptVersionResponse,
    },
}

impl From<ProjectRecord> for ExportLine {
    fn from(record: ProjectRecord) -> Self {
        match record {
            ProjectRecord::Project(project) => Self::Project(project.into()),
            ProjectRecord::Prompt(prompt) => Self::Prompt(prompt.into()),
            ProjectRecord::Version(prompt_id, version) => {
                Self::PromptVersion { prompt_id, version: version.into() }
            }
        }
    }
}
