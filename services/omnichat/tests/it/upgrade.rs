//! What an earlier version has kept is there after the migrations of this one: `tests/upgrade` has what that wrote.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use mock_llm::{MockLlm, Script};
use reqwest::Method;
use rstest::rstest;
use serde_json::json;
use testkit::{Engine, TestDatabase};

use super::admin::run;
use super::backup::{assert_done, place};
use super::deployment::{Deployment, SECRETS, command};
use super::person::Person;
use super::tools::{root, skip};

/// Where an engine has what, and the file that has it as SQL.
fn files(engine: Engine, database: &TestDatabase) -> Vec<(String, PathBuf)> {
    let folder = root().join("services/omnichat/tests/upgrade");
    let place = place(database.url());
    match engine {
        Engine::Sqlite => ["auth", "project", "chat"]
            .map(|name| (format!("{place}/{name}.db"), folder.join(format!("sqlite-{name}.sql"))))
            .into(),
        Engine::Postgres => vec![(place.to_owned(), folder.join("postgres.sql"))],
    }
}

/// Loads what an earlier version has written; whether what does so is installed.
fn load(engine: Engine, database: &TestDatabase) -> bool {
    let program = if engine == Engine::Sqlite { "sqlite3" } else { "psql" };
    for (to, file) in files(engine, database) {
        let dump = std::fs::File::open(file).unwrap();
        let strict: &[&str] =
            if program == "psql" { &["-X", "-v", "ON_ERROR_STOP=1", "-d"] } else { &["-bail"] };
        let mut loading = Command::new(program);
        loading.args(strict).arg(to).stdin(dump).stdout(Stdio::null());
        match loading.output() {
            Ok(output) => assert_done(&output),
            Err(_) => {
                skip("an upgrade", program);
                return false;
            }
        }
    }
    true
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn an_earlier_versions_data_is_there(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let database = TestDatabase::new(engine).await;
    if !load(engine, &database) {
        return;
    }
    let omnichat = |verb: &str| {
        let mut command = command("omnichat");
        command.args([verb, "--data-dir", "/nowhere"]).envs(SECRETS);
        run(command.env("DATABASE_URL", database.url()), "")
    };
    let before = String::from_utf8(omnichat("doctor").stdout).unwrap();
    assert!(before.contains("FAIL  schema of chat: "), "a schema of today shows nothing\n{before}");
    // Twice: what is up to date is left alone.
    for _ in 0..2 {
        Deployment::migrate(&database).await;
    }
    assert_done(&omnichat("doctor"));

    let model = MockLlm::start().await;
    let deployment = Deployment::all_in_one_on(database, &model).await;
    let ada = Person::returning(&deployment, "ada@example.org").await;
    let projects = ada.get("/projects").await.expect(200);
    let project = &projects.json["data"]["projects"][0];
    assert_eq!(project["name"], "Bees");
    let prompts = format!("/projects/{}/prompts", project["id"].as_str().unwrap());
    let prompts = ada.get(&prompts).await.expect(200);
    assert_eq!(prompts.json["data"]["prompts"][0]["version"], 2);
    let found = ada.get("/conversations?q=buzz").await.expect(200);
    let conversation = found.json["data"]["conversations"][0]["id"].as_str().unwrap().to_owned();
    let history = ada.get(&format!("/conversations/{conversation}")).await.expect(200);
    let contents: Vec<_> =
        history.data("messages").as_array().unwrap().iter().map(|one| &one["content"]).collect();
    assert_eq!(contents, [&json!("What do bees say?"), &json!("Bees say buzz.")]);
    // It goes on from there, with the key that was sealed then.
    let messages = format!("/conversations/{conversation}/messages");
    ada.post(&messages, json!({"content": "And wasps?"})).await.expect(200);
    let asked = model.last_request().unwrap();
    assert_eq!(asked.header("authorization"), Some("Bearer sk-own"));
    assert_eq!(asked.messages().len(), 4);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
#[ignore = "writes tests/upgrade anew"]
async fn write_what_this_version_keeps(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let model = MockLlm::start().await;
    let deployment = Deployment::all_in_one(engine, &model).await;
    let ada = Person::new(&deployment, "ada@example.org").await;
    ada.post("/profile/api-keys", json!({"openai": "sk-own"})).await.expect(200);
    let project = ada.post("/projects", json!({"name": "Bees"})).await.expect(201).id("project");
    let prompt = json!({"name": "tone", "content": "Answer as a beekeeper."});
    let prompt = ada.post(&format!("/projects/{project}/prompts"), prompt).await.expect(201);
    let other = json!({"content": "Answer as a bee.", "expectedVersion": 1});
    let path = format!("/prompts/{}", prompt.id("prompt"));
    ada.call(Method::PATCH, &path, other).await.expect(200);
    let conversation = json!({"projectId": project, "model": "gpt-4o"});
    let conversation = ada.post("/conversations", conversation).await.expect(201);
    model.script(Script::tokens(["Bees ", "say ", "buzz."]));
    let messages = format!("/conversations/{}/messages", conversation.id("conversation"));
    ada.post(&messages, json!({"content": "What do bees say?"})).await.expect(200);

    for (from, file) in files(engine, deployment.database()) {
        let mut dump = match engine {
            Engine::Sqlite => Command::new("sqlite3"),
            Engine::Postgres => Command::new("pg_dump"),
        };
        match engine {
            Engine::Sqlite => dump.args([&from, ".dump"]),
            Engine::Postgres => {
                dump.args(["--inserts", "--no-owner", "--no-privileges", "-d", &from])
            }
        };
        let output = dump.output().unwrap();
        assert_done(&output);
        std::fs::write(file, output.stdout).unwrap();
    }
}
