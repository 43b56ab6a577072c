//! What is backed up while people write is there again once it is restored, by the commands of docs/operations.md.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use mock_llm::MockLlm;
use rstest::rstest;
use serde_json::json;
use testkit::{Engine, TestDatabase};

use super::deployment::Deployment;
use super::person::Person;
use super::tools::{root, skip};

/// Runs `scripts/backup` or `scripts/restore`; `None`, and it says so, where what they use is not installed.
pub fn script(name: &str, from: &str, to: &str) -> Option<Output> {
    let mut command = Command::new(root().join("scripts").join(name));
    let output = command.args([from, to]).stdin(Stdio::null()).output().unwrap();
    if output.status.code() == Some(127) {
        skip("backups", String::from_utf8_lossy(&output.stderr).trim());
        return None;
    }
    Some(output)
}

pub fn assert_done(output: &Output) {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// What the scripts call the place of a database: its address, or the folder of its files.
pub fn place(url: &str) -> &str {
    let folder = url.strip_prefix("sqlite://").and_then(|files| files.split_once("/{service}"));
    folder.map_or(url, |(folder, _)| folder)
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_backup_taken_while_people_write_is_whole(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let model = MockLlm::start().await;
    let deployment = Deployment::all_in_one(engine, &model).await;
    let ada = Person::new(&deployment, "ada@example.org").await;
    ada.post("/profile/api-keys", json!({"openai": "sk-own"})).await.expect(200);
    let project = ada.post("/projects", json!({"name": "Bees"})).await.expect(201).id("project");
    let prompt = json!({"name": "tone", "content": "Answer as a beekeeper."});
    ada.post(&format!("/projects/{project}/prompts"), prompt).await.expect(201);
    let conversation = json!({"projectId": project});
    let conversation =
        ada.post("/conversations", conversation).await.expect(201).id("conversation");
    let messages = format!("/conversations/{conversation}/messages");
    ada.post(&messages, json!({"content": "What do bees say?"})).await.expect(200);

    let folder = tempfile::tempdir().unwrap();
    let backup = folder.path().join("backup").display().to_string();
    let (from, to) = (place(deployment.database().url()).to_owned(), backup.clone());
    let backing_up = tokio::task::spawn_blocking(move || script("backup", &from, &to));
    let mut written = 0;
    while !backing_up.is_finished() {
        ada.post(&messages, json!({"content": "And wasps?"})).await.expect(200);
        written += 1;
    }
    let Some(output) = backing_up.await.unwrap() else { return };
    assert_done(&output);

    let database = TestDatabase::new(engine).await;
    let restore = || script("restore", &backup, place(database.url())).unwrap();
    assert_done(&restore());
    assert!(!restore().status.success(), "what is there is not written over");
    let restored = Deployment::all_in_one_on(database, &model).await;
    let ada = Person::returning(&restored, "ada@example.org").await;
    let prompts = ada.get(&format!("/projects/{project}/prompts")).await.expect(200);
    assert_eq!(prompts.data("prompts")[0]["content"], "Answer as a beekeeper.");
    let history = ada.get(&format!("/conversations/{conversation}")).await.expect(200);
    let kept = history.data("messages").as_array().unwrap();
    assert_eq!(
        (&kept[0]["content"], &kept[1]["status"]),
        (&json!("What do bees say?"), &json!("complete"))
    );
    assert!(kept.len() <= 2 + 2 * written && kept.len().is_multiple_of(2), "{}", kept.len());
    // What was sealed is opened.
    let another = ada.post("/conversations", json!({"model": "gpt-4o"})).await.expect(201);
    let messages = format!("/conversations/{}/messages", another.id("conversation"));
    ada.post(&messages, json!({"content": "And hornets?"})).await.expect(200);
    let asked = model.last_request().unwrap();
    assert_eq!(asked.header("authorization"), Some("Bearer sk-own"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_that_was_changed_is_not_restored() {
    let model = MockLlm::start().await;
    let deployment = Deployment::all_in_one(Engine::Sqlite, &model).await;
    let folder = tempfile::tempdir().unwrap();
    let [backup, data] = ["backup", "data"].map(|name| folder.path().join(name));
    let shown = |path: &Path| path.display().to_string();
    let made = script("backup", place(deployment.database().url()), &shown(&backup));
    let Some(output) = made else { return };
    assert_done(&output);
    let changed = backup.join("project.db");
    let bytes = [std::fs::read(&changed).unwrap(), b"more".to_vec()].concat();
    std::fs::write(&changed, bytes).unwrap();
    let refused = script("restore", &shown(&backup), &shown(&data)).unwrap();
    assert!(!refused.status.success() && !data.exists());
}
