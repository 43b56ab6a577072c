//! The arithmetic of the generic cell rate algorithm, in microseconds.
//!
//! Of a bucket only its *theoretical arrival time* is kept: when it will be full again. Each admission puts it off by one
//! interval, and it may lie ahead by at most the whole bucket.

use std::time::Duration;

use chrono::{DateTime, Utc};

/// So many calls in a window: all of them at once if need be, and then one more each time a share of the window has passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// How many. At least 1; 0 counts as that.
    pub limit: u32,
    /// In what time.
    pub window: Duration,
}

/// What became of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// Whether it may go on.
    pub allowed: bool,
    /// The limit that it was held against.
    pub quota: Quota,
    /// How many more could go on now.
    pub remaining: u32,
    /// When the whole limit is free again.
    pub reset_at: DateTime<Utc>,
    /// How long to wait before another try can succeed. Zero if this one did.
    pub retry_after: Duration,
}

impl Quota {
    /// So many in a minute.
    pub const fn per_minute(limit: u32) -> Self {
        Self { limit, window: Duration::from_secs(60) }
    }

    /// What one call takes.
    pub(super) fn interval(self) -> i64 {
        (in_micros(self.window) / self.burst()).max(1)
    }

    /// How far ahead a bucket's time may lie for a call to be admitted: all but one interval.
    pub(super) fn tolerance(self) -> i64 {
        self.interval().saturating_mul(self.burst() - 1)
    }

    /// The verdict on a call that was admitted at `now` and made the bucket's time `full_at`.
    pub(super) fn admitted(self, now: i64, full_at: i64) -> Verdict {
        let free = now.saturating_add(self.tolerance()).saturating_add(self.interval()) - full_at;
        let remaining = u32::try_from(free / self.interval()).unwrap_or_default();
        let reset_at = DateTime::from_timestamp_micros(full_at).unwrap_or_default();
        Verdict { allowed: true, quota: self, remaining, reset_at, retry_after: Duration::ZERO }
    }

    /// The verdict on a call that was refused by a bucket whose time is `full_at`. There is always something to wait for,
    /// even if the bucket has refilled by `now`, after the refusal.
    pub(super) fn refused(self, now: i64, full_at: i64) -> Verdict {
        let wait = full_at.saturating_sub(self.tolerance()).saturating_sub(now).max(1);
        let retry_after = Duration::from_micros(wait.unsigned_abs());
        Verdict { allowed: false, remaining: 0, retry_after, ..self.admitted(now, full_at) }
    }

    fn burst(self) -> i64 {
        self.limit.max(1).into()
    }
}

fn in_micros(span: Duration) -> i64 {
    i64::try_from(span.as_micros()).unwrap_or(i64::MAX)
}
