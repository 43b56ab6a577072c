//! Secrets do not get into the log, however much is logged.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};

use mock_llm::{MockLlm, openai};
use serde_json::{Value, json};
use testkit::{Actor, Reply};

use super::deployment::command;

const PASSWORD: &str = "canary horse battery staple";
const KEYS: [&str; 4] = [
    "sk-canary-taken-0123456789",
    "sk-canary-refused-0123456789",
    "sk-canary-unknown-0123456789",
    "sk canary with spaces",
];

/// The all-in-one as a process, killed when dropped.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_gets_into_the_log() {
    let (model, folder) = (MockLlm::start().await, tempfile::tempdir().unwrap());
    let log = folder.path().join("log");
    let mut child = command("omnichat")
        .arg("--data-dir")
        .arg(folder.path())
        .envs([("HOST", "127.0.0.1"), ("PORT", "0"), ("RUST_LOG", "trace")])
        .env("OPENAI_BASE_URL", model.base_url())
        .env("OPENROUTER_BASE_URL", "http://127.0.0.1:9")
        .stdout(Stdio::piped())
        .stderr(std::fs::File::create(&log).unwrap())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let process = Process(child);
    let said = lines.find_map(|line| line.unwrap().split("listens on ").nth(1).map(str::to_owned));
    let address = said.as_deref().and_then(|said| said.split(": ").next()).unwrap().to_owned();

    let tell = async |actor: &Actor, method: reqwest::Method, path: &str, body: Value| -> Reply {
        let request = actor.request(method, &format!("http://{address}/api{path}"));
        actor.send(if body.is_null() { request } else { request.json(&body) }).await
    };
    let post = async |actor: &Actor, path: &str, body: Value| {
        tell(actor, reqwest::Method::POST, path, body).await
    };
    let credentials = json!({"email": "ada@example.org", "password": PASSWORD});
    let nobody = Actor::anywhere(None);
    post(&nobody, "/auth/register", credentials.clone()).await.expect(201);
    let session = post(&nobody, "/auth/login", credentials).await.expect(200);
    let token = |name: &str| session.data(name).as_str().unwrap().to_owned();
    let user = Actor::anywhere(Some(&token("accessToken")));

    let [taken, refused, unknown, malformed] = KEYS;
    model.require_key(taken);
    let path = "/profile/api-keys";
    post(&user, path, json!({"openai": taken, "openrouter": unknown})).await.expect(200);
    let made = post(&user, "/conversations", json!({"model": "gpt-4o"})).await.expect(201);
    let messages = format!("/conversations/{}/messages", made.id("conversation"));
    post(&user, &messages, json!({"content": "x"})).await.expect(200);
    model.script(openai::unauthorized());
    post(&user, &messages, json!({"content": "x"})).await.expect(502);
    post(&user, path, json!({"openai": refused})).await.expect(200);
    post(&user, path, json!({"openai": malformed})).await.expect(400);
    tell(&user, reqwest::Method::GET, path, Value::Null).await.expect(200);
    tell(&user, reqwest::Method::GET, "/profile", Value::Null).await.expect(200);
    tell(&user, reqwest::Method::DELETE, &format!("{path}/openai"), Value::Null).await.expect(200);
    drop(process);

    let logged = String::from_utf8_lossy(&std::fs::read(&log).unwrap()).into_owned();
    assert!(logged.contains("TRACE") && logged.contains(path), "{logged}");
    let tokens = [token("accessToken"), token("refreshToken")];
    for secret in KEYS.into_iter().chain([PASSWORD]).chain(tokens.iter().map(String::as_str)) {
        let line = logged.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "{secret}");
    }
}
