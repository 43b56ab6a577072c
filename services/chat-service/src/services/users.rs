use std::sync::Arc;

use common::UserId;
use common::domain::conversation::{ConversationError, DeletedConversations};
use common::repositories::{
    ConversationRepository, ImportRepository, PreferenceRepository, StoreError, UsageRepository,
};
use platform::Tasks;

use super::Vault;
use crate::generation::Engine;

/// The people whose things are kept here; auth-service knows who they are.
#[derive(Clone)]
pub struct Users {
    conversations: Arc<dyn ConversationRepository>,
    preferences: Arc<dyn PreferenceRepository>,
    usage: Arc<dyn UsageRepository>,
    vault: Arc<Vault>,
    imports: Arc<dyn ImportRepository>,
    engine: Arc<Engine>,
    tasks: Tasks,
}

impl Users {
    pub fn new(
        conversations: Arc<dyn ConversationRepository>,
        preferences: Arc<dyn PreferenceRepository>,
        usage: Arc<dyn UsageRepository>,
        vault: Arc<Vault>,
        imports: Arc<dyn ImportRepository>,
        engine: Arc<Engine>,
        tasks: Tasks,
    ) -> Self {
        Self { conversations, preferences, usage, vault, imports, engine, tasks }
    }

    /// Deletes all that a user owns, for good: nothing can be made for that user afterwards. Running replies are stopped. Safe
    /// to repeat.
    pub async fn delete(&self, user: UserId) -> Result<DeletedConversations, ConversationError> {
        let this = self.clone();
        // Not on the request: a caller that does not wait for the end must not undo the work.
        let deleting = self.tasks.spawn(async move { this.delete_all(user).await });
        deleting.await.map_err(|ended| StoreError::Failed(ended.into()))?
    }

    async fn delete_all(&self, user: UserId) -> Result<DeletedConversations, ConversationError> {
        // The conversations first: that also lets nothing more be made of what follows.
        let (deleted, running) = self.conversations.delete_of_user(user).await?;
        self.engine.forget(&running);
        self.preferences.delete(user).await?;
        self.usage.delete(user).await?;
        self.vault.forget(user).await?;
        self.imports.delete_of_user(user).await?;
        Ok(deleted)
    }
}
