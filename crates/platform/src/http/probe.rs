//! Asking the databases how they are, for all who want to know: one at a time, and not again for a moment.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

use crate::{Module, NotReady};

/// For so long an answer is good.
const GOOD_FOR: Duration = Duration::from_secs(1);

/// How long a database may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// What was last seen, and when.
pub(super) struct Probed<T>(Mutex<Option<(Instant, T)>>);

/// A module's database, as it was last seen.
#[derive(Clone)]
pub(super) struct Seen {
    pub(super) module: &'static str,
    pub(super) provider: &'static str,
    pub(super) ready: Result<(), NotReady>,
    /// How long it took to say so.
    pub(super) latency: Duration,
}

impl<T: Clone> Probed<T> {
    pub(super) fn new() -> Self {
        Self(Mutex::new(None))
    }

    /// What was seen a moment ago, or what is seen now. Who comes while somebody looks waits, and sees the same.
    pub(super) async fn see(&self, look: impl AsyncFnOnce() -> T) -> T {
        let mut last = self.0.lock().await;
        if let Some((at, seen)) = &*last
            && at.elapsed() < GOOD_FOR
        {
            return seen.clone();
        }
        let seen = look().await;
        *last = Some((Instant::now(), seen.clone()));
        seen
    }
}

/// Asks all of them at once.
pub(super) async fn databases(modules: &[Arc<dyn Module>]) -> Vec<Seen> {
    join_all(modules.iter().map(|module| async {
        let since = Instant::now();
        let late = |_| Err(NotReady("the database does not answer in time".to_owned()));
        let ready = timeout(PATIENCE, module.ready()).await.unwrap_or_else(late);
        let (module, provider) = (module.name(), module.database().provider());
        Seen { module, provider, ready, latency: since.elapsed() }
    }))
    .await
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn many_who_ask_at_once_cost_one_look_and_the_next_comes_after_a_moment() {
        let (probed, looks) = (Probed::new(), Cell::new(0));
        let look = async || {
            looks.set(looks.get() + 1);
            tokio::time::sleep(Duration::from_millis(300)).await;
            looks.get()
        };
        let ask = || probed.see(look);
        assert_eq!(join_all((0..100).map(|_| ask())).await, [1; 100]);
        tokio::time::advance(Duration::from_millis(999)).await;
        assert_eq!(ask().await, 1);
        tokio::time::advance(Duration::from_millis(1)).await;
        assert_eq!(join_all((0..100).map(|_| ask())).await, [2; 100]);
    }
}
