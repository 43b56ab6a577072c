//! Programs that check what is deployed: those of `tests/deploy/requirements.txt`, which scripts/test-setup installs.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

const TO_JSON: &str =
    "import json, sys, yaml; json.dump(list(yaml.safe_load_all(sys.stdin)), sys.stdout)";

/// The repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// Says that a test did not do what it should. Not `println!`, which is not shown of a test that does not fail.
pub fn skip(what: &str, missing: &str) {
    let said = format!("SKIPPED {what}: {missing} is missing; see scripts/test-setup\n");
    std::io::stderr().write_all(said.as_bytes()).unwrap();
}

/// One of the programs, to be run at the root; `None`, and it says so, where they are not installed.
pub fn tool(name: &str) -> Option<Command> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/deploy/venv");
    if !folder.join(".installed").exists() {
        skip("a check of what is deployed", name);
        return None;
    }
    let mut command = Command::new(folder.join("bin").join(name));
    command.current_dir(root()).stdin(Stdio::null());
    Some(command)
}

/// Runs a program that finds fault by its exit code.
pub fn assert_finds_nothing(mut command: Command) {
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
}

/// The documents of a YAML text.
pub fn yaml(text: &str) -> Option<Vec<Value>> {
    let mut reader = tool("python")?;
    reader.args(["-c", TO_JSON]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut reader = reader.spawn().unwrap();
    let mut input = reader.stdin.take().unwrap();
    let text = text.to_owned();
    let writer = std::thread::spawn(move || input.write_all(text.as_bytes()).unwrap());
    let output = reader.wait_with_output().unwrap();
    writer.join().unwrap();
    Some(serde_json::from_slice(&output.stdout).unwrap())
}
