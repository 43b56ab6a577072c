//! Which script the next request gets.

use std::any::TypeId;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use parking_lot::Mutex;

use crate::plan::Shape;
use crate::tape::Tape;
use crate::{Ask, Reply, Script};

/// Tapes kept for one script: as many models as a test or a benchmark uses, and no more.
const TAPES: usize = 32;

/// The scripts in store.
#[derive(Debug, Default)]
pub(crate) struct Playlist {
    queued: VecDeque<Arc<Scripted>>,
    by_model: HashMap<String, Arc<Scripted>>,
    default: Option<Arc<Scripted>>,
}

impl Playlist {
    pub(crate) fn queue(&mut self, script: Script) {
        self.queued.push_back(Arc::new(Scripted::new(script)));
    }

    pub(crate) fn set_for(&mut self, model: String, script: Script) {
        let scripted = Arc::new(Scripted::new(script));
        self.by_model.insert(model, scripted);
    }

    pub(crate) fn set_default(&mut self, script: Script) {
        self.default = Some(Arc::new(Scripted::new(script)));
    }

    /// The script for a request that names `model`: the model's own, else the first of the
    /// queue, else the default, if there is one.
    pub(crate) fn take(&mut self, model: &str) -> Option<Arc<Scripted>> {
        let own = self.by_model.get(model).cloned();
        own.or_else(|| self.queued.pop_front()).or_else(|| self.default.clone())
    }
}

/// A script, and the tapes made of it so far.
#[derive(Debug)]
pub(crate) struct Scripted {
    pub script: Script,
    tapes: Mutex<Vec<(Key, Arc<Tape>)>>,
}

/// All that a tape depends on, the script and an echo apart: the endpoint that answers, the
/// model and the shape.
type Key = (TypeId, String, Shape);

impl Scripted {
    pub(crate) fn new(script: Script) -> Self {
        Self { script, tapes: Mutex::default() }
    }

    /// The tape for `ask` in `shape` at an endpoint, recorded if there is none yet.
    pub(crate) fn tape(
        &self,
        endpoint: TypeId,
        ask: &Ask,
        shape: Shape,
        record: impl FnOnce() -> Tape,
    ) -> Arc<Tape> {
        if self.script.reply == Reply::Echo {
            return Arc::new(record());
        }
        let mut tapes = self.tapes.lock();
        let fits = |(key, _): &&(Key, Arc<Tape>)| {
            key.0 == endpoint && key.1 == ask.model && key.2 == shape
        };
        if let Some((_, tape)) = tapes.iter().find(fits) {
            return Arc::clone(tape);
        }
        let tape = Arc::new(record());
        tapes.truncate(TAPES - 1);
        tapes.push(((endpoint, ask.model.clone(), shape), Arc::clone(&tape)));
        tape
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(playlist: &mut Playlist, model: &str) -> Reply {
        playlist.take(model).unwrap().script.reply.clone()
    }

    #[test]
    fn a_models_own_script_comes_first_and_leaves_the_queue_alone() {
        let mut playlist = Playlist::default();
        assert!(playlist.take("x").is_none());
        playlist.set_default(Script::text("default"));
        playlist.queue(Script::text("first"));
        playlist.queue(Script::text("second"));
        playlist.set_for("m".to_owned(), Script::text("own"));
        let said: Vec<_> =
            ["x", "m", "x", "m", "x"].map(|model| next(&mut playlist, model)).into_iter().collect();
        let expected = ["first", "own", "second", "own", "default"];
        assert_eq!(said, expected.map(|text| Reply::Text(text.to_owned())));
    }
}
