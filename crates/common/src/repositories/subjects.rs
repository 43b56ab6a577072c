use async_trait::async_trait;

use super::StoreError;
use crate::domain::subject::Subject;
use crate::{ConversationId, UserId};

/// What turns begin with, in a database: read before every one of them, and so in one statement.
#[async_trait]
pub trait SubjectRepository: Send + Sync {
    /// A conversation with what some models know of it in short; where none is named, what its own does.
    async fn find(
        &self,
        owner: UserId,
        conversation: ConversationId,
        models: &[&str],
    ) -> Result<Option<Subject>, StoreError>;
}
