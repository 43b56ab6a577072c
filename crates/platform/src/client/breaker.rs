//! A circuit breaker: a sibling that has not answered for some time is not asked for a while, so that whoever needs it is
//! told at once, and it can recover.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use common::Clock;
use parking_lot::Mutex;

/// When to stop asking a sibling, and for how long.
#[derive(Debug, Clone, Copy)]
pub struct BreakerSettings {
    /// After so many failures in a row.
    pub failures: u32,
    /// Then one may try again.
    pub pause: TimeDelta,
}

/// The breaker in front of one sibling.
pub(super) struct Breaker {
    settings: BreakerSettings,
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// In a row, until now.
    failures: u32,
    rests_until: DateTime<Utc>,
}

impl Breaker {
    pub(super) fn new(settings: BreakerSettings, clock: Arc<dyn Clock>) -> Self {
        Self { settings, clock, state: Mutex::default() }
    }

    /// Whether the sibling may be asked now.
    pub(super) fn admits(&self) -> bool {
        let (mut state, now) = (self.state.lock(), self.clock.now());
        if state.failures < self.settings.failures {
            return true;
        }
        let is_rested = state.rests_until <= now;
        if is_rested {
            // This one tries; the others wait for what comes of it.
            state.rests_until = now + self.settings.pause;
        }
        is_rested
    }

    /// Takes note of how that went.
    pub(super) fn note(&self, has_answered: bool) {
        let mut state = self.state.lock();
        if has_answered {
            state.failures = 0;
        } else {
            state.failures = state.failures.saturating_add(1);
            state.rests_until = self.clock.now() + self.settings.pause;
        }
    }
}

#[cfg(test)]
mod tests {
    use common::ManualClock;

    use super::*;

    fn breaker() -> (Breaker, ManualClock) {
        let clock = ManualClock::at(DateTime::from_timestamp(1_800_000_000, 0).unwrap());
        let settings = BreakerSettings { failures: 5, pause: TimeDelta::seconds(10) };
        (Breaker::new(settings, Arc::new(clock.clone())), clock)
    }

    #[test]
    fn it_opens_after_failures_in_a_row() {
        let (breaker, _) = breaker();
        for has_answered in [false, false, false, false, true, false, false, false, false] {
            assert!(breaker.admits());
            breaker.note(has_answered);
        }
        assert!(breaker.admits());
        breaker.note(false);
        assert!(!breaker.admits());
    }

    #[test]
    fn after_a_pause_one_may_try_and_decides_for_all() {
        let (breaker, clock) = breaker();
        for _ in 0..5 {
            breaker.note(false);
        }
        for has_answered in [false, true] {
            clock.advance(TimeDelta::seconds(9));
            assert!(!breaker.admits());
            clock.advance(TimeDelta::seconds(1));
            assert!(breaker.admits());
            assert!(!breaker.admits(), "one alone");
            breaker.note(has_answered);
        }
        assert!(breaker.admits() && breaker.admits());
        // One that was lost on its way keeps nobody out for ever.
        for _ in 0..5 {
            breaker.note(false);
        }
        for _ in 0..2 {
            clock.advance(TimeDelta::seconds(10));
            assert!(breaker.admits());
        }
    }
}
