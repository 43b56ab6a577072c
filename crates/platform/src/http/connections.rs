//! The connections that are open. A process that stops must not close one under a request that is just being sent on it: its
//! sender would not know what has become of it. So it asks for their end with each answer, and waits for it.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use actix_web::dev::Extensions;
use tokio::sync::watch;
use tokio::time::Instant;

/// How long whoever sends requests here may take to learn that they are to go elsewhere.
const NOTICE: Duration = Duration::from_secs(5);

#[derive(Clone, Default)]
pub(super) struct Connections(Arc<State>);

#[derive(Default)]
struct State {
    known: watch::Sender<usize>,
    leaving_since: OnceLock<Instant>,
}

/// A connection that is waited for, in its own data.
pub(super) struct Known(Connections);

impl Connections {
    /// Counts a connection until it closes, unless it comes when everybody should know that we stop.
    pub(super) fn opened(&self, connection: &mut Extensions) {
        if self.0.leaving_since.get().is_some_and(|since| since.elapsed() > NOTICE) {
            return;
        }
        self.0.known.send_modify(|count| *count += 1);
        connection.insert(Known(self.clone()));
    }

    /// Whether each answer is to be the last on its connection.
    pub(super) fn are_to_end(&self) -> bool {
        self.0.leaving_since.get().is_some()
    }

    /// Asks for the end of all of them from now on, and waits for it. One on which nothing comes is closed by its other end, or
    /// after the usual time.
    pub(super) async fn end(&self) {
        self.0.leaving_since.get_or_init(Instant::now);
        let mut known = self.0.known.subscribe();
        // It errs only when every sender is gone, and `self` has one.
        let _none = known.wait_for(|count| *count == 0).await;
    }
}

impl Drop for Known {
    fn drop(&mut self) {
        self.0.0.known.send_modify(|count| *count -= 1);
    }
}
