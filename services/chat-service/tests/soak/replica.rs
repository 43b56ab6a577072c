//! A chat-service in a process of its own, to be killed.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

/// Runs the program, and kills it when its own input ends: when we want it so, or end ourselves, however that may be.
const KEEPER: &str = r#""$0" & read -r _; kill -9 $!; wait $! 2>/dev/null"#;

/// A running process, killed when dropped.
pub struct Replica {
    keeper: Child,
    /// Where it listens.
    pub base_url: String,
}

impl Replica {
    /// Starts one and waits until it listens.
    pub async fn start(variables: Vec<(&'static str, String)>) -> Self {
        tokio::task::spawn_blocking(move || Self::launch(&variables)).await.unwrap()
    }

    fn launch(variables: &[(&'static str, String)]) -> Self {
        let mut keeper = Command::new("/bin/sh")
            .args(["-c", KEEPER, env!("CARGO_BIN_EXE_chat-service")])
            .env_clear()
            .envs(variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // An interrupt from the terminal must not reach the keeper before us.
            .process_group(0)
            .spawn()
            .unwrap();
        let lines = BufReader::new(keeper.stdout.take().unwrap()).lines();
        // From here on it is killed when this is dropped.
        let mut replica = Self { keeper, base_url: String::new() };
        let address = lines.map_while(Result::ok).find_map(|line| {
            Some(line.split("listens on ").nth(1)?.split(": ").next()?.to_owned())
        });
        replica.base_url = format!("http://{}", address.expect("it says where it listens"));
        replica
    }
}

impl Drop for Replica {
    /// `kill -9`; returns when it is gone.
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        let _ended = self.keeper.wait();
    }
}
