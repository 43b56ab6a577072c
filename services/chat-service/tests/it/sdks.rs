//! OpenAI's own clients against `/v1`: `tests/sdks` has a script a language. What they need is where the tests of mock-llm
//! have it.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use common::auth::Scope;
use mock_llm::{Fault, Refusal, Script, ToolCall};
use rstest::rstest;
use serde_json::json;
use testkit::Engine;

use super::{Chat, KEYS, the_project};

#[rstest]
#[case::python("venv/bin/python", "sdk.py", "venv/.installed")]
#[case::javascript("node", "sdk.mjs", "node_modules/.installed")]
#[tokio::test(flavor = "multi_thread")]
async fn they_understand(#[case] program: &str, #[case] script: &str, #[case] installed: &str) {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = here.join("../../crates/mock-llm/tests/sdks");
    if !folder.join(installed).exists() {
        // Not `println!`, which is not shown of a test that does not fail.
        let said = format!("SKIPPED {script}: the clients are missing; see scripts/test-setup\n");
        return std::io::stderr().write_all(said.as_bytes()).unwrap();
    }
    let chat = Chat::start_with(Engine::Sqlite, &KEYS).await;
    script_models(&chat);
    let user = chat.app.user();
    let reader = chat.app.with_claims(&user, |claims| claims.scope = vec![Scope::Read]);
    let address = format!("{}/v1", chat.app.base_url);
    let project = the_project().to_string();

    let program = if program.contains('/') { folder.join(program) } else { program.into() };
    let mut command = Command::new(program);
    let script = here.join("tests/sdks").join(script);
    command.current_dir(folder).arg(script).stdin(Stdio::null());
    command.args([&address, user.token(), reader.token(), &project]);
    let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}{said}", String::from_utf8_lossy(&output.stdout));
}

/// A model for each thing that the scripts try.
fn script_models(chat: &Chat) {
    let model = &chat.model;
    let plain = Script::text("Grüße, 世界 🦀").reasoning(["hm"]);
    model.script_for("gpt-4o-mini", plain.usage(100, 20).cached(30, 0));
    let call = ToolCall::new("weather", json!({"city": "Zürich"})).fragments(2);
    model.script_for("gpt-4o", Script::text("I look.").tool_call(call));
    model.script_for(
        "gpt-4",
        Script::tokens(["one ", "two "]).fault(Fault::Cut { after_tokens: 1 }),
    );
    let wait = Duration::from_secs(70);
    model.script_for("gpt-5", Refusal::RateLimited { retry_after: wait });
    model.script_for("gpt-5-mini", Refusal::BadKey);
}
