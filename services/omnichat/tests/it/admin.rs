//! What an operator does to accounts and keys, while everything runs.

use std::io::Write as _;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::time::Duration;

use common::SystemEntropy;
use mock_llm::MockLlm;
use platform::sealing::Sealer;
use platform::settings::Sources;
use reqwest::Method;
use rstest::rstest;
use serde_json::json;
use testkit::{Engine, Reply};
use tokio::time::timeout;

use super::deployment::{Deployment, SECRETS, command};
use super::person::{PASSWORD, Person};

const OTHER_PASSWORD: &str = "a quite different horse";
/// A key like testkit's, and another beside it.
const NEW_KEY: &str = "new:tG5wZ1nB8cV3xM6kL9jH2gF4dS7aQ0pO5iU8yT1rE3w=";

/// `omnichat` at the database that a deployment has.
pub fn omnichat(deployment: &Deployment) -> Command {
    let mut command = command("omnichat");
    command
        .args(["--data-dir", "/nowhere"])
        .envs(SECRETS)
        .env("DATABASE_URL", deployment.database().url())
        .env("OMNICHAT__PASSWORDS__ROUNDS", "1000")
        .env("OMNICHAT__REGISTRATION__MODE", "closed");
    command
}

/// Runs a command to its end, with something on its standard input.
pub fn run(command: &mut Command, input: &str) -> Output {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Who does not read it may have ended by now.
    let _unread = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

/// What it says where all is well.
pub fn said(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

async fn log_in(deployment: &Deployment, email: &str, password: &str) -> Reply {
    let actor = deployment.actor(None);
    let request = actor.request(Method::POST, &deployment.url("/auth/login"));
    actor.send(request.json(&json!({"email": email, "password": password}))).await
}

async fn until_out(person: &Person<'_>) {
    let out = async { while person.get("/users/me").await.status != 401 {} };
    timeout(Duration::from_secs(20), out).await.unwrap();
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn an_operator_looks_after_accounts(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let deployment = Deployment::all_in_one(engine, &MockLlm::start().await).await;
    let admin = |arguments: &[&str], input: &str| {
        run(omnichat(&deployment).arg("admin").args(arguments), input)
    };
    let create = ["create-user", "ada@example.org", "--name", "Ada"];
    let weak = admin(&create, "ada@example.org\n");
    assert!(!weak.status.success() && String::from_utf8_lossy(&weak.stderr).contains("weak"));
    assert!(said(&admin(&create, &format!("{PASSWORD}\n"))).contains("ada@example.org was made"));
    assert!(!admin(&create, &format!("{PASSWORD}\n")).status.success());
    assert!(!admin(&["create-user", "nobody"], PASSWORD).status.success());

    let ada = Person::returning(&deployment, "ada@example.org").await;
    assert_eq!(ada.get("/users/me").await.expect(200).data("user")["displayName"], "Ada");
    let sessions = said(&admin(&["sessions", "ADA@example.org"], ""));
    assert_eq!(sessions.lines().count(), 1, "{sessions}");

    said(&admin(&["disable-user", "ada@example.org"], ""));
    until_out(&ada).await;
    let refused = log_in(&deployment, "ada@example.org", PASSWORD).await.expect(401);
    assert_eq!(refused.code(), "INVALID_CREDENTIALS");
    said(&admin(&["enable-user", "ada@example.org"], ""));

    let ada = ada.again().await;
    said(&admin(&["reset-password", "ada@example.org"], OTHER_PASSWORD));
    until_out(&ada).await;
    log_in(&deployment, "ada@example.org", PASSWORD).await.expect(401);
    let session = log_in(&deployment, "ada@example.org", OTHER_PASSWORD).await.expect(200);
    let ada = ada.with_token(session.data("accessToken").as_str().unwrap());
    assert!(ada.get("/auth/events").await.expect(200).text.contains("password_reset"));

    assert!(said(&admin(&["end-sessions", "ada@example.org"], "")).starts_with("1 sessions"));
    until_out(&ada).await;
    assert_eq!(said(&admin(&["sessions", "ada@example.org"], "")), "");
    let unknown = admin(&["end-sessions", "eve@example.org"], "");
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("no account has that address"));
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn what_an_old_key_has_sealed_is_sealed_anew_at_once(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let deployment = Deployment::all_in_one(engine, &MockLlm::start().await).await;
    let ada = Person::new(&deployment, "ada@example.org").await;
    ada.post("/profile/api-keys", json!({"openai": "sk-own"})).await.expect(200);
    let rewrap = |ring: &str| {
        run(omnichat(&deployment).args(["admin", "rewrap"]).env("KEY_ENCRYPTION_KEYS", ring), "")
    };
    assert!(!rewrap(NEW_KEY).status.success());
    let both = format!("{NEW_KEY},{}", SECRETS[1].1);
    assert!(said(&rewrap(&both)).contains("1 data keys were wrapped anew, 0 are left"));
    assert!(said(&rewrap(NEW_KEY)).contains("0 data keys were wrapped anew, 0 are left"));
}

#[test]
fn a_new_key_goes_where_the_ring_is() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let omnichat = |arguments: &[&str], variables: &[(&str, &str)]| {
        let mut command = command("omnichat");
        command.arg("--data-dir").arg(&data).args(arguments).envs(variables.iter().copied());
        run(&mut command, "")
    };
    let rotate = ["admin", "rotate-keys", "sealing"];
    assert!(!omnichat(&rotate, &[]).status.success(), "there is no ring yet");
    said(&omnichat(&["migrate"], &[]));
    let ring = || std::fs::read_to_string(data.join("key-encryption-keys")).unwrap();
    let before = ring();
    let rotated = said(&omnichat(&rotate, &[]));
    let after = ring();
    assert!(after.ends_with(&format!(",{before}")) && !rotated.contains(&before), "{rotated}");
    let settings = Sources::new(&[]).variables([("KEY_ENCRYPTION_KEYS", &after)]).load().unwrap();
    Sealer::from(&settings, Arc::new(SystemEntropy)).unwrap();

    // Where a setting gives it, that must be changed.
    let told = said(&omnichat(&["admin", "rotate-keys", "signing"], &SECRETS));
    let new = told.split('`').nth(1).unwrap();
    let ring = format!("{new},{}", SECRETS[0].1);
    let settings = Sources::new(&[]).variables([("JWT_SECRETS", ring)]).load().unwrap();
    platform::settings::key_ring(&settings, Arc::new(common::SystemClock)).unwrap();
}

#[rstest]
fn the_commands_are_completed(#[values("bash", "zsh", "fish")] shell: &str) {
    let script = said(&run(command("omnichat").args(["completions", shell]), ""));
    assert!(script.contains("reset-password") && script.contains("doctor"));
}
