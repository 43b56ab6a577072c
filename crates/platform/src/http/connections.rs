//! The connections that are open. A process that stops must not close one under a request that is just being sent on it: its
//! sender would not know what has become of it. So it asks for their end with each answer, and waits for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use actix_web::dev::Extensions;
use tokio::sync::watch;

#[derive(Clone, Default)]
pub(super) struct Connections(Arc<State>);

#[derive(Default)]
struct State {
    open: watch::Sender<usize>,
    are_to_end: AtomicBool,
}

/// One of them, in its own data.
struct Open(Connections);

impl Connections {
    /// Counts a connection until it closes.
    pub(super) fn opened(&self, connection: &mut Extensions) {
        self.0.open.send_modify(|count| *count += 1);
        connection.insert(Open(self.clone()));
    }

    /// Whether each answer is to be the last on its connection.
    pub(super) fn are_to_end(&self) -> bool {
        self.0.are_to_end.load(Ordering::Relaxed)
    }

    /// Asks for the end of all of them from now on, and waits for it. One on which nothing comes is closed by its other end, or
    /// after the usual time.
    pub(super) async fn end(&self) {
        self.0.are_to_end.store(true, Ordering::Relaxed);
        let mut open = self.0.open.subscribe();
        // It errs only when every sender is gone, and `self` has one.
        let _none = open.wait_for(|count| *count == 0).await;
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.0.open.send_modify(|count| *count -= 1);
    }
}
