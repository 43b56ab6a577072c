//! Background work: tracked, so that it can be waited for, and told when to stop.
//!
//! It runs on the process's own multi-thread runtime and not on the HTTP worker that asked for it: an actix worker is one
//! thread, and what is spawned on it lives and dies with it.

use std::future::Future;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Where background work runs.
#[derive(Debug, Clone)]
pub struct Tasks {
    runtime: Handle,
    tracker: TaskTracker,
    stop: CancellationToken,
}

impl Tasks {
    /// Work on the runtime that calls this.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub fn on_this_runtime() -> Self {
        Self {
            runtime: Handle::current(),
            tracker: TaskTracker::new(),
            stop: CancellationToken::new(),
        }
    }

    /// Starts a piece of work that comes to its own end.
    pub fn spawn<F>(&self, work: F) -> tokio::task::JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.tracker.spawn_on(work, &self.runtime)
    }

    /// Calls `work` again and again, `pause` apart, until the process stops.
    pub fn repeat<F, W>(&self, pause: Duration, mut work: W)
    where
        W: FnMut() -> F + Send + 'static,
        F: Future<Output = ()> + Send,
    {
        let stop = self.stop.clone();
        self.spawn(async move {
            while stop
                .run_until_cancelled(tokio::time::sleep(pause))
                .await
                .is_some()
            {
                work().await;
            }
        });
    }

    /// Told when the process stops.
    pub fn stopping(&self) -> &CancellationToken {
        &self.stop
    }

    /// Tells all work to stop and waits for it, at most so long.
    pub async fn stop(&self, patience: Duration) {
        self.stop.cancel();
        self.tracker.close();
        if tokio::time::timeout(patience, self.tracker.wait())
            .await
            .is_err()
        {
            tracing::warn!(
                tasks = self.tracker.len(),
                "background work did not stop in time"
            );
        }
    }
}
