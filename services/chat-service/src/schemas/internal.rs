use common::ProjectId;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ForgottenProjectData {
    pub deleted_project: ProjectId,
}
