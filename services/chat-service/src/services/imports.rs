//! Conversations that a person brings along in a file: stored piece by piece as it comes, then read by a job.

mod bounded;
mod chatgpt;
mod entries;
mod file;
mod reading;
#[cfg(test)]
mod tests;
mod upload;

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use common::domain::idempotency::{Fingerprinter, IdempotencyKey};
use common::domain::import::{
    Import, ImportError, ImportStatus, ImportedConversation, MAX_IMPORTS_AT_ONCE, Tally,
};
use common::domain::message::Lease;
use common::repositories::{ImportRepository, StoreError, UploadRepository};
use common::{ImportId, UserId};
use platform::Instance;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::spawn_blocking;
use tokio::time::sleep;

use self::entries::{Entries, Entry};
use self::file::{Found, read};
use self::reading::Reading;
pub use self::upload::Receiving;
use super::Models;

/// How long a file or an import stays with a process that gives no sign of life, and how often it gives one.
const RECEIVING: u32 = 120;
const LEASE_SECONDS: u32 = 20;
const SIGN_OF_LIFE: Duration = Duration::from_secs(5);
/// How often to look for imports that nobody is at.
const LOOK: Duration = Duration::from_secs(2);
/// How often an import is taken up before it is given up.
const MOST_ATTEMPTS: u32 = 5;
/// How many bytes an entry of a file may have. It is held whole, and its images beside it; one process reads one file at once.
const MOST_OF_AN_ENTRY: usize = 64 * 1024 * 1024;
/// How long keys are remembered, and how an import ended.
const KEY_KEPT: TimeDelta = TimeDelta::hours(24);
const KEPT: TimeDelta = TimeDelta::days(30);

/// Takes files of conversations, and makes conversations of them.
pub struct Imports {
    imports: Arc<dyn ImportRepository>,
    uploads: Arc<dyn UploadRepository>,
    models: Arc<Models>,
    instance: Instance,
    hand: Arc<Semaphore>,
}

/// Why an import did not come to its end.
enum Failure {
    /// It never will, as this says.
    Given(&'static str),
    /// It is another process's.
    Lost,
    Store(StoreError),
}

impl Imports {
    pub fn new(
        imports: Arc<dyn ImportRepository>,
        uploads: Arc<dyn UploadRepository>,
        models: Arc<Models>,
        instance: Instance,
    ) -> Self {
        Self { imports, uploads, models, instance, hand: Arc::new(Semaphore::new(1)) }
    }

    /// Begins to take a file, which is remembered by its key once it is whole.
    pub async fn receive(
        self: &Arc<Self>,
        owner: UserId,
        key: Option<(IdempotencyKey, Fingerprinter)>,
    ) -> Result<Receiving, ImportError> {
        let import = Import {
            id: self.instance.ids.next(),
            owner,
            status: ImportStatus::Receiving,
            position: 0,
            tally: Tally::default(),
            error: None,
            attempts: 0,
            created_at: self.instance.clock.now(),
            ended_at: None,
        };
        let lease = self.lease(RECEIVING);
        self.uploads.begin(&import, lease, MAX_IMPORTS_AT_ONCE).await?;
        Ok(Receiving::new(self.clone(), import, lease, key))
    }

    pub async fn get(&self, owner: UserId, id: ImportId) -> Result<Import, ImportError> {
        self.imports.find(owner, id).await?.ok_or(ImportError::NotFound)
    }

    /// Takes up imports that nobody is at, from now on.
    pub fn start(self: &Arc<Self>) {
        let imports = self.clone();
        self.instance.tasks.repeat("imports", LOOK, move || {
            let imports = imports.clone();
            async move { imports.take_up().await }
        });
    }

    /// Forgets what is old, and files that have stopped coming.
    pub async fn keep_house(&self) {
        let now = self.instance.clock.now();
        if let Err(error) = self.imports.tidy(now - KEY_KEPT, now - KEPT).await {
            tracing::warn!(%error, "old imports are not deleted");
        }
    }

    async fn take_up(self: &Arc<Self>) {
        while let Ok(hand) = self.hand.clone().try_acquire_owned() {
            if self.instance.is_draining() {
                break;
            }
            match self.imports.take_up(self.lease(LEASE_SECONDS)).await {
                Ok(Some(import)) => {
                    let imports = self.clone();
                    self.instance.tasks.spawn(async move { imports.run(import, hand).await });
                }
                Ok(None) => break,
                Err(error) => return tracing::warn!(%error, "imports could not be read"),
            }
        }
    }

    async fn run(&self, mut import: Import, _hand: OwnedSemaphorePermit) {
        let id = import.id;
        let lease = self.lease(LEASE_SECONDS);
        let stopping = self.instance.tasks.stopping();
        let work = async {
            tokio::select! {
                outcome = self.work_on(&mut import) => outcome,
                () = self.keep(id) => Err(Failure::Lost),
            }
        };
        let noted = match stopping.run_until_cancelled(work).await {
            None => self.imports.let_go(id, lease, Duration::ZERO).await,
            Some(Ok(())) => self.end(import, None).await,
            Some(Err(Failure::Lost)) => Ok(()),
            Some(Err(Failure::Given(why))) => self.end(import, Some(why)).await,
            Some(Err(Failure::Store(error))) if import.attempts < MOST_ATTEMPTS => {
                tracing::warn!(%error, import = %id, attempts = import.attempts, "an import pauses");
                self.imports.let_go(id, lease, Duration::from_secs(1 << import.attempts)).await
            }
            Some(Err(Failure::Store(error))) => {
                tracing::warn!(%error, import = %id, "an import is given up");
                let why = "The conversations could not be stored. Import the file again later.";
                self.end(import, Some(why)).await
            }
        };
        if let Err(error) = noted {
            tracing::warn!(%error, import = %id, "an import is left to whoever takes it up");
        }
    }

    /// Goes through the file. What was stored before is passed over.
    async fn work_on(&self, import: &mut Import) -> Result<(), Failure> {
        if import.attempts > MOST_ATTEMPTS {
            // Each time it took a process with it, or nearly.
            return Err(Failure::Given("The file could not be read."));
        }
        let (done, mut position) = (import.position, 0);
        let mut entries = Entries::new(MOST_OF_AN_ENTRY);
        let mut number = 0;
        while let Some(piece) = self.uploads.piece(import.id, number).await? {
            number += 1;
            for entry in entries.cut(&piece) {
                position += 1;
                if position > done {
                    import.position = position;
                    self.take(import, entry).await?;
                }
            }
            if entries.is_broken() {
                let why = "The file is no JSON from here on. What stood before is stored.";
                return Err(Failure::Given(why));
            }
        }
        if !entries.may_end() {
            return Err(Failure::Given("The file is cut off. What stood before is stored."));
        }
        let Tally { conversations, skipped_conversations, .. } = import.tally;
        if conversations + skipped_conversations == 0 {
            return Err(Failure::Given("There is no conversation in the file."));
        }
        Ok(())
    }

    /// Stores what stands in an entry, if it is a conversation.
    async fn take(&self, import: &mut Import, entry: Entry) -> Result<(), Failure> {
        let before = import.tally;
        let Some(imported) = self.read(import, entry).await? else { return Ok(()) };
        let stored = self.imports.store(import, self.lease(LEASE_SECONDS), &imported).await;
        stored.map_err(|error| {
            import.tally = before;
            match error {
                ImportError::Store(error) => Failure::Store(error),
                ImportError::OwnerGone => Failure::Given("The account is gone."),
                _ => Failure::Lost,
            }
        })
    }

    /// The conversation that an entry is, if it is one. Counts what becomes of it.
    async fn read(
        &self,
        import: &mut Import,
        entry: Entry,
    ) -> Result<Option<ImportedConversation>, Failure> {
        let Entry::Whole(entry) = entry else {
            import.tally.skipped_conversations += 1;
            return Ok(None);
        };
        let default = self.models.default_model(import.owner).await?;
        let default = default.map(|model| (model.id.clone(), model.provider.clone()));
        let (models, owner) = (self.models.clone(), import.owner);
        let (ids, now) = (self.instance.ids.clone(), self.instance.clock.now());
        // It may be long.
        let reading = spawn_blocking(move || {
            let file = match read(&entry) {
                Found::Conversation(file) => *file,
                Found::Other => return Some(None),
                Found::Unreadable => return None,
            };
            drop(entry);
            let model =
                |id: &str| models.find(id).map(|one| (one.id.clone(), one.provider.clone()));
            let default = default.unwrap_or_default();
            Some(Some(Reading { owner, now, ids: &ids, model: &model, default }.conversation(file)))
        });
        match reading.await.map_err(|ended| StoreError::Failed(ended.into()))? {
            Some(Some((imported, tally))) => {
                import.tally = import.tally.and(tally);
                Ok(Some(imported))
            }
            Some(None) => Ok(None),
            None => {
                import.tally.skipped_conversations += 1;
                Ok(None)
            }
        }
    }

    /// Gives signs of life; returns only if the import is another's.
    async fn keep(&self, id: ImportId) {
        loop {
            sleep(SIGN_OF_LIFE).await;
            match self.imports.keep(id, self.lease(LEASE_SECONDS)).await {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => tracing::warn!(%error, import = %id, "an import is not kept"),
            }
        }
    }

    async fn end(&self, mut import: Import, why: Option<&str>) -> Result<(), StoreError> {
        import.status = if why.is_some() { ImportStatus::Failed } else { ImportStatus::Complete };
        import.error = why.map(str::to_owned);
        import.ended_at = Some(self.instance.clock.now());
        self.imports.end(&import, self.lease(LEASE_SECONDS)).await
    }

    fn lease(&self, seconds: u32) -> Lease {
        Lease { holder: self.instance.id, seconds }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}
