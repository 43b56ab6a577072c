//! Background work: tracked, so that it can be waited for, and told when to stop.
//!
//! It runs on the process's own multi-thread runtime and not on the HTTP worker that asked for it: an actix worker is one
//! thread, and what is spawned on it lives and dies with it. Only what makes a stream's events runs [nearby](Tasks::nearby),
//! since each of them would else have to wake another thread.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::http::Trace;

/// Where background work runs.
#[derive(Debug, Clone)]
pub struct Tasks {
    runtime: Handle,
    tracker: TaskTracker,
    stop: CancellationToken,
    broken: CancellationToken,
}

/// An HTTP worker, for work beside what it serves.
#[derive(Debug, Clone)]
pub struct Nearby(Tasks);

/// Stops the process if it is dropped: somebody waits for what was to be done.
struct Unfinished(CancellationToken);

impl Nearby {
    /// Starts a piece of work that comes to its own end. Should the worker die before, the process stops: nobody else would do
    /// the work.
    pub fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        let unfinished = Unfinished(self.0.broken.clone());
        self.0.spawn(async move {
            work.await;
            std::mem::forget(unfinished);
        });
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        // A panic ends one piece of work only.
        if !std::thread::panicking() {
            tracing::error!("work was dropped before its end");
            self.0.cancel();
        }
    }
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
            broken: CancellationToken::new(),
        }
    }

    /// Starts a piece of work that comes to its own end; if a request asks for it, as part of what serves that request.
    pub fn spawn<F>(&self, work: F) -> tokio::task::JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.tracker.spawn_on(Trace::carried(work), &self.runtime)
    }

    /// The thread that calls this, as a place for work that makes what the same thread hands out.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub fn nearby(&self) -> Nearby {
        Nearby(Self { runtime: Handle::current(), ..self.clone() })
    }

    /// Starts work that must go on until the process stops: if it ends before, by itself or by a panic, the process does.
    pub fn keep_running(
        &self,
        name: &'static str,
        work: impl Future<Output = ()> + Send + 'static,
    ) {
        let (stop, broken) = (self.stop.clone(), self.broken.clone());
        self.spawn(async move {
            let outcome = AssertUnwindSafe(work).catch_unwind().await;
            if outcome.is_err() || !stop.is_cancelled() {
                tracing::error!(
                    name,
                    panicked = outcome.is_err(),
                    "background work ended unexpectedly"
                );
                broken.cancel();
            }
        });
    }

    /// Waits until something that must go on has ended.
    pub async fn broken(&self) {
        self.broken.cancelled().await;
    }

    /// Calls `work` again and again, `pause` apart, until the process stops.
    pub fn repeat<F, W>(&self, name: &'static str, pause: Duration, mut work: W)
    where
        W: FnMut() -> F + Send + 'static,
        F: Future<Output = ()> + Send,
    {
        let stop = self.stop.clone();
        self.keep_running(name, async move {
            while stop.run_until_cancelled(tokio::time::sleep(pause)).await.is_some() {
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
        if tokio::time::timeout(patience, self.tracker.wait()).await.is_err() {
            tracing::warn!(tasks = self.tracker.len(), "background work did not stop in time");
        }
    }
}
