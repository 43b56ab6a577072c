//! The vendors' own clients: `tests/sdks` has a script a language.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use mock_llm::{MockLlm, Refusal, Script, ToolCall};
use rstest::rstest;
use serde_json::json;

#[rstest]
#[case::python("venv/bin/python", "sdks.py", "venv/.installed")]
#[case::javascript("node", "sdks.mjs", "node_modules/.installed")]
#[tokio::test(flavor = "multi_thread")]
async fn they_understand(#[case] program: &str, #[case] script: &str, #[case] installed: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sdks");
    if !folder.join(installed).exists() {
        // Not `println!`, which is not shown of a test that does not fail.
        let said = format!("SKIPPED {script}: the clients are missing; see scripts/test-setup\n");
        return std::io::stderr().write_all(said.as_bytes()).unwrap();
    }
    let mock = scripted().await;
    let program = if program.contains('/') { folder.join(program) } else { program.into() };
    let mut command = Command::new(program);
    command.current_dir(folder).args([script, &mock.url()]).stdin(Stdio::null());
    let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}{said}", String::from_utf8_lossy(&output.stdout));
}

/// A mock with a model for each thing that the scripts try.
async fn scripted() -> MockLlm {
    let mock = MockLlm::start().await;
    let call = ToolCall::new("weather", json!({ "city": "Zürich" })).fragments(2);
    let plain = Script::text("Grüße, 世界 🦀").reasoning(["hm"]).tool_call(call);
    mock.script_for("plain", plain.usage(100, 20).cached(30, 0));
    mock.script_for("bad-key", Refusal::BadKey);
    let wait = Duration::from_secs(7);
    mock.script_for("limited", Refusal::RateLimited { retry_after: wait });
    mock.script_for("unknown", Refusal::UnknownModel);
    mock.script_for("failed", Refusal::Failed(500));
    mock.script_for("filtered", Refusal::Filtered);
    mock.script_for("later", Refusal::Overloaded.after(2));
    mock.pulled(["plain", "limited", "failed", "later"]);
    mock
}
