//! A place where an answer waits for the test.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;

/// How long a test waits for something that should happen at once.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Holds the answers of every script that waits at it
/// ([`Script::hold_after`](crate::Script::hold_after)) until it is released.
///
/// Clones are handles of the same gate.
#[derive(Debug, Clone)]
pub struct Gate(Arc<Sides>);

#[derive(Debug)]
struct Sides {
    arrived: watch::Sender<usize>,
    open: watch::Sender<bool>,
}

impl Gate {
    /// A closed gate that nobody has reached.
    #[must_use]
    pub fn new() -> Self {
        Self(Arc::new(Sides { arrived: watch::Sender::new(0), open: watch::Sender::new(false) }))
    }

    /// Opens the gate for good.
    pub fn release(&self) {
        self.0.open.send_replace(true);
    }

    /// Waits until an answer stands at the gate.
    ///
    /// # Panics
    ///
    /// After 30 seconds.
    pub async fn reached(&self) {
        self.reached_by(1).await;
    }

    /// Waits until that many answers have come to the gate, those that went through included.
    ///
    /// # Panics
    ///
    /// After 30 seconds.
    #[expect(clippy::panic, reason = "a test that waits in vain should say so")]
    pub async fn reached_by(&self, answers: usize) {
        let mut arrived = self.0.arrived.subscribe();
        let enough = arrived.wait_for(|count| *count >= answers);
        if timeout(PATIENCE, enough).await.is_err() {
            let count = *self.0.arrived.borrow();
            panic!("the gate was reached by {count} answers in {PATIENCE:?}, not by {answers}");
        }
    }

    /// Arrives at the gate and waits for its release.
    pub(crate) async fn pass(&self) {
        self.0.arrived.send_modify(|count| *count += 1);
        let mut open = self.0.open.subscribe();
        // it errs only when every sender is gone, and `self` is one
        let _ = open.wait_for(|open| *open).await;
    }
}

impl Default for Gate {
    fn default() -> Self {
        Self::new()
    }
}
