//! Register, log in, make a project with a prompt, talk, leave in the middle of a reply, come back, find it all again.

use mock_llm::{Gate, MockLlm, Script};
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};
use testkit::Event;

use super::deployment::Shape;
use super::person::Person;

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_whole_journey(
    #[values(
        Shape::AllInOneOnSqlite,
        Shape::AllInOneOnPostgres,
        Shape::ThreeProcesses,
        Shape::BehindNginx
    )]
    shape: Shape,
) {
    let model = MockLlm::start().await;
    let deployment = shape.deploy(&model).await;
    let ada = Person::new(&deployment, "ada@example.org").await;
    assert_eq!(ada.get("/users/me").await.expect(200).data("user")["email"], "ada@example.org");

    let project = ada.post("/projects", json!({"name": "Bees"})).await.expect(201).id("project");
    let prompt = json!({"name": "tone", "content": "Answer as a beekeeper."});
    ada.post(&format!("/projects/{project}/prompts"), prompt).await.expect(201);
    let body = json!({"projectId": project, "systemPrompt": "Be brief."});
    let conversation = ada.post("/conversations", body).await.expect(201).id("conversation");

    // A reply streams; the browser is closed in its middle, and comes back for the rest.
    let tokens = ["Bees ", "🐝 ", "say ", "“buzz”", ".\n\n", "Ünd?"];
    let gate = Gate::new();
    model.script(Script::tokens(tokens).hold_after(2, &gate));
    let mut events = ada.send(&conversation, "What do bees say?").await;
    let message =
        events.expect("message_start").await.data["messageId"].as_str().unwrap().to_owned();
    let mut seen = vec![events.expect("token").await];
    drop(events);
    gate.release();
    let mut resumed = ada.resume(&message, &seen[0].id).await;
    seen.extend(resumed.rest().await);
    assert_eq!(seen.last().unwrap().event, "close");

    // What was streamed is what is stored, and what the model sent.
    let streamed = Event::text(&seen);
    let history = ada.get(&format!("/conversations/{conversation}")).await.expect(200);
    let messages = history.data("messages").as_array().unwrap();
    assert_eq!(
        (&messages[0]["content"], &messages[0]["role"]),
        (&json!("What do bees say?"), &json!("user"))
    );
    assert_eq!(
        (&messages[1]["content"], &messages[1]["status"]),
        (&json!(streamed), &json!("complete"))
    );
    assert_eq!((streamed, model.last_request().unwrap().sent), (tokens.concat(), tokens.concat()));

    // The prompts reached the model, and the next turn knows the one before.
    ada.post(&format!("/conversations/{conversation}/messages"), json!({"content": "And wasps?"}))
        .await
        .expect(200);
    let told = model.last_request().unwrap().messages();
    let expected = [
        ("system", "Answer as a beekeeper.\n\nBe brief.".to_owned()),
        ("user", "What do bees say?".to_owned()),
        ("assistant", tokens.concat()),
        ("user", "And wasps?".to_owned()),
    ];
    assert_eq!(told, expected.map(|(role, text)| (role.to_owned(), text)));

    // It is found again, by its owner alone.
    let list = ada.get("/conversations").await.expect(200);
    assert_eq!(list.json["data"]["conversations"][0]["title"], "What do bees say?");
    let eve = Person::new(&deployment, "eve@example.org").await;
    for path in [
        format!("/projects/{project}"),
        format!("/conversations/{conversation}"),
        format!("/messages/{message}"),
    ] {
        assert_eq!(eve.get(&path).await.expect(404).code(), "NOT_FOUND");
    }
    let theirs = eve.post("/conversations", json!({"projectId": project})).await;
    assert_eq!(theirs.expect(404).code(), "NOT_FOUND");

    // A project takes its conversations with it.
    ada.call(Method::DELETE, &format!("/projects/{project}"), Value::Null).await.expect(200);
    while ada.get(&format!("/conversations/{conversation}")).await.status == 200 {}
    assert_eq!(
        ada.get("/conversations").await.expect(200).json["data"]["conversations"],
        json!([])
    );
}
