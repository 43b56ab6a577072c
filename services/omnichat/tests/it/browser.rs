//! What only a browser can show, in the system's Chromium: `tests/browser` has a script a journey.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use mock_llm::MockLlm;
use testkit::Engine;

use super::deployment::Deployment;

const CHROMIUM: &str = "/usr/bin/chromium";

#[tokio::test(flavor = "multi_thread")]
async fn a_session_in_a_browser() {
    run("session.mjs").await;
}

/// Runs a script against the all-in-one, where what it needs is installed.
async fn run(script: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser");
    if let Some(missing) = missing(&folder) {
        // Not `println!`, which is not shown of a test that does not fail.
        let said = format!("SKIPPED {script}: {missing} is missing; see scripts/test-setup\n");
        return std::io::stderr().write_all(said.as_bytes()).unwrap();
    }
    let deployment = Deployment::all_in_one(Engine::Sqlite, &MockLlm::start().await).await;
    let address: reqwest::Url = deployment.url("/").parse().unwrap();
    // The name, for browsers let `localhost` alone have secure cookies without TLS.
    let base_url = format!("http://localhost:{}", address.port().unwrap());
    let mut command = Command::new("node");
    command.current_dir(folder).args([script, &base_url, CHROMIUM]).stdin(Stdio::null());
    let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}{said}", String::from_utf8_lossy(&output.stdout));
}

/// The first thing that is not there.
fn missing(folder: &Path) -> Option<&'static str> {
    let has_node = Command::new("node").arg("--version").output().is_ok();
    [
        (has_node, "node"),
        (Path::new(CHROMIUM).exists(), "Chromium"),
        (folder.join("node_modules/playwright-core").exists(), "playwright-core"),
    ]
    .into_iter()
    .find_map(|(is_there, name)| (!is_there).then_some(name))
}
