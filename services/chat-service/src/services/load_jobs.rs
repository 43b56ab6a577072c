use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use common::domain::load_job::{
    LoadJob, LoadJobError, LoadState, LoadStatus, LoadStep, ModelStatus,
};
use common::domain::message::Lease;
use common::repositories::{LoadJobRepository, StoreError};
use common::{LoadJobId, UserId};
use futures_util::stream::{Stream, TryStreamExt, unfold};
use parking_lot::Mutex;
use platform::Instance;
use tokio::time::{Instant, sleep, timeout};

use super::Models;
use super::models::Loadable;
use crate::providers::{
    LoadProgress, LoadRequest, ModelState, ProgressStream, ProviderError, ProviderErrorKind,
};

/// How long a job stays with a process that gives no sign of life, and how often it gives one.
const LEASE_SECONDS: u32 = 20;
const SIGN_OF_LIFE: Duration = Duration::from_secs(5);
/// How often to look for jobs that nobody is at.
const LOOK: Duration = Duration::from_secs(2);
/// The shortest time between two writes of how far a job is, and how often it is read by who follows it.
const WRITE: Duration = Duration::from_millis(500);
const READ: Duration = Duration::from_millis(500);
/// How often a job is taken up before it is given up.
const MOST_ATTEMPTS: u32 = 5;
/// How long the server of a model may take to say how ready it is.
const STATUS: Duration = Duration::from_secs(5);
/// How long it is kept how a job ended.
const KEPT: TimeDelta = TimeDelta::days(30);

/// Makes models ready that must be loaded before they can answer: each as a job that goes on whoever listens, on this process
/// or, if that dies, on another.
pub struct LoadJobs {
    jobs: Arc<dyn LoadJobRepository>,
    models: Arc<Models>,
    instance: Instance,
    /// Whether a model may be fetched that its server does not have.
    may_fetch: bool,
    /// Those that this process is at.
    ours: Mutex<HashSet<LoadJobId>>,
}

/// Why a try to make a model ready ended.
enum Failure {
    Provider(ProviderError),
    /// The job is another process's.
    Lost,
}

impl LoadJobs {
    pub fn new(
        jobs: Arc<dyn LoadJobRepository>,
        models: Arc<Models>,
        instance: Instance,
        may_fetch: bool,
    ) -> Self {
        Self { jobs, models, instance, may_fetch, ours: Mutex::default() }
    }

    /// How ready a model is for a person.
    pub async fn status(&self, user: UserId, id: &str) -> Result<ModelStatus, LoadJobError> {
        let offer = self.models.offered(user, id).await?.ok_or(LoadJobError::NotFound)?;
        let (newest, loaded) = tokio::try_join!(
            self.jobs.newest(id, None),
            self.jobs.newest(id, Some(LoadStatus::Loaded))
        )?;
        let ModelState { state, memory_bytes } = match self.models.loadable(id) {
            _ if !offer.is_available => ModelState::of(LoadState::Unavailable),
            None => ModelState::of(LoadState::Loaded),
            Some(loadable) => self.state(&loadable, newest.as_ref()).await,
        };
        let percent = match state {
            LoadState::Loading => newest.map(|job| job.percent),
            LoadState::Loaded => Some(100),
            LoadState::NotLoaded | LoadState::Absent => Some(0),
            LoadState::Error | LoadState::Unavailable => None,
        };
        Ok(ModelStatus {
            model: id.to_owned(),
            state,
            percent,
            memory_bytes,
            last_loaded: loaded.as_ref().and_then(|job| job.ended_at),
            took_seconds: loaded.as_ref().and_then(LoadJob::seconds),
        })
    }

    /// What the model's server says of it, and the newest job.
    async fn state(&self, loadable: &Loadable, newest: Option<&LoadJob>) -> ModelState {
        let status = newest.map(|job| job.status);
        if status == Some(LoadStatus::Loading) {
            return ModelState::of(LoadState::Loading);
        }
        let said = ask_state(loadable).await;
        match said.state {
            LoadState::NotLoaded | LoadState::Absent if status == Some(LoadStatus::Error) => {
                ModelState::of(LoadState::Error)
            }
            LoadState::Absent if !self.may_fetch => ModelState::of(LoadState::Unavailable),
            _ => said,
        }
    }

    /// Has a model made ready, or says which job is at it; with how long that took the last time, in seconds.
    pub async fn load(
        self: &Arc<Self>,
        user: UserId,
        id: &str,
    ) -> Result<(LoadJob, Option<u64>), LoadJobError> {
        self.models.offered(user, id).await?.ok_or(LoadJobError::NotFound)?;
        let loadable = self.models.loadable(id).ok_or(LoadJobError::NothingToLoad)?;
        match ask_state(&loadable).await.state {
            LoadState::Absent if !self.may_fetch => return Err(LoadJobError::FetchForbidden),
            LoadState::Unavailable => return Err(LoadJobError::Unreachable),
            _ => {}
        }
        let job = LoadJob {
            id: self.instance.ids.next(),
            model: id.to_owned(),
            status: LoadStatus::Loading,
            percent: 0,
            detail: "Waiting".to_owned(),
            attempts: 1,
            created_at: self.instance.clock.now(),
            ended_at: None,
        };
        let begun = self.jobs.begin(&job, self.lease()).await?;
        if begun.id == job.id {
            self.start_on(begun.clone());
        }
        let before = self.jobs.newest(id, Some(LoadStatus::Loaded)).await?;
        Ok((begun, before.as_ref().and_then(LoadJob::seconds)))
    }

    /// A model's job: the one of an id, or the newest.
    pub async fn find(&self, model: &str, id: Option<LoadJobId>) -> Result<LoadJob, LoadJobError> {
        let found = match id {
            Some(id) => self.jobs.find(id).await?,
            None => self.jobs.newest(model, None).await?,
        };
        found.filter(|job| job.model == model).ok_or(LoadJobError::NotFound)
    }

    /// The job as it is, and again whenever it has changed, until it has ended or this process is going away.
    pub fn follow(self: &Arc<Self>, job: LoadJob) -> impl Stream<Item = LoadJob> + use<> {
        let (jobs, instance) = (self.jobs.clone(), self.instance.clone());
        unfold((Some(job.clone()), job), move |(next, mut told)| {
            let (jobs, instance) = (jobs.clone(), instance.clone());
            async move {
                if let Some(next) = next {
                    return Some((next.clone(), (None, next)));
                }
                while told.status == LoadStatus::Loading && !instance.is_draining() {
                    sleep(READ).await;
                    match jobs.find(told.id).await {
                        Ok(Some(job)) if job != told => {
                            told = job.clone();
                            return Some((job, (None, told)));
                        }
                        Ok(Some(_)) => {}
                        Ok(None) => return None,
                        // A database that does not answer for a moment only makes us late.
                        Err(error) => tracing::warn!(%error, "following a load job waits"),
                    }
                }
                None
            }
        })
    }

    /// Takes up jobs that nobody is at, from now on.
    pub fn start(self: &Arc<Self>) {
        let loads = self.clone();
        self.instance.tasks.repeat("load jobs", LOOK, move || {
            let loads = loads.clone();
            async move {
                match loads.jobs.take_up(loads.lease()).await {
                    Ok(Some(job)) => loads.start_on(job),
                    Ok(None) => {}
                    Err(error) => tracing::warn!(%error, "load jobs could not be read"),
                }
            }
        });
    }

    /// Deletes jobs that ended long ago.
    pub async fn keep_house(&self) {
        if let Err(error) = self.jobs.delete_ended(self.instance.clock.now() - KEPT).await {
            tracing::warn!(%error, "old load jobs are not deleted");
        }
    }

    fn lease(&self) -> Lease {
        Lease { holder: self.instance.id, seconds: LEASE_SECONDS }
    }

    fn start_on(self: &Arc<Self>, job: LoadJob) {
        // It may be ours still: a database that did not answer for long has let it lapse.
        if self.ours.lock().insert(job.id) {
            let loads = self.clone();
            self.instance.tasks.spawn(async move {
                let id = job.id;
                if let Err(error) = loads.work_on(job).await {
                    tracing::warn!(%error, job = %id, "a load job is left to whoever takes it up");
                }
                loads.ours.lock().remove(&id);
            });
        }
    }

    /// Makes a job's model ready, or says why not.
    async fn work_on(&self, job: LoadJob) -> Result<(), StoreError> {
        let Some(loadable) = self.models.loadable(&job.model) else {
            let step = LoadStep::of(0, "The model is not offered any more.");
            return self.end(&job, LoadStatus::Error, &step).await;
        };
        let request = LoadRequest {
            model: loadable.model.upstream.clone(),
            context_length: loadable.model.context_length,
            may_fetch: self.may_fetch,
        };
        let Some(progress) = loadable.provider.load(request) else {
            return self.end(&job, LoadStatus::Loaded, &LoadStep::of(100, "Loaded")).await;
        };
        let stopping = self.instance.tasks.stopping();
        match stopping.run_until_cancelled(self.make_ready(&job, progress)).await {
            None => {
                let step = LoadStep::of(job.percent, "Waiting");
                self.jobs.let_go(job.id, self.lease(), Duration::ZERO, &step).await
            }
            Some(Ok(())) => {
                self.end(&job, LoadStatus::Loaded, &LoadStep::of(100, "Loaded")).await?;
                self.models.discover(&self.instance.conditions).await;
                Ok(())
            }
            Some(Err(Failure::Lost)) => Ok(()),
            Some(Err(Failure::Provider(error))) => self.failed(&job, &error).await,
        }
    }

    /// Tells how far it is, and that it is being worked on, until the model is ready.
    async fn make_ready(&self, job: &LoadJob, mut progress: ProgressStream) -> Result<(), Failure> {
        let mut step = LoadStep::of(0, "Looking for the model");
        let mut written = Instant::now();
        loop {
            match timeout(SIGN_OF_LIFE, progress.try_next()).await {
                Ok(Ok(Some(LoadProgress { is_loaded: true, .. }))) => return Ok(()),
                Ok(Ok(Some(LoadProgress { detail, fraction, .. }))) => {
                    step = LoadStep::of(percent(fraction), &detail);
                    if written.elapsed() < WRITE {
                        continue;
                    }
                }
                Ok(Ok(None)) => {
                    let cut = ProviderError::new(ProviderErrorKind::Truncated);
                    return Err(Failure::Provider(cut));
                }
                Ok(Err(error)) => return Err(Failure::Provider(error)),
                Err(_silence) => {}
            }
            written = Instant::now();
            match self.jobs.step(job.id, self.lease(), &step).await {
                Ok(true) => {}
                Ok(false) => return Err(Failure::Lost),
                Err(error) => tracing::warn!(%error, job = %job.id, "a load job goes on unwritten"),
            }
        }
    }

    async fn failed(&self, job: &LoadJob, error: &ProviderError) -> Result<(), StoreError> {
        tracing::warn!(%error, job = %job.id, model = job.model, attempt = job.attempts, "a model is not loaded");
        if error.kind.is_retryable() && job.attempts < MOST_ATTEMPTS {
            let pause = Duration::from_secs(1 << job.attempts);
            let step = LoadStep::of(job.percent, "Trying again in a moment");
            return self.jobs.let_go(job.id, self.lease(), pause, &step).await;
        }
        let step = LoadStep::of(job.percent, error.kind.message());
        self.end(job, LoadStatus::Error, &step).await
    }

    async fn end(
        &self,
        job: &LoadJob,
        status: LoadStatus,
        step: &LoadStep,
    ) -> Result<(), StoreError> {
        self.jobs.end(job.id, self.lease(), status, step, self.instance.clock.now()).await
    }
}

async fn ask_state(loadable: &Loadable) -> ModelState {
    let state = loadable.provider.status(&loadable.model.upstream);
    timeout(STATUS, state).await.unwrap_or(ModelState::of(LoadState::Unavailable))
}

fn percent(fraction: f64) -> u8 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is from 0 to 100, and shown"
    )]
    let percent = (fraction.clamp(0.0, 1.0) * 100.0) as u8;
    percent
}
