//! Conversations as files.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mock_llm::Script;
use rstest::rstest;
use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};
use testkit::{Actor, Engine};

use super::tombstones::connect;
use super::{Chat, a_conversation};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR one";

/// A conversation with an image, two branches and a reply that was made anew.
pub async fn talk(chat: &Chat, user: &Actor) -> String {
    let body = json!({"title": "Bees\n# and wasps", "model": "gpt-4o", "systemPrompt": "Be kind."});
    let conversation = a_conversation(user, body).await;
    let path = format!("/conversations/{conversation}/messages");
    let image = json!({"type": "image", "mediaType": "image/png", "data": STANDARD.encode(PNG)});
    let parts = json!([image, {"type": "text", "text": "What is \"this\"?"}]);
    let post = async |path: &str, body: Value, answer: &str| {
        chat.model.script(Script::tokens([answer]));
        user.post(path, body).await.expect(200)
    };
    post(&path, json!({"content": parts}), "# A bee\n").await;
    let second = post(&path, json!({"content": "Sure?"}), "Yes").await;
    let regenerate = format!("/messages/{}/regenerate", second.id("assistantMessage"));
    post(&regenerate, json!({}), "No").await;
    let edit = format!("/messages/{}/edit", second.id("userMessage"));
    post(&edit, json!({"content": "Why?"}), "It has stripes 🐝").await;
    conversation
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn json_has_every_branch_and_the_images(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let chat = Chat::start(engine).await;
    let user = chat.app.user();
    let conversation = talk(&chat, &user).await;
    let file = user.get(&format!("/conversations/{conversation}/export")).await.expect(200);
    let named = format!("attachment; filename=\"omnichat-conversation-{conversation}.json\"");
    for (header, value) in [
        ("content-type", "application/json"),
        ("content-disposition", &named),
        ("x-content-type-options", "nosniff"),
        ("cache-control", "no-store"),
        ("content-security-policy", "default-src 'none'; sandbox"),
    ] {
        assert_eq!(file.header(header), Some(value), "{header}");
    }
    let mut shown = testkit::redacted(&file.json);
    for message in shown["messages"].as_array_mut().unwrap() {
        // An estimate, as long as the vocabularies are being loaded.
        message["tokens"] = message["tokens"].is_u64().into();
    }
    insta::assert_json_snapshot!("file", shown);

    let messages = file.json["messages"].as_array().unwrap();
    let place = |id: &Value| messages.iter().position(|message| message["id"] == *id);
    let tree: Vec<_> = messages
        .iter()
        .map(|message| {
            let text = message["content"].as_str().unwrap();
            (text, place(&message["parentId"]), place(&message["placeId"]))
        })
        .collect();
    assert_eq!(
        tree,
        [
            ("What is \"this\"?", None, Some(0)),
            ("# A bee\n", Some(0), Some(1)),
            ("Sure?", Some(1), Some(2)),
            ("Yes", Some(2), Some(3)),
            ("No", Some(2), Some(3)),
            ("Why?", Some(1), Some(2)),
            ("It has stripes 🐝", Some(5), Some(6)),
        ]
    );
    assert_eq!(place(&file.json["conversation"]["activeLeafId"]), Some(6));
    let data = messages[0]["attachments"][0]["data"].as_str().unwrap();
    assert_eq!(STANDARD.decode(data).unwrap(), PNG);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn markdown_has_the_active_branch(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let chat = Chat::start(engine).await;
    let user = chat.app.user();
    let conversation = talk(&chat, &user).await;
    let path = format!("/conversations/{conversation}/export?format=markdown");
    let file = user.get(&path).await.expect(200);
    let named = format!("attachment; filename=\"omnichat-conversation-{conversation}.md\"");
    assert_eq!(file.header("content-type"), Some("text/markdown; charset=utf-8"));
    assert_eq!(file.header("content-disposition"), Some(named.as_str()));
    let is_time = |line: &&str| line.starts_with("*2") && line.ends_with("Z*");
    let lines: Vec<_> =
        file.text.lines().filter(|line| !line.is_empty() && !is_time(line)).collect();
    assert_eq!(
        lines,
        [
            "# Bees # and wasps",
            "## You",
            "What is \"this\"?",
            "*[1 image, not in this file]*",
            "## gpt-4o",
            "# A bee",
            "## You",
            "Why?",
            "## gpt-4o",
            "It has stripes 🐝",
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_can_be_empty_and_only_of_a_known_format() {
    let chat = Chat::start(Engine::Sqlite).await;
    let user = chat.app.user();
    let conversation = a_conversation(&user, json!({})).await;
    let path = format!("/conversations/{conversation}/export");
    let file = user.get(&format!("{path}?format=json")).await.expect(200);
    assert_eq!(
        (&file.json["format"], &file.json["version"], &file.json["messages"]),
        (&json!("omnichat.conversation"), &json!(1), &json!([]))
    );
    let file = user.get(&format!("{path}?format=markdown")).await.expect(200);
    assert_eq!(file.text, "# Conversation\n");
    for query in ["format=pdf", "format=JSON", "type=json"] {
        let refused = user.get(&format!("{path}?{query}")).await.expect(400);
        assert_eq!(refused.code(), "VALIDATION_ERROR", "{query}");
    }
    assert_eq!(chat.app.user().get(&path).await.expect(404).code(), "NOT_FOUND");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_long_conversation_is_whole(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let chat = Chat::start(engine).await;
    let user = chat.app.user();
    let conversation = a_conversation(&user, json!({})).await;
    let path = format!("/conversations/{conversation}/messages");
    chat.model.script(Script::tokens(["2"]));
    let sent = user.post(&path, json!({"content": "1"})).await.expect(200);
    extend(&chat, &sent.id("assistantMessage"), 5_000).await;
    let export = format!("/conversations/{conversation}/export");
    let file = user.get(&export).await.expect(200);
    let said: Vec<_> = file.json["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|message| message["content"].as_str().unwrap().parse::<u32>().unwrap())
        .collect();
    assert_eq!(said, (1..=5_000).collect::<Vec<u32>>());
    let file = user.get(&format!("{export}?format=markdown")).await.expect(200);
    assert_eq!(file.text.matches("\n## ").count(), 5_000);
}

/// Makes a conversation so many messages long, from its second message on, without anybody saying them.
async fn extend(chat: &Chat, second: &str, length: u32) {
    let db = connect(chat).await;
    let backend = db.connection().get_database_backend();
    let id = match db.provider() {
        "postgres" => "gen_random_uuid()",
        _ => "randomblob(16)",
    };
    let sql = format!(
        "WITH RECURSIVE numbers(n) AS (SELECT 3 UNION ALL SELECT n + 1 FROM numbers WHERE n < {length}) \
         INSERT INTO messages (id, conversation_id, user_id, parent_id, turn_id, model, seq, role, content, reasoning, status, \
         prompt_versions, cancel_requested, created_at, depth, is_chosen, on_branch) \
         SELECT {id}, conversation_id, user_id, id, turn_id, model, n, role, CAST(n AS TEXT), reasoning, status, \
         prompt_versions, cancel_requested, created_at, n, is_chosen, on_branch FROM messages, numbers WHERE id = $1"
    );
    let second: uuid::Uuid = second.parse().unwrap();
    let statement = Statement::from_sql_and_values(backend, sql, [second.into()]);
    db.connection().execute_raw(statement).await.unwrap();
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn all_that_a_user_has_is_exported_line_by_line(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let chat = Chat::start(engine).await;
    let (user, other) = (chat.app.user(), chat.app.user());
    let conversation = talk(&chat, &user).await;
    a_conversation(&user, json!({"title": "Empty"})).await;
    a_conversation(&other, json!({"title": "canary"})).await;
    let shared = user.post(&format!("/conversations/{conversation}/shares"), Value::Null).await;
    user.post("/profile/api-keys", json!({"openai": "sk-canary"})).await.expect(200);
    let id = chat.app.instance.keys.verify_access(user.token()).unwrap().sub;
    let path = format!("/internal/users/{id}");
    let sibling = chat.app.service("auth-service");
    let wanted = json!({"systemPrompt": "Be brief."});
    sibling.patch(&format!("{path}/preferences"), wanted).await.expect(200);

    let file = sibling.get(&format!("{path}/export")).await.expect(200);
    assert_eq!(file.header("content-type"), Some("application/x-ndjson"));
    let lines: Vec<Value> =
        file.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let kinds: Vec<&str> = lines.iter().map(|line| line["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["preferences", "usage", "conversation", "share", "conversation"]);
    assert_eq!(lines[0]["systemPrompt"], "Be brief.");
    assert_eq!(lines[1]["requests"], 4);
    assert_eq!(lines[3]["id"], shared.data("share")["id"]);
    assert_eq!(lines[4]["conversation"]["title"], "Empty");
    let alone = user.get(&format!("/conversations/{conversation}/export")).await.expect(200);
    let mut line = lines[2].clone();
    line.as_object_mut().unwrap().remove("type");
    assert_eq!(line, alone.json);
    for secret in ["canary", shared.data("share")["token"].as_str().unwrap()] {
        assert!(!file.text.contains(secret));
    }
}
