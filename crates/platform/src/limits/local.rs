//! Buckets in the process.

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use common::Clock;
use common::repositories::StoreError;
use parking_lot::Mutex;

use super::{Quota, RateStore, Verdict};

/// So few that looking through them costs nothing.
const FEW: usize = 1024;

/// Buckets in the memory of one process, on its clock: quick, but each replica has its own.
pub struct LocalStore {
    clock: Arc<dyn Clock>,
    buckets: Mutex<Buckets>,
}

struct Buckets {
    /// When each will be full again.
    full_at: HashMap<String, i64>,
    /// With how many it is time to forget the full ones.
    sweep_at: usize,
}

impl LocalStore {
    /// Without any bucket.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, buckets: Mutex::new(Buckets { full_at: HashMap::new(), sweep_at: FEW }) }
    }

    /// Forgets the buckets that are full again, which is what a bucket that nobody knows is; how many there were.
    pub fn sweep(&self) -> usize {
        self.buckets.lock().sweep(self.clock.now().timestamp_micros())
    }

    fn take(&self, key: &str, quota: Quota) -> Verdict {
        let now = self.clock.now().timestamp_micros();
        let mut buckets = self.buckets.lock();
        let full_at = buckets.full_at.get(key).copied().unwrap_or(now).max(now);
        if full_at > now.saturating_add(quota.tolerance()) {
            return quota.refused(now, full_at);
        }
        let full_at = full_at.saturating_add(quota.interval());
        if let Some(known) = buckets.full_at.get_mut(key) {
            *known = full_at;
        } else {
            if buckets.full_at.len() >= buckets.sweep_at {
                buckets.sweep(now);
            }
            buckets.full_at.insert(key.to_owned(), full_at);
        }
        quota.admitted(now, full_at)
    }
}

impl Buckets {
    /// The next time is when there are twice as many, so that the work is spread over the calls that made it.
    fn sweep(&mut self, now: i64) -> usize {
        let before = self.full_at.len();
        self.full_at.retain(|_, full_at| *full_at > now);
        self.full_at.shrink_to(FEW.max(2 * self.full_at.len()));
        self.sweep_at = FEW.max(2 * self.full_at.len());
        before - self.full_at.len()
    }
}

#[async_trait]
impl RateStore for LocalStore {
    async fn admit(&self, key: &str, quota: Quota) -> Result<Verdict, StoreError> {
        Ok(self.take(key, quota))
    }

    async fn put_back(&self, key: &str, quota: Quota) -> Result<(), StoreError> {
        if let Some(full_at) = self.buckets.lock().full_at.get_mut(key) {
            *full_at = full_at.saturating_sub(quota.interval());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta};
    use common::ManualClock;

    use super::*;

    #[test]
    fn buckets_that_are_full_again_do_not_pile_up() {
        let clock = ManualClock::at(DateTime::from_timestamp(1_800_000_000, 0).unwrap());
        let store = LocalStore::new(Arc::new(clock.clone()));
        let quota = Quota::per_minute(60);
        for n in 0..100_000 {
            store.take(&format!("get_health:a:{n}"), quota);
            clock.advance(TimeDelta::milliseconds(1));
        }
        // After a second each is full again.
        let known = store.buckets.lock().full_at.len();
        assert!(known <= 2 * FEW, "{known}");
        clock.advance(TimeDelta::seconds(1));
        assert_eq!(store.sweep(), known);
        assert!(store.buckets.lock().full_at.capacity() <= 4 * FEW);
    }
}
