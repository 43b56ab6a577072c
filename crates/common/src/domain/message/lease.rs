//! Who is at something, and for how long.

use std::time::Duration;

/// A claim on a running reply, or on other work: while it lasts, nobody else may touch it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// The process that is at it.
    pub holder: uuid::Uuid,
    /// For how long from now (the database's clock) unless it is renewed.
    pub seconds: u32,
}

impl Lease {
    /// For how long it is taken.
    pub fn length(self) -> Duration {
        Duration::from_secs(self.seconds.into())
    }
}
