use serde::Serialize;
use utoipa::ToSchema;

#[derive(Debug, Serialize, ToSchema)]
pub struct ProjectNameData {
    /// At most 60 characters.
    pub name: String,
}
