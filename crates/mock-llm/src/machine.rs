//! The machine under a server that runs its models itself: which it has, and which are loaded.

use std::collections::BTreeSet;

/// The models by their full names, as in `llama3.2:latest`.
#[derive(Debug)]
pub(crate) struct Machine {
    /// On the disk.
    pub pulled: BTreeSet<String>,
    /// In the memory.
    pub loaded: BTreeSet<String>,
}

impl Default for Machine {
    fn default() -> Self {
        Self { pulled: [full("llama3.2")].into(), loaded: BTreeSet::new() }
    }
}

impl Machine {
    /// Has these models and no others, none of them loaded.
    pub(crate) fn set(&mut self, models: impl Iterator<Item = String>) {
        self.pulled = models.map(|model| full(&model)).collect();
        self.loaded.clear();
    }

    pub(crate) fn has(&self, model: &str) -> bool {
        self.pulled.contains(&full(model))
    }

    pub(crate) fn pull(&mut self, model: &str) {
        self.pulled.insert(full(model));
    }

    pub(crate) fn load(&mut self, model: &str) {
        self.loaded.insert(full(model));
    }

    pub(crate) fn unload(&mut self, model: &str) {
        self.loaded.remove(&full(model));
    }
}

/// The name with its tag, which is `latest` when left out.
fn full(model: &str) -> String {
    let name = model.rsplit('/').next().unwrap_or(model);
    if name.contains(':') { model.to_owned() } else { format!("{model}:latest") }
}
