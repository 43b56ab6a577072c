//! A program under measurement, in a process of its own.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use anyhow::Context as _;

use crate::wait::PATIENCE;

/// How often Linux's `USER_HZ` counts in a second.
const TICKS: u64 = 100;

/// A running program, killed when dropped.
pub struct Process {
    child: Child,
    /// Where it listens.
    pub base_url: String,
}

impl Process {
    /// Starts the program beside this one and waits until it says where it listens.
    pub fn start(
        program: &str,
        arguments: &[&str],
        variables: &[(&str, String)],
    ) -> anyhow::Result<Self> {
        let path = beside_us(program)?;
        let mut child = Command::new(&path)
            .args(arguments)
            .env_clear()
            .env("HOST", "127.0.0.1")
            .env("PORT", "0")
            .env("JWT_SECRETS", testkit::JWT_SECRETS)
            .env("KEY_ENCRYPTION_KEYS", testkit::KEY_ENCRYPTION_KEYS)
            .env("RUST_LOG", "warn")
            .envs(variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("{} cannot be started", path.display()))?;
        let output = child.stdout.take().context("its output is ours")?;
        // From here on it is killed when this is dropped.
        let mut process = Self { child, base_url: String::new() };
        let (tell, told) = mpsc::channel();
        std::thread::spawn(move || {
            let mut lines = BufReader::new(output).lines().map_while(Result::ok);
            // Nobody listens any more if that has taken too long.
            let _heard = tell.send(lines.find_map(|line| address(&line)));
        });
        let seconds = PATIENCE.as_secs();
        let address = told
            .recv_timeout(PATIENCE)
            .with_context(|| {
                format!("{program} does not say within {seconds} seconds where it listens")
            })?
            .with_context(|| format!("{program} has ended without saying where it listens"))?;
        process.base_url = format!("http://{address}");
        Ok(process)
    }

    /// Where it serves `path`.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base_url)
    }

    /// The CPU time that it has used so far, all threads together, to a hundredth of a second.
    pub fn cpu_time(&self) -> anyhow::Result<Duration> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        // The name, which is the second field, may have anything in it, blanks too; see proc(5).
        let (_, fields) = stat.rsplit_once(") ").context("no name")?;
        let [user, system] = [11, 12].map(|field| fields.split(' ').nth(field));
        let ticks: u64 = user.context("no utime")?.parse::<u64>()?
            + system.context("no stime")?.parse::<u64>()?;
        Ok(Duration::from_millis(ticks * 1_000 / TICKS))
    }

    /// Its resident memory now, in bytes.
    pub fn memory(&self) -> anyhow::Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line =
            status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
        let kib: u64 = line.trim().trim_end_matches(" kB").parse()?;
        Ok(kib * 1024)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ended = self.child.kill();
        let _ended = self.child.wait();
    }
}

/// Where a program listens, if that is what a line of its output says.
fn address(line: &str) -> Option<String> {
    let said = ["listens on ", "listening on http://"];
    let after = said.iter().find_map(|said| line.split_once(said))?.1;
    Some(after.split(": ").next()?.to_owned())
}

fn beside_us(program: &str) -> anyhow::Result<PathBuf> {
    let path = std::env::current_exe()?.with_file_name(program);
    anyhow::ensure!(path.exists(), "{} is not built: run `make bench`", path.display());
    Ok(path)
}
