//! Circuit breakers: what keeps failing is left alone for a while, so that nobody waits for it.
//!
//! Closed, everything goes through. After some failures in a row, or when half of enough calls within a window failed, the
//! breaker opens: calls are refused at once. After a pause one call is let through to see; its success closes the breaker,
//! its failure opens it anew.

use std::collections::VecDeque;
use std::hash::Hash;
use std::num::{NonZeroU32, NonZeroU64};
use std::sync::Arc;
use std::time::Duration;

use moka::sync::Cache;
use parking_lot::Mutex;
use serde::Deserialize;
use tokio::time::Instant;

/// How many breakers are kept; the ones that were not used for the longest time go first.
const KEPT: u64 = 10_000;

/// `[breaker]`
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct BreakerSettings {
    failures: NonZeroU32,
    calls: NonZeroU32,
    window_seconds: NonZeroU64,
    open_seconds: NonZeroU64,
}

/// A breaker for one thing that is called; its clones are the same one.
#[derive(Debug, Clone)]
pub struct Breaker {
    settings: BreakerSettings,
    state: Arc<Mutex<State>>,
}

/// A breaker for each of many things that are called.
pub struct Breakers<K> {
    settings: BreakerSettings,
    kept: Cache<K, Breaker>,
}

/// What has become of the calls of late.
#[derive(Debug, Default)]
struct State {
    /// Whether each call of the window failed, oldest first.
    calls: VecDeque<(Instant, bool)>,
    failures_in_a_row: u32,
    /// Since when it is open.
    opened: Option<Instant>,
    is_trying: bool,
}

/// A call that was let through; it counts once it is told how it ended, and not at all if it is dropped.
#[derive(Debug)]
pub struct Permit {
    breaker: Breaker,
    is_trial: bool,
}

/// The breaker is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Open {
    /// After how long a call will be let through.
    pub wait: Duration,
}

impl BreakerSettings {
    /// A breaker that opens after failures in a row, and for nothing else.
    pub fn in_a_row(failures: NonZeroU32, open_seconds: NonZeroU64) -> Self {
        Self { failures, calls: NonZeroU32::MAX, window_seconds: NonZeroU64::MIN, open_seconds }
    }
}

impl Breaker {
    /// A closed one.
    pub fn new(settings: BreakerSettings) -> Self {
        Self { settings, state: Arc::default() }
    }

    /// Asks leave to call.
    ///
    /// # Errors
    /// What is to be called fails too often.
    pub fn admit(&self) -> Result<Permit, Open> {
        let is_trial = self.state.lock().admit(self.settings, Instant::now())?;
        Ok(Permit { breaker: self.clone(), is_trial })
    }

    /// Whether calls are refused, or one at a time is let through to see.
    pub fn is_open(&self) -> bool {
        self.state.lock().opened.is_some()
    }
}

impl<K: Hash + Eq + Send + Sync + 'static> Breakers<K> {
    /// All closed.
    pub fn new(settings: BreakerSettings) -> Self {
        Self { settings, kept: Cache::new(KEPT) }
    }

    /// As [`Breaker::admit`], for one of them.
    ///
    /// # Errors
    /// As there.
    pub fn admit(&self, key: K) -> Result<Permit, Open> {
        self.kept.get_with(key, || Breaker::new(self.settings)).admit()
    }

    /// All that are kept.
    pub fn iter(&self) -> impl Iterator<Item = (Arc<K>, Breaker)> {
        self.kept.iter()
    }
}

impl State {
    /// Whether the call that is let through is the one that shows whether things have changed.
    fn admit(&mut self, settings: BreakerSettings, now: Instant) -> Result<bool, Open> {
        let Some(opened) = self.opened else { return Ok(false) };
        let pause = Duration::from_secs(settings.open_seconds.get());
        let wait = pause.saturating_sub(now - opened);
        if self.is_trying || !wait.is_zero() {
            return Err(Open { wait: wait.max(Duration::from_secs(1)) });
        }
        self.is_trying = true;
        Ok(true)
    }

    fn note(&mut self, settings: BreakerSettings, now: Instant, failed: bool, is_trial: bool) {
        if is_trial {
            *self = Self { opened: failed.then_some(now), ..Self::default() };
            return;
        }
        let window = Duration::from_secs(settings.window_seconds.get());
        self.calls.push_back((now, failed));
        while self.calls.front().is_some_and(|(at, _)| now - *at > window) {
            self.calls.pop_front();
        }
        self.failures_in_a_row = if failed { self.failures_in_a_row + 1 } else { 0 };
        let failures = self.calls.iter().filter(|(_, failed)| *failed).count();
        let enough = usize::try_from(settings.calls.get()).unwrap_or(usize::MAX);
        let half_fail = self.calls.len() >= enough && failures * 2 >= self.calls.len();
        if failed && (self.failures_in_a_row >= settings.failures.get() || half_fail) {
            self.opened.get_or_insert(now);
            self.calls.clear();
        }
    }
}

impl Permit {
    /// The call went well, or failed by the caller's own fault.
    pub fn succeeded(self) {
        self.note(false);
    }

    /// The call failed by the fault of what was called.
    pub fn failed(self) {
        self.note(true);
    }

    fn note(mut self, failed: bool) {
        let Breaker { settings, state } = &self.breaker;
        state.lock().note(*settings, Instant::now(), failed, self.is_trial);
        self.is_trial = false;
    }
}

impl Drop for Permit {
    /// A trial that was given up shows nothing: the next call is the trial.
    fn drop(&mut self) {
        if self.is_trial {
            self.breaker.state.lock().is_trying = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Sources;

    fn breakers() -> Breakers<&'static str> {
        let settings = Sources::new(&[]).load().unwrap();
        Breakers::new(settings.section("breaker").unwrap())
    }

    fn call(breakers: &Breakers<&'static str>, key: &'static str, fails: bool) {
        let permit = breakers.admit(key).unwrap();
        if fails { permit.failed() } else { permit.succeeded() }
    }

    #[tokio::test(start_paused = true)]
    async fn failures_in_a_row_open_it_for_that_key_alone() {
        let breakers = breakers();
        for fails in [true, true, true, true, false, true, true, true, true, true] {
            call(&breakers, "a", fails);
        }
        assert_eq!(breakers.admit("a").unwrap_err().wait, Duration::from_secs(10));
        call(&breakers, "b", false);
    }

    #[tokio::test(start_paused = true)]
    async fn half_of_many_open_it() {
        let breakers = breakers();
        for number in 0..19 {
            call(&breakers, "a", number % 2 == 1);
        }
        call(&breakers, "a", true);
        assert!(breakers.admit("a").is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn half_of_many_is_nothing_to_one_that_wants_them_in_a_row() {
        let settings = BreakerSettings::in_a_row(2.try_into().unwrap(), 3.try_into().unwrap());
        let breaker = Breaker::new(settings);
        for number in 0..100 {
            let permit = breaker.admit().unwrap();
            if number % 2 == 1 { permit.failed() } else { permit.succeeded() }
        }
        breaker.admit().unwrap().failed();
        assert_eq!(breaker.clone().admit().unwrap_err().wait, Duration::from_secs(3));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_long_ago_does_not_count() {
        let breakers = breakers();
        for number in 0..100 {
            call(&breakers, "a", number % 2 == 1);
            tokio::time::advance(Duration::from_secs(2)).await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn one_call_shows_whether_it_may_close() {
        let breakers = breakers();
        (0..5).for_each(|_| call(&breakers, "a", true));
        tokio::time::advance(Duration::from_secs(10)).await;
        let trial = breakers.admit("a").unwrap();
        assert!(breakers.admit("a").is_err(), "one at a time");
        drop(trial);
        breakers.admit("a").unwrap().failed();
        assert!(breakers.admit("a").is_err());
        tokio::time::advance(Duration::from_secs(10)).await;
        breakers.admit("a").unwrap().succeeded();
        for _ in 0..4 {
            call(&breakers, "a", true);
        }
        call(&breakers, "a", false);
    }
}
