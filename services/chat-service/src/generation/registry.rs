//! The replies that this process is making.

use std::collections::{HashMap, HashSet};
use std::pin::pin;
use std::sync::Arc;

use common::{ConversationId, MessageId, UserId};
use parking_lot::Mutex;
use tokio::sync::Notify;

use super::Reply;

/// Finds running replies by id, and keeps two from running for the same conversation and model.
#[derive(Default)]
pub(super) struct Registry {
    claims: Mutex<HashSet<(ConversationId, String)>>,
    replies: Mutex<HashMap<MessageId, Arc<Reply>>>,
    /// Called when there is one less of either.
    less: Notify,
}

/// A conversation's and model's one place, given back when dropped.
pub(super) struct Claim {
    registry: Arc<Registry>,
    key: (ConversationId, String),
}

impl Registry {
    /// Takes the place; `None` if it is taken.
    pub(super) fn claim(
        self: &Arc<Self>,
        conversation: ConversationId,
        model: &str,
    ) -> Option<Claim> {
        let key = (conversation, model.to_owned());
        let is_free = self.claims.lock().insert(key.clone());
        is_free.then(|| Claim { registry: self.clone(), key })
    }

    pub(super) fn insert(&self, reply: Arc<Reply>) {
        self.replies.lock().insert(reply.id(), reply);
    }

    pub(super) fn remove(&self, id: MessageId) {
        self.replies.lock().remove(&id);
        self.less.notify_waiters();
    }

    pub(super) fn find(&self, id: MessageId) -> Option<Arc<Reply>> {
        self.replies.lock().get(&id).cloned()
    }

    pub(super) fn ids(&self) -> Vec<MessageId> {
        self.replies.lock().keys().copied().collect()
    }

    /// What an owner's replies that this process is making cost so far, as was last estimated.
    pub(super) fn cost_of(&self, owner: UserId) -> i64 {
        let replies = self.replies.lock();
        replies
            .values()
            .filter(|reply| reply.owner() == owner)
            .map(|reply| reply.tab().cost())
            .sum()
    }

    pub(super) fn all(&self) -> Vec<Arc<Reply>> {
        self.replies.lock().values().cloned().collect()
    }

    /// Waits until no reply is running, nor about to.
    pub(super) async fn empty(&self) {
        loop {
            let mut less = pin!(self.less.notified());
            // Before looking, so that nothing that happens in between is missed.
            less.as_mut().enable();
            if self.replies.lock().is_empty() && self.claims.lock().is_empty() {
                return;
            }
            less.await;
        }
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.registry.claims.lock().remove(&self.key);
        self.registry.less.notify_waiters();
    }
}
