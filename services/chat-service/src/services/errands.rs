use std::sync::Arc;
use std::time::Duration;

use common::domain::asking::AskError;
use common::domain::errand::{Errand, ErrandKind};
use common::domain::message::Lease;
use common::repositories::{ErrandRepository, StoreError};
use platform::Instance;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::sleep;

use super::{Summaries, Titles};

/// How long an errand stays with a process that gives no sign of life, and how often it gives one.
const LEASE_SECONDS: u32 = 20;
const SIGN_OF_LIFE: Duration = Duration::from_secs(5);
/// How often to look for errands that nobody is at.
const LOOK: Duration = Duration::from_secs(2);
/// How often an errand is taken up before it is given up.
const MOST_ATTEMPTS: u32 = 4;
/// How many errands one process is at, at once.
const AT_ONCE: usize = 4;

/// Does what was noted with the ends of replies. No reply waits for it: where it fails, models are sent the newest messages that
/// fit, and conversations are called as their first message made them.
pub struct Errands {
    errands: Arc<dyn ErrandRepository>,
    summaries: Arc<Summaries>,
    titles: Arc<Titles>,
    instance: Instance,
    hands: Arc<Semaphore>,
}

impl Errands {
    pub fn new(
        errands: Arc<dyn ErrandRepository>,
        summaries: Arc<Summaries>,
        titles: Arc<Titles>,
        instance: Instance,
    ) -> Self {
        let hands = Arc::new(Semaphore::new(AT_ONCE));
        Self { errands, summaries, titles, instance, hands }
    }

    /// Takes up errands that nobody is at, from now on.
    pub fn start(self: &Arc<Self>) {
        let errands = self.clone();
        self.instance.tasks.repeat("errands", LOOK, move || {
            let errands = errands.clone();
            async move {
                if let Err(error) = errands.take_up().await {
                    tracing::warn!(%error, "errands could not be read");
                }
            }
        });
    }

    async fn take_up(self: &Arc<Self>) -> Result<(), StoreError> {
        while let Ok(hand) = self.hands.clone().try_acquire_owned() {
            if self.instance.is_draining() {
                break;
            }
            let Some(errand) = self.errands.take_up(self.lease()).await? else { break };
            let errands = self.clone();
            self.instance.tasks.spawn(async move { errands.run(errand, hand).await });
        }
        Ok(())
    }

    async fn run(&self, errand: Errand, _hand: OwnedSemaphorePermit) {
        let stopping = self.instance.tasks.stopping();
        let work = async {
            tokio::select! {
                outcome = self.work_on(&errand) => Some(outcome),
                () = self.keep(&errand) => None,
            }
        };
        let noted = match stopping.run_until_cancelled(work).await {
            None => self.errands.let_go(errand.id, self.lease(), Duration::ZERO).await,
            // It is another process's.
            Some(None) => Ok(()),
            Some(Some(Ok(()))) => self.errands.end(errand.id, self.lease()).await,
            Some(Some(Err(error))) => self.failed(&errand, &error).await,
        };
        if let Err(error) = noted {
            tracing::warn!(%error, errand = %errand.id, "an errand is left to whoever takes it up");
        }
    }

    async fn work_on(&self, errand: &Errand) -> Result<(), AskError> {
        let Errand { owner, conversation, model, kind, .. } = errand;
        let done = match kind {
            // Each time it took a process with it, or nearly.
            _ if errand.attempts > MOST_ATTEMPTS => return Ok(()),
            ErrandKind::Title => self.titles.replace_derived(*owner, *conversation).await,
            ErrandKind::Summary | ErrandKind::OwnSummary => {
                let is_own = *kind == ErrandKind::OwnSummary;
                let made = self.summaries.summarize_older(*owner, *conversation, model, is_own);
                made.await.map(drop)
            }
        };
        match done {
            // Somebody was faster.
            Err(AskError::NothingToSummarize) => Ok(()),
            done => done,
        }
    }

    /// Gives signs of life; returns only if the errand is another's.
    async fn keep(&self, errand: &Errand) {
        loop {
            sleep(SIGN_OF_LIFE).await;
            match self.errands.keep(errand.id, self.lease()).await {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => tracing::warn!(%error, errand = %errand.id, "an errand is not kept"),
            }
        }
    }

    async fn failed(&self, errand: &Errand, error: &AskError) -> Result<(), StoreError> {
        let Errand { id, attempts, kind, model, .. } = errand;
        tracing::warn!(%error, errand = %id, ?kind, model, attempts, "an errand was not done");
        if error.is_retryable() && *attempts < MOST_ATTEMPTS {
            let pause = Duration::from_secs(1 << attempts);
            return self.errands.let_go(*id, self.lease(), pause).await;
        }
        self.errands.end(*id, self.lease()).await
    }

    fn lease(&self) -> Lease {
        Lease { holder: self.instance.id, seconds: LEASE_SECONDS }
    }
}
