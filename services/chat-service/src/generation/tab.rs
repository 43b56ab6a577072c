use std::sync::atomic::{AtomicI64, Ordering};

use common::UserId;

/// What an answer that is being made costs its owner so far, in millionths of a US dollar, as was last estimated.
pub(super) struct Tab {
    owner: UserId,
    cost: AtomicI64,
}

impl Tab {
    pub(super) fn new(owner: UserId) -> Self {
        Self { owner, cost: AtomicI64::default() }
    }

    pub(super) fn owner(&self) -> UserId {
        self.owner
    }

    pub(super) fn cost(&self) -> i64 {
        self.cost.load(Ordering::Relaxed)
    }

    pub(super) fn set_cost(&self, micro_usd: i64) {
        self.cost.store(micro_usd, Ordering::Relaxed);
    }
}
