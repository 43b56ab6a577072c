use common::ProjectId;
use common::domain::conversation::DeletedConversations;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ForgottenProjectData {
    pub deleted_project: ProjectId,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeletedUserConversationsData {
    deleted_conversations: u64,
    /// How many messages went with them.
    deleted_messages: u64,
}

impl From<DeletedConversations> for DeletedUserConversationsData {
    fn from(deleted: DeletedConversations) -> Self {
        Self { deleted_conversations: deleted.conversations, deleted_messages: deleted.messages }
    }
}
