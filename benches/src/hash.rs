//! What one password costs, measured as auth-service spends it.

use std::time::Duration;

use anyhow::Context as _;
use pbkdf2::password_hash::PasswordHasher as _;
use pbkdf2::{Params, Pbkdf2};

const ROUNDS: u32 = 600_000;
const TRIES: usize = 9;

/// The CPU time of one hash, the least of several, each on an idle thread of its own.
pub fn cpu_time() -> anyhow::Result<Duration> {
    let tries = (0..TRIES).map(|_| {
        std::thread::spawn(once).join().map_err(|_| anyhow::anyhow!("the thread has panicked"))?
    });
    let times = tries.collect::<anyhow::Result<Vec<_>>>()?;
    times.into_iter().min().context("there are tries")
}

fn once() -> anyhow::Result<Duration> {
    let pbkdf2 = Pbkdf2::from(Params::new(ROUNDS)?);
    let before = thread_cpu_time()?;
    std::hint::black_box(pbkdf2.hash_password_with_salt(b"correct horse battery", &[7; 16])?);
    Ok(thread_cpu_time()? - before)
}

/// What this thread has run so far.
fn thread_cpu_time() -> anyhow::Result<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    let nanoseconds = text.split(' ').next().context("schedstat is empty")?;
    Ok(Duration::from_nanos(nanoseconds.parse()?))
}
