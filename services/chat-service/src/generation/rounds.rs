//! What a process does again and again for its replies, and for those whose maker has gone.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use common::repositories::StoreError;
use tokio::time::Instant;

use super::Engine;
use super::reply::StopReason;

/// How often to look for replies whose maker has gone.
const REAP: Duration = Duration::from_secs(5);

/// How often to look for replies that another process was asked to stop, called or not; and whether leases are to be renewed.
const LOOK: Duration = Duration::from_secs(1);

impl Engine {
    /// Begins the rounds: keeps the replies of this process its own, stops those that were stopped elsewhere, and interrupts those
    /// whose maker has gone.
    pub fn start(self: &Arc<Self>) {
        let tasks = &self.instance.tasks;
        let engine = self.clone();
        tasks.repeat("reaper", REAP, move || engine.clone().reap());
        let engine = self.clone();
        tasks.repeat("cancels", LOOK, move || engine.clone().stop_cancelled());
        let (engine, stop) = (self.clone(), tasks.stopping().clone());
        tasks.keep_running("cancel calls", async move {
            while stop.run_until_cancelled(engine.replies.cancel_called()).await.is_some() {
                engine.clone().stop_cancelled().await;
            }
        });
        let (engine, stop) = (self.clone(), tasks.stopping().clone());
        tasks.keep_running("leases", async move {
            stop.run_until_cancelled(engine.keep_leases()).await;
        });
    }

    async fn reap(self: Arc<Self>) {
        match self.replies.reap(&self.registry.ids()).await {
            Ok(0) => {}
            Ok(reaped) => {
                self.measures.reaped.inc_by(reaped);
                tracing::warn!(reaped, "replies were interrupted: their maker had gone");
            }
            Err(error) => tracing::warn!(error = &error as &dyn std::error::Error, "not reaped"),
        }
    }

    /// Stops the replies that this process makes and whose owners have told another that they want them stopped.
    async fn stop_cancelled(self: Arc<Self>) {
        if self.registry.count() == 0 {
            return;
        }
        match self.replies.cancelled(self.instance.id).await {
            Ok(ids) => {
                for reply in ids.iter().filter_map(|id| self.registry.find(*id)) {
                    reply.stop(StopReason::Cancelled);
                }
            }
            // A checkpoint may still see it.
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "not looked for cancels");
            }
        }
    }

    /// Renews the leases well before they run out, and after a failure as soon as it works.
    async fn keep_leases(&self) {
        let mut renewed = Instant::now();
        loop {
            tokio::time::sleep(LOOK).await;
            if renewed.elapsed() < self.settings.lease() / 3 {
                continue;
            }
            match self.renew().await {
                Ok(()) => renewed = Instant::now(),
                Err(error) => {
                    tracing::warn!(error = &error as &dyn std::error::Error, "leases not renewed");
                }
            }
        }
    }

    /// Renews all leases in one statement: thousands of replies may be waiting for their models.
    async fn renew(&self) -> Result<(), StoreError> {
        // Before the statement: one that begins meanwhile has a fresh lease.
        let replies = self.registry.all();
        if replies.is_empty() {
            return Ok(());
        }
        let renewed: HashSet<_> = self.replies.renew(self.lease()).await?.into_iter().collect();
        for reply in replies.iter().filter(|reply| !renewed.contains(&reply.id())) {
            reply.doubt();
        }
        Ok(())
    }
}
