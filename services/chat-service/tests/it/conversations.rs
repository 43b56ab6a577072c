use rstest::rstest;
use serde_json::{Value, json};
use testkit::{Engine, redacted};

use super::{Chat, a_conversation, the_project};

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_is_made_read_changed_and_deleted(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let chat = Chat::start(engine).await;
    let user = chat.app.user();
    let made = user
        .post(
            "/conversations",
            json!({"projectId": the_project(), "systemPrompt": "Be wise.", "title": "Bees"}),
        )
        .await
        .expect(201);
    insta::assert_json_snapshot!("conversation", redacted(&made.json));
    let path = format!("/conversations/{}", made.id("conversation"));

    let changes = json!({"title": "Wasps", "model": "gpt-4o", "pinned": true, "archived": true, "systemPrompt": null});
    let changed = user.patch(&path, changes).await.expect(200);
    let conversation = changed.data("conversation");
    assert_eq!(
        (&conversation["title"], &conversation["model"]),
        (&json!("Wasps"), &json!("gpt-4o"))
    );
    assert_eq!(
        (&conversation["pinned"], &conversation["systemPrompt"]),
        (&json!(true), &Value::Null)
    );

    chat.model.script(mock_llm::Script::text("Buzz."));
    let body = json!({"content": "What do bees say?"});
    user.post(&format!("{path}/messages"), body).await.expect(200);
    let detail = user.get(&path).await.expect(200);
    insta::assert_json_snapshot!("detail", redacted(&detail.json));

    let deleted = user.delete(&path).await.expect(200);
    assert_eq!(
        deleted.json["data"],
        json!({"deletedConversation": made.id("conversation"), "deletedMessages": 2})
    );
    for gone in [path.clone(), format!("{path}/messages")] {
        assert_eq!(user.get(&gone).await.expect(404).code(), "NOT_FOUND");
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn conversations_are_listed_by_page_project_and_archive(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let chat = Chat::start(engine).await;
    let user = chat.app.user();
    a_conversation(&chat.app.user(), json!({"title": "somebody else's"})).await;
    for title in ["a", "b", "c"] {
        a_conversation(&user, json!({"title": title})).await;
    }
    let projects = a_conversation(&user, json!({"title": "p", "projectId": the_project()})).await;
    user.patch(&format!("/conversations/{projects}"), json!({"archived": true})).await.expect(200);

    let titles = async |query: &str| {
        let list = user.get(&format!("/conversations?{query}")).await.expect(200);
        let rows = list.json["data"]["conversations"].as_array().unwrap().clone();
        let titles: Vec<String> =
            rows.iter().map(|row| row["title"].as_str().unwrap().to_owned()).collect();
        (titles, list.json["pagination"].clone())
    };
    let (first, pagination) = titles("limit=3&orderBy=created_at").await;
    assert_eq!(
        (first, &pagination["totalCount"]),
        (vec!["p".into(), "c".into(), "b".into()], &json!(4))
    );
    let cursor = pagination["cursor"].as_str().unwrap();
    let (second, pagination) = titles(&format!("limit=3&orderBy=created_at&cursor={cursor}")).await;
    assert_eq!((second, &pagination["hasMore"]), (vec!["a".into()], &json!(false)));
    assert_eq!(titles(&format!("projectId={}", the_project())).await.0, ["p"]);
    assert_eq!(titles("archived=false&order=asc").await.0, ["a", "b", "c"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_needs_a_project_and_a_model_that_exist() {
    let chat = Chat::start(Engine::Sqlite).await;
    let user = chat.app.user();
    let project = user.post("/conversations", json!({"projectId": uuid::Uuid::from_u128(5)})).await;
    assert_eq!(project.expect(404).code(), "NOT_FOUND");
    let model = user.post("/conversations", json!({"model": "gpt-9"})).await;
    assert_eq!(model.expect(422).code(), "MODEL_UNKNOWN");
    let list = user.get("/conversations").await.expect(200);
    assert_eq!(list.json["pagination"]["totalCount"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_message_names_a_conversation_without_a_title() {
    let chat = Chat::start(Engine::Sqlite).await;
    let user = chat.app.user();
    let conversation = a_conversation(&user, json!({})).await;
    for content in ["What do bees say?\nAnd wasps?", "And ants?"] {
        user.post(&format!("/conversations/{conversation}/messages"), json!({"content": content}))
            .await
            .expect(200);
    }
    let conversation = user.get(&format!("/conversations/{conversation}")).await.expect(200);
    assert_eq!(conversation.data("conversation")["title"], "What do bees say?");
}
