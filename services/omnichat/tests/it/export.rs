//! All that a person owns, out of all services, and back into them.

use std::collections::BTreeMap;

use mock_llm::{MockLlm, Script};
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use super::deployment::{Deployment, Shape};
use super::person::Person;

async fn belongings(person: &Person<'_>, model: &MockLlm) {
    let project = person.post("/projects", json!({"name": "Bees"})).await.expect(201).id("project");
    let prompt = json!({"name": "tone", "content": "Be kind."});
    person.post(&format!("/projects/{project}/prompts"), prompt).await.expect(201);
    let body = json!({"projectId": project, "title": "On bees"});
    let conversation = person.post("/conversations", body).await.expect(201).id("conversation");
    model.script(Script::tokens(["They hum.\nAll day."]));
    let messages = format!("/conversations/{conversation}/messages");
    person.post(&messages, json!({"content": "What do they do?"})).await.expect(200);
    person.post(&format!("/conversations/{conversation}/shares"), Value::Null).await.expect(201);
    let settings = json!({"settings": {"systemPrompt": "Be brief."}});
    person.call(Method::PATCH, "/profile", settings).await.expect(200);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn an_export_has_all_that_is_ones_own_and_is_imported(
    #[values(Shape::AllInOneOnSqlite, Shape::AllInOneOnPostgres, Shape::ThreeProcesses)]
    shape: Shape,
) {
    let model = MockLlm::start().await;
    let deployment = shape.deploy(&model).await;
    let ada = Person::new(&deployment, "ada@example.org").await;
    let eve = Person::new(&deployment, "eve@example.org").await;
    belongings(&ada, &model).await;
    eve.post("/projects", json!({"name": "of Eve"})).await.expect(201);

    let file = ada.get("/users/me/export").await.expect(200);
    assert_eq!(file.header("content-type"), Some("application/x-ndjson"));
    let lines: Vec<Value> =
        file.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for line in &lines {
        *kinds.entry(line["type"].as_str().unwrap()).or_default() += 1;
    }
    for (kind, number) in [
        ("account", 1),
        ("project", 1),
        ("prompt", 1),
        ("prompt_version", 1),
        ("conversation", 1),
        ("share", 1),
        ("preferences", 1),
        ("usage", 1),
        ("complete", 1),
    ] {
        assert_eq!(kinds.get(kind), Some(&number), "{kind}: {kinds:?}");
    }
    assert_eq!(lines.last().unwrap()["type"], "complete");
    assert!(!file.text.contains("of Eve") && !file.text.contains("eve@example.org"));

    let request = eve.actor.request(Method::POST, &deployment.url("/conversations/import"));
    let request = request.header("content-type", "application/x-ndjson").body(file.text.clone());
    let started = eve.actor.send(request).await.expect(202);
    let import = format!("/imports/{}", started.data("jobId").as_str().unwrap());
    while eve.get(&import).await.expect(200).data("import")["status"] == "running" {}
    let import = eve.get(&import).await;
    assert_eq!(import.data("import")["messages"], 2, "{}", import.text);
    let found = eve.get("/conversations?q=hum").await.expect(200);
    assert_eq!(found.data("conversations")[0]["title"], "On bees");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_one_of_the_services_there_is_no_export() {
    let model = MockLlm::start().await;
    let deployment = Deployment::three_processes(&model).await;
    let ada = Person::new(&deployment, "ada@example.org").await;
    deployment.chat().kill();
    let refused = ada.get("/users/me/export").await.expect(503);
    assert_eq!(refused.code(), "SERVICE_UNAVAILABLE");
}
