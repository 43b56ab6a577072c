//! The replies that this process is making.

use std::collections::{HashMap, HashSet};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use common::domain::idempotency::IdempotencyKey;
use common::{CompletionId, ConversationId, MessageId, UserId};
use parking_lot::Mutex;
use tokio::sync::Notify;

use super::Reply;
use super::tab::Tab;

/// Finds running replies by id, and keeps two from running for the same conversation and model.
#[derive(Default)]
pub(super) struct Registry {
    claims: Mutex<HashSet<(ConversationId, String)>>,
    replies: Mutex<HashMap<MessageId, Arc<Reply>>>,
    /// The idempotency keys of sends that are just being stored.
    keys: Mutex<HashSet<(UserId, IdempotencyKey)>>,
    /// The answers that are passed on and not stored. Locked before `replies`.
    relays: Mutex<HashMap<CompletionId, Arc<Tab>>>,
    /// Called when there is one less of any.
    less: Notify,
    is_closed: AtomicBool,
}

/// A conversation's and model's one place, given back when dropped.
pub(super) struct Claim {
    registry: Arc<Registry>,
    key: (ConversationId, String),
}

/// The only place for sends of an owner's with one key, given back when dropped.
pub(super) struct Alone {
    registry: Arc<Registry>,
    key: (UserId, IdempotencyKey),
}

/// An owner's place for an answer that is passed on, given back when dropped.
pub(super) struct Slot {
    registry: Arc<Registry>,
    id: CompletionId,
    pub(super) tab: Arc<Tab>,
}

impl Registry {
    /// From now on no answer is begun.
    pub(super) fn close(&self) {
        self.is_closed.store(true, Ordering::SeqCst);
    }

    /// Whether none is begun any more.
    pub(super) fn is_closed(&self) -> bool {
        self.is_closed.load(Ordering::SeqCst)
    }

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

    /// Waits until no other send of the owner's with this key is being stored, and keeps others waiting.
    pub(super) async fn alone(self: &Arc<Self>, owner: UserId, key: &IdempotencyKey) -> Alone {
        let key = (owner, key.clone());
        loop {
            let mut less = pin!(self.less.notified());
            // Before looking, so that nothing that happens in between is missed.
            less.as_mut().enable();
            if self.keys.lock().insert(key.clone()) {
                return Alone { registry: self.clone(), key };
            }
            less.await;
        }
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

    /// How many replies and other answers are in the making.
    pub(super) fn count(&self) -> usize {
        let relays = self.relays.lock().len();
        relays + self.replies.lock().len()
    }

    pub(super) fn ids(&self) -> Vec<MessageId> {
        self.replies.lock().keys().copied().collect()
    }

    /// What an owner's answers that this process is making cost so far, as was last estimated.
    pub(super) fn cost_of(&self, owner: UserId) -> i64 {
        let (relays, replies) = (self.relays.lock(), self.replies.lock());
        let tabs =
            replies.values().map(|reply| reply.tab()).chain(relays.values().map(|tab| &**tab));
        tabs.filter(|tab| tab.owner() == owner).map(Tab::cost).sum()
    }

    /// How many answers of an owner's this process is passing on.
    pub(super) fn relays_of(&self, owner: UserId) -> usize {
        self.relays.lock().values().filter(|tab| tab.owner() == owner).count()
    }

    /// Takes a place for an answer that is passed on; `None` if the owner has `slots` replies and others in the making here.
    pub(super) fn relay(
        self: &Arc<Self>,
        owner: UserId,
        id: CompletionId,
        slots: usize,
    ) -> Option<Slot> {
        let mut relays = self.relays.lock();
        let replies = self.replies.lock().values().filter(|reply| reply.owner() == owner).count();
        let taken = replies + relays.values().filter(|tab| tab.owner() == owner).count();
        if taken >= slots {
            return None;
        }
        let tab = Arc::new(Tab::new(owner));
        relays.insert(id, tab.clone());
        Some(Slot { registry: self.clone(), id, tab })
    }

    pub(super) fn all(&self) -> Vec<Arc<Reply>> {
        self.replies.lock().values().cloned().collect()
    }

    /// Waits until no answer is in the making, nor about to be.
    pub(super) async fn empty(&self) {
        loop {
            let mut less = pin!(self.less.notified());
            // Before looking, so that nothing that happens in between is missed.
            less.as_mut().enable();
            let is_quiet = self.relays.lock().is_empty() && self.replies.lock().is_empty();
            if is_quiet && self.claims.lock().is_empty() {
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

impl Drop for Alone {
    fn drop(&mut self) {
        self.registry.keys.lock().remove(&self.key);
        self.registry.less.notify_waiters();
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.registry.relays.lock().remove(&self.id);
        self.registry.less.notify_waiters();
    }
}
