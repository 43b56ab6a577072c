//! Every provider against a model server by other hands than ours: `tests/aimock` has its fixtures, chosen by what is asked.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use reqwest::Method;
use serde_json::{Value, json};
use testkit::{Actor, Engine, Event};

use super::{Chat, KEYS, a_conversation};

/// A model for each wire that it speaks.
const MODELS: [&str; 5] = ["gpt-4o-mini", "deepseek", "claude-haiku", "gemini", "llama3"];
const ANSWER: &str = "Grüße, 世界 🦀 and all";
const CUT: &str = "This is cut before its end.";

/// A running aimock, which ends when its standard input is closed.
struct Aimock {
    process: Child,
    address: String,
}

impl Aimock {
    fn start(folder: &Path) -> Self {
        let mut command = Command::new("node");
        command.current_dir(folder).arg("start.mjs").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let mut address = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut address).unwrap();
        assert!(address.starts_with("http://"), "aimock did not start: {address}");
        Self { process, address: address.trim_end().to_owned() }
    }

    /// Where it listens, below which `path` is a provider's.
    fn url(&self, path: &str) -> &'static str {
        format!("{}{path}", self.address).leak()
    }
}

impl Drop for Aimock {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        self.process.wait().unwrap();
    }
}

/// The folder with its fixtures, if what they need is installed.
fn installed() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/aimock");
    let has_node = Command::new("node").arg("--version").output().is_ok();
    (has_node && folder.join("node_modules/.installed").exists()).then_some(folder)
}

/// What came of a question: the events, and the message as it is stored.
async fn ask(user: &Actor, model: &str, question: &str) -> (Vec<Event>, Value) {
    let conversation = a_conversation(user, json!({"model": model})).await;
    let path = format!("/conversations/{conversation}/messages");
    let body = json!({"content": question, "stream": true});
    let events = user.stream(user.request(Method::POST, &path).json(&body)).await.rest().await;
    let id = events[events.len() - 2].data["messageId"].as_str().unwrap();
    let stored = user.get(&format!("/messages/{id}")).await.expect(200);
    (events, stored.data("message").clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_server_by_other_hands_is_understood() {
    let Some(folder) = installed() else {
        // Not `println!`, which is not shown of a test that does not fail.
        let said = b"SKIPPED aimock: it or node is missing; see scripts/test-setup\n";
        return std::io::stderr().write_all(said).unwrap();
    };
    let aimock = tokio::task::spawn_blocking(move || Aimock::start(&folder)).await.unwrap();
    let settings = [
        ("OPENAI_BASE_URL", aimock.url("/v1")),
        ("OPENROUTER_BASE_URL", aimock.url("/api/v1")),
        ("ANTHROPIC_BASE_URL", aimock.url("")),
        ("GOOGLE_BASE_URL", aimock.url("")),
        ("OLLAMA_BASE_URL", aimock.url("")),
        // Less than what `limited` asks to wait.
        ("OMNICHAT__GENERATION__FIRST_TOKEN_SECONDS", "5"),
        ("OMNICHAT__GENERATION__LOADING_SECONDS", "5"),
    ];
    let chat = Chat::start_with(Engine::Sqlite, &[&settings, &KEYS[..]].concat()).await;
    let user = chat.app.user();
    for model in MODELS {
        let (events, message) = ask(&user, model, "plain").await;
        assert_eq!(Event::text(&events), ANSWER, "{model}: {events:?}");
        assert_eq!(message["status"], "complete", "{model}");
        assert_eq!(message["content"], ANSWER, "{model}");

        let (events, message) = ask(&user, model, "cut").await;
        assert_eq!(code(&events), "PROVIDER_TRUNCATED", "{model}: {events:?}");
        assert_eq!(message["status"], "interrupted", "{model}");
        let kept = message["content"].as_str().unwrap();
        assert!(!kept.is_empty() && CUT.starts_with(kept) && kept != CUT, "{model}: {kept}");

        for (question, expected) in
            [("limited", "PROVIDER_RATE_LIMITED"), ("failed", "PROVIDER_ERROR")]
        {
            let (events, message) = ask(&user, model, question).await;
            assert_eq!(code(&events), expected, "{model}: {events:?}");
            assert_eq!(message["status"], "failed", "{model}");
            assert_eq!(message["content"], "", "{model}");
        }
    }
}

/// Why a reply failed.
fn code(events: &[Event]) -> &Value {
    &events[events.len() - 2].data["code"]
}
