//! Waiting, but not for ever: what never comes is to be named, not sat out.

use std::time::Duration;

use tokio::time::{Instant, sleep};

/// Longer than anything takes that is waited for, on a slow machine too.
pub const PATIENCE: Duration = Duration::from_secs(60);

const PAUSE: Duration = Duration::from_millis(1);

/// Waits until something holds; fails if that takes too long.
pub async fn until(
    what: &str,
    mut holds: impl AsyncFnMut() -> anyhow::Result<bool>,
) -> anyhow::Result<()> {
    let begun = Instant::now();
    while !holds().await? {
        let seconds = PATIENCE.as_secs();
        anyhow::ensure!(begun.elapsed() < PATIENCE, "after {seconds} seconds still not: {what}");
        sleep(PAUSE).await;
    }
    Ok(())
}
