//! What the workers of the server share with the test that started it.

use std::sync::Arc;

use parking_lot::Mutex;

use crate::log::Log;
use crate::machine::Machine;
use crate::playlist::Playlist;

/// The scripts, the log, the keys and the machine.
#[derive(Debug)]
pub(crate) struct State {
    /// What completions answer.
    pub chat: Mutex<Playlist>,
    /// What the lists of models answer; each token is a model's id.
    pub catalogue: Mutex<Playlist>,
    /// What the loading of a model answers.
    pub loading: Mutex<Playlist>,
    pub machine: Mutex<Machine>,
    pub log: Arc<Log>,
    /// The keys that are good; while there are none, every key is.
    pub keys: Mutex<Vec<String>>,
}

impl State {
    pub(crate) fn new(kept: usize) -> Self {
        Self {
            chat: Mutex::default(),
            catalogue: Mutex::default(),
            loading: Mutex::default(),
            machine: Mutex::default(),
            log: Arc::new(Log::new(kept)),
            keys: Mutex::default(),
        }
    }

    /// Whether `key` is a good one.
    pub(crate) fn knows(&self, key: Option<&str>) -> bool {
        let keys = self.keys.lock();
        keys.is_empty() || key.is_some_and(|key| keys.iter().any(|good| good == key))
    }
}
