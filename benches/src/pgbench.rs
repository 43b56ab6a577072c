//! PostgreSQL's own benchmark, asked what the database can do without a service before it.

use std::io::Read as _;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::Context as _;

use crate::wait;

/// A run, killed when dropped.
struct Run(Child);

/// Has so many clients send one prepared statement again and again; how often it was done in a second.
pub async fn per_second(
    database: &str,
    statement: &str,
    clients: usize,
    how_long: Duration,
) -> anyhow::Result<f64> {
    let folder = tempfile::tempdir()?;
    let script = folder.path().join("script.sql");
    std::fs::write(&script, format!("{statement};\n"))?;
    let child = Command::new(testkit::postgres_program("pgbench"))
        .args(["--no-vacuum", "--protocol=prepared"])
        .arg(format!("--client={clients}"))
        .arg(format!("--time={}", how_long.as_secs()))
        .arg(format!("--file={}", script.display()))
        .arg(database)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .context("pgbench cannot be started")?;
    let mut run = Run(child);
    let mut status = None;
    let run_ends = wait::until("pgbench ends", async || {
        status = run.0.try_wait()?;
        Ok(status.is_some())
    });
    run_ends.await?;
    let mut said = String::new();
    run.0.stdout.take().context("its output is ours")?.read_to_string(&mut said)?;
    let rate = said.split_once("tps = ").and_then(|(_, rest)| rest.split(' ').next());
    let is_well = status.is_some_and(|status| status.success());
    anyhow::ensure!(is_well, "pgbench: {said}");
    Ok(rate.with_context(|| format!("no rate: {said}"))?.parse()?)
}

impl Drop for Run {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ended = self.0.kill();
        let _ended = self.0.wait();
    }
}
