//! How long a run goes on, and what it chooses.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};

/// How many runs share the minutes of a soak.
const RUNS: u64 = 7;

/// Words of one to four bytes a character. None has a `#`, by which questions are told apart.
const WORDS: [&str; 8] = ["honey", "bees", "größer", "蜂蜜", "🐝", "wax", "naïve", "and"];

/// One run's: its randomness, and when it ends.
pub struct Plan {
    pub random: SmallRng,
    /// Whether there is time for many faults in a row, and for what a service waits by default.
    pub is_long: bool,
    run: &'static str,
    ends: Instant,
    rounds: usize,
}

impl Plan {
    /// The plan of a run that takes `short` where nobody says how long it is to take.
    pub fn of(run: &'static str, short: Duration) -> Self {
        let (seed, minutes) = (seed(), variable("SOAK_MINUTES"));
        println!("{run}: SOAK_SEED={seed}");
        let length = minutes.map_or(short, |minutes| Duration::from_secs(minutes * 60 / RUNS));
        // Each run has its own, in whatever order they go.
        let own = run.bytes().fold(seed, |own, byte| own.rotate_left(7) ^ u64::from(byte));
        Self {
            random: SmallRng::seed_from_u64(own),
            is_long: minutes.is_some(),
            run,
            ends: Instant::now() + length,
            rounds: 0,
        }
    }

    /// Whether there is to be another round; there is always one.
    pub fn goes_on(&mut self) -> bool {
        self.rounds += 1;
        self.rounds == 1 || Instant::now() < self.ends
    }

    /// Says what a round has come through.
    pub fn note(&self, what: &str) {
        println!("{}: round {}: {what}; nothing to object", self.run, self.rounds);
    }

    /// A reply's lease. A run that is short cannot wait for the one that services have by default.
    pub fn lease(&self) -> (&'static str, String) {
        let seconds = if self.is_long { 15 } else { 3 };
        ("OMNICHAT__GENERATION__LEASE_SECONDS", seconds.to_string())
    }
}

/// So many words.
pub fn words(random: &mut SmallRng, count: usize) -> String {
    let words: Vec<_> = (0..count).map(|_| WORDS[random.random_range(0..WORDS.len())]).collect();
    words.join(" ")
}

/// A part of `random` for somebody who acts at the same time as others.
pub fn own(random: &mut SmallRng) -> SmallRng {
    SmallRng::seed_from_u64(random.random())
}

/// Some milliseconds.
pub fn pause(random: &mut SmallRng, milliseconds: std::ops::Range<u64>) -> Duration {
    Duration::from_millis(random.random_range(milliseconds))
}

fn seed() -> u64 {
    static SEED: OnceLock<u64> = OnceLock::new();
    *SEED.get_or_init(|| variable("SOAK_SEED").unwrap_or_else(|| u64::from(rand::random::<u32>())))
}

#[expect(clippy::disallowed_methods, reason = "a test's setting, not a service's")]
fn variable(name: &str) -> Option<u64> {
    let value = std::env::var(name).ok().filter(|value| !value.is_empty())?;
    Some(value.parse().unwrap_or_else(|_| panic!("{name} is not a whole number: {value}")))
}
