use std::collections::VecDeque;
use std::sync::Arc;

use common::domain::api_key::{ApiKey, KeyEvent, KeyEventKind, KeyUse};
use common::repositories::ApiKeyRepository;
use common::{Clock, Ids};
use parking_lot::Mutex;

/// How many are written at once.
const BATCH: usize = 100;
/// How many wait at most while the database does not answer.
const WAITING: usize = 10_000;

/// What is done with keys, noted in memory and written a moment later, so that no send waits for it.
pub struct KeyUses {
    keys: Arc<dyn ApiKeyRepository>,
    clock: Arc<dyn Clock>,
    ids: Ids,
    waiting: Mutex<VecDeque<KeyUse>>,
    /// Whose turn it is to write.
    turn: tokio::sync::Mutex<()>,
}

impl KeyUses {
    pub fn new(keys: Arc<dyn ApiKeyRepository>, clock: Arc<dyn Clock>, ids: Ids) -> Self {
        Self { keys, clock, ids, waiting: Mutex::default(), turn: tokio::sync::Mutex::default() }
    }

    pub fn note(&self, key: &ApiKey, kind: KeyEventKind) {
        let (id, at) = (self.ids.next(), self.clock.now());
        let event = KeyEvent { id, owner: key.owner, name: key.name, kind, at };
        let mut waiting = self.waiting.lock();
        if waiting.len() < WAITING {
            waiting.push_back(KeyUse { key: key.id, event });
        } else {
            tracing::warn!(user_id = %key.owner, "a key's use was not noted: too many wait");
        }
    }

    /// Writes what waits. What is not written waits on; nothing is lost, or noted twice, if this is dropped in the middle.
    pub async fn write(&self) {
        let _turn = self.turn.lock().await;
        loop {
            let batch: Vec<KeyUse> = self.waiting.lock().iter().take(BATCH).cloned().collect();
            if batch.is_empty() {
                return;
            }
            if let Err(error) = self.keys.note(&batch).await {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(error, waiting = batch.len(), "uses of keys are not written yet");
                return;
            }
            self.waiting.lock().drain(..batch.len());
        }
    }
}
