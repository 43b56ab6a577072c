//! Conversations out of files.

use chat_service::repositories::SqlImports;
use common::domain::import::{Import, ImportStatus, Tally};
use common::domain::message::Lease;
use common::repositories::UploadRepository;
use futures_util::stream::{self, StreamExt};
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};
use testkit::{Actor, Engine, Reply};
use tokio::sync::oneshot;
use uuid::Uuid;

use super::export::talk;
use super::tombstones::connect;
use super::{Chat, a_conversation};

async fn send(user: &Actor, file: &str, key: Option<&str>) -> Reply {
    let request = user.request(Method::POST, "/conversations/import");
    let request = request.header("content-type", "application/json").body(file.to_owned());
    let request = key.iter().fold(request, |request, key| request.header("idempotency-key", *key));
    user.send(request).await
}

/// What an import says once it has ended.
async fn ended(user: &Actor, started: &Reply) -> Value {
    let path = format!("/imports/{}", started.data("jobId").as_str().unwrap());
    loop {
        let import = user.get(&path).await.expect(200).data("import").clone();
        if import["status"] != "running" {
            return import;
        }
    }
}

async fn import(user: &Actor, file: &str) -> Value {
    let started = send(user, file, None).await.expect(202);
    ended(user, &started).await
}

/// What became of conversations and messages: stored, skipped, shortened.
fn tally(import: &Value) -> (&str, [u64; 5]) {
    let names = [
        "conversations",
        "skippedConversations",
        "messages",
        "skippedMessages",
        "shortenedMessages",
    ];
    (import["status"].as_str().unwrap(), names.map(|name| import[name].as_u64().unwrap()))
}

async fn titles(user: &Actor, query: &str) -> Vec<String> {
    let listed = user.get(&format!("/conversations?orderBy=created_at&order=asc{query}")).await;
    let listed = listed.expect(200);
    let conversations = listed.data("conversations").as_array().unwrap().iter();
    conversations.map(|one| one["title"].as_str().unwrap_or_default().to_owned()).collect()
}

/// The same value, with each id as the number of its first appearance.
fn numbered(value: &Value, seen: &mut Vec<String>) -> Value {
    match value {
        Value::String(text) if Uuid::try_parse(text).is_ok() => {
            let number = seen.iter().position(|one| one == text).unwrap_or_else(|| {
                seen.push(text.clone());
                seen.len() - 1
            });
            number.into()
        }
        Value::Array(values) => values.iter().map(|value| numbered(value, seen)).collect(),
        Value::Object(fields) => {
            fields.iter().map(|(name, value)| (name.clone(), numbered(value, seen))).collect()
        }
        other => other.clone(),
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn what_was_exported_is_imported_as_it_was(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let chat = Chat::start(engine).await;
    let (owner, other) = (chat.app.user(), chat.app.user());
    let conversation = talk(&chat, &owner).await;
    let body = json!({"pinned": true, "archived": true});
    owner.patch(&format!("/conversations/{conversation}"), body).await.expect(200);
    let file = owner.get(&format!("/conversations/{conversation}/export")).await.expect(200);

    let imported = import(&other, &file.text).await;
    assert_eq!(tally(&imported), ("complete", [1, 0, 7, 0, 0]));
    let listed = other.get("/conversations").await.expect(200);
    let copy = listed.data("conversations")[0]["id"].as_str().unwrap().to_owned();
    assert_ne!(copy, conversation);
    let again = other.get(&format!("/conversations/{copy}/export")).await.expect(200);
    assert_eq!(numbered(&again.json, &mut Vec::new()), numbered(&file.json, &mut Vec::new()));

    // It is a conversation as any other: with models, branches, a place in the search, and it goes on.
    let shown = other.get(&format!("/conversations/{copy}")).await.expect(200);
    let before = owner.get(&format!("/conversations/{conversation}")).await.expect(200);
    for name in ["messageCount", "activeModels", "model", "provider", "title", "updatedAt"] {
        assert_eq!(shown.data("conversation")[name], before.data("conversation")[name], "{name}");
    }
    let texts = |reply: &Reply| -> Vec<Value> {
        let messages = reply.data("messages").as_array().unwrap().iter();
        messages.map(|one| json!([one["content"], one["siblingCount"]])).collect()
    };
    assert_eq!(texts(&shown), texts(&before));
    assert_eq!(titles(&other, "&q=stripes").await, ["Bees\n# and wasps"]);
    let messages = format!("/conversations/{copy}/messages");
    other.post(&messages, json!({"content": "And?"})).await.expect(200);
    let last = shown.data("messages").as_array().unwrap().last().unwrap();
    let siblings = format!("/messages/{}/siblings", last["parentId"].as_str().unwrap());
    let siblings = other.get(&siblings).await.expect(200);
    assert_eq!(siblings.data("messages").as_array().unwrap().len(), 2);
    let first = siblings.data("messages")[0]["id"].as_str().unwrap().to_owned();
    other.post(&format!("/messages/{first}/select"), Value::Null).await.expect(200);
    let shown = other.get(&format!("{messages}?order=asc")).await.expect(200);
    assert_eq!(shown.data("messages")[2]["content"], "Sure?");
}

/// A node of ChatGPT's tree.
fn node(id: &str, parent: &Value, children: &Value, message: &Value) -> (String, Value) {
    (id.to_owned(), json!({"id": id, "parent": parent, "children": children, "message": message}))
}

fn said(role: &str, text: &str, at: f64, metadata: &Value) -> Value {
    json!({
        "author": {"role": role, "metadata": {}}, "create_time": at, "recipient": "all", "weight": 1.0,
        "content": {"content_type": "text", "parts": [text]}, "metadata": metadata,
    })
}

fn a_chat() -> Value {
    let mut thinking = said("assistant", "", 3.0, &json!({}));
    thinking["content"] = json!({"content_type": "thoughts", "thoughts": [{"summary": "Bees", "content": "They hum."}]});
    let mut call = said("assistant", "search()", 4.0, &json!({}));
    call["recipient"] = "web".into();
    let mut seen = said("user", "", 2.0, &json!({}));
    seen["content"] = json!({
        "content_type": "multimodal_text",
        "parts": [{"content_type": "image_asset_pointer", "asset_pointer": "file-1"}, "What is this?\u{0}"],
    });
    let gpt = json!({"model_slug": "gpt-4o", "finish_details": {"type": "stop"}});
    let mapping: serde_json::Map<String, Value> = [
        node("root", &Value::Null, &json!(["system"]), &Value::Null),
        node(
            "system",
            &"root".into(),
            &json!(["ask"]),
            &said("system", "You are", 1.0, &json!({})),
        ),
        node("ask", &"system".into(), &json!(["think", "other"]), &seen),
        node("think", &"ask".into(), &json!(["call"]), &thinking),
        node("call", &"think".into(), &json!(["tool"]), &call),
        node("tool", &"call".into(), &json!(["answer"]), &said("tool", "found", 5.0, &json!({}))),
        node("answer", &"tool".into(), &json!(["more"]), &said("assistant", "A bee", 6.25, &gpt)),
        node("other", &"ask".into(), &json!([]), &said("assistant", "A wasp", 7.0, &gpt)),
        node("more", &"answer".into(), &json!(["more"]), &said("user", "Sure?", 8.0, &json!({}))),
    ]
    .into_iter()
    .collect();
    json!({
        "title": "Insects", "create_time": 1_700_000_000.5, "update_time": 1_700_000_100.0, "mapping": mapping,
        "current_node": "more", "default_model_slug": "gpt-4o", "is_archived": false, "plugin_ids": null,
    })
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn chatgpts_conversations_become_ours(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let chat = Chat::start(engine).await;
    let user = chat.app.user();
    let empty = json!({"title": "Nothing", "mapping": {"root": {"message": null, "children": []}}});
    let broken = json!({"title": "Broken", "mapping": {"root": 7}});
    let unknown =
        json!({"mapping": {"a": {"message": said("user", "Hello there", 1.0, &json!({}))}}});
    let file = json!([a_chat(), empty, broken, unknown]).to_string();
    assert_eq!(tally(&import(&user, &file).await), ("complete", [2, 2, 5, 0, 0]));

    let listed = user.get("/conversations?orderBy=created_at&order=asc").await.expect(200);
    let bees = &listed.data("conversations")[1];
    assert_eq!((&bees["title"], &bees["model"]), (&json!("Insects"), &json!("gpt-4o")));
    assert_eq!(bees["createdAt"], "2023-11-14T22:13:20.500Z");
    assert_eq!(bees["updatedAt"], "2023-11-14T22:15:00Z");
    let export = format!("/conversations/{}/export", bees["id"].as_str().unwrap());
    let file = numbered(&user.get(&export).await.expect(200).json, &mut Vec::new());
    let shown: Vec<_> = file["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            json!([
                one["role"],
                one["content"],
                one["reasoning"],
                one["modelId"],
                one["createdAt"],
                one["finishReason"]
            ])
        })
        .collect();
    assert_eq!(
        json!(shown),
        json!([
            [
                "user",
                "[Image]\n\nWhat is this?\u{fffd}",
                "",
                "gpt-4o",
                "1970-01-01T00:00:02Z",
                null
            ],
            [
                "assistant",
                "A bee",
                "Bees\n\nThey hum.",
                "gpt-4o",
                "1970-01-01T00:00:06.250Z",
                "stop"
            ],
            ["user", "Sure?", "", "gpt-4o", "1970-01-01T00:00:08Z", null],
            ["assistant", "A wasp", "", "gpt-4o", "1970-01-01T00:00:07Z", "stop"],
        ])
    );
    let of = |number: usize, name: &str| file["messages"][number][name].clone();
    assert_eq!(of(3, "placeId"), of(1, "id"));
    assert_eq!((of(3, "parentId"), of(1, "parentId")), (of(0, "id"), of(0, "id")));
    assert_eq!((of(1, "turnId"), of(2, "parentId")), (of(0, "turnId"), of(1, "id")));
    assert_eq!(file["conversation"]["activeLeafId"], of(2, "id"));
    // A conversation without a title is called by what was said first.
    assert_eq!(listed.data("conversations")[0]["title"], "Hello there");
}

fn ours(title: &str, messages: &Value) -> Value {
    json!({"type": "conversation", "format": "omnichat.conversation", "version": 1,
        "conversation": {"title": title, "model": "gpt-4o-mini"}, "messages": messages})
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn of_a_whole_account_the_conversations_are_taken_and_what_is_odd_is_counted(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let chat = Chat::start(engine).await;
    let user = chat.app.user();
    let long = "é".repeat(200_001);
    let messages = json!([
        {"id": "1", "role": "user", "content": long, "attachments": [{"data": "bm8gaW1hZ2U="}], "modelId": "x\u{0}y"},
        {"id": "2", "parentId": "1", "role": "system", "content": "hidden"},
        {"id": "3", "parentId": "2", "role": "assistant", "content": "Yes\u{0}", "status": "streaming",
            "temperature": 9, "createdAt": "2999-01-01T00:00:00Z", "placeId": "1", "turnId": "a"},
        {"id": "3", "parentId": "1", "role": "assistant", "content": "twice"},
        {"id": "4", "parentId": "nobody", "role": "user", "content": "Alone"},
        {"id": "5", "parentId": "4", "role": "user", "content": " "},
    ]);
    let newer = json!({"format": "omnichat.conversation", "version": 2});
    let lines = [
        json!({"type": "account", "email": "ada@example.org"}),
        ours("Odd\u{0}", &messages),
        newer,
        ours("", &json!([])),
        json!({"type": "complete"}),
    ];
    let file = lines.map(|line| line.to_string() + "\n").concat();
    assert_eq!(tally(&import(&user, &file).await), ("complete", [2, 1, 3, 3, 1]));
    let listed = user.get("/conversations?q=alone").await.expect(200);
    assert_eq!(listed.data("conversations")[0]["title"], "Odd\u{fffd}");
    let path = format!(
        "/conversations/{}/export",
        listed.data("conversations")[0]["id"].as_str().unwrap()
    );
    let odd = user.get(&path).await.expect(200).json;
    assert_eq!(odd["messages"][0]["content"].as_str().unwrap().chars().count(), 200_000);
    let reply = &odd["messages"][1];
    assert_eq!(reply["parentId"], odd["messages"][0]["id"]);
    assert_eq!(reply["placeId"], reply["id"]);
    assert_eq!(
        (&reply["content"], &reply["status"], &reply["temperature"]),
        (&json!("Yes\u{fffd}"), &json!("interrupted"), &Value::Null)
    );
    assert!(reply["createdAt"].as_str().unwrap() < "2999");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_file_of_conversations_is_refused_or_fails() {
    let chat = Chat::start(Engine::Sqlite).await;
    let user = chat.app.user();
    for file in ["PK\u{3}\u{4}", "", "hello", "\"text\""] {
        assert_eq!(send(&user, file, None).await.expect(400).code(), "VALIDATION_ERROR", "{file}");
    }
    let request = user.request(Method::POST, "/conversations/import").body("{}");
    let refused = user.send(request.header("content-type", "text/plain")).await.expect(415);
    assert_eq!(refused.code(), "UNSUPPORTED_MEDIA_TYPE");
    let one = ours("One", &json!([]));
    for (file, stored, why) in [
        ("[]".to_owned(), 0, "no conversation"),
        ("{\"type\": \"account\"}".to_owned(), 0, "no conversation"),
        (format!("[{one},{{\"a\""), 1, "cut off"),
        (format!("[{one} what"), 1, "no JSON"),
    ] {
        let failed = import(&user, &file).await;
        assert_eq!(tally(&failed), ("failed", [stored, 0, 0, 0, 0]), "{file}");
        assert!(failed["error"].as_str().unwrap().contains(why), "{failed}");
    }
    let odd = import(&user, "{}{\"a\": 1}[").await;
    assert_eq!(tally(&odd), ("failed", [0, 2, 0, 0, 0]));
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_sent_again_is_imported_once(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let chat = Chat::start(engine).await;
    let (user, other) = (chat.app.user(), chat.app.user());
    let replica = chat.replica().await;
    let file = ours("Once", &json!([{"id": "1", "role": "user", "content": "Hi"}])).to_string();
    let first = send(&user, &file, Some("k")).await.expect(202);
    let at_once = send(&user.at(&replica.base_url), &file, Some("k")).await.expect(202);
    ended(&user, &first).await;
    let again = send(&user, &file, Some("k")).await.expect(202);
    assert_eq!(
        (again.data("jobId"), at_once.data("jobId")),
        (first.data("jobId"), first.data("jobId"))
    );
    let elsewhere = send(&user, &(file.clone() + " "), Some("k")).await.expect(422);
    assert_eq!(elsewhere.code(), "IDEMPOTENCY_MISMATCH");
    assert_eq!(titles(&user, "").await, ["Once"]);
    let theirs = send(&other, &file, Some("k")).await.expect(202);
    assert_eq!(tally(&ended(&other, &theirs).await).0, "complete");
    let path = format!("/imports/{}", theirs.data("jobId").as_str().unwrap());
    assert_eq!(user.get(&path).await.expect(404).code(), "NOT_FOUND");

    // With the account its imports go.
    let path = format!("/imports/{}", first.data("jobId").as_str().unwrap());
    let id = chat.app.instance.keys.verify_access(user.token()).unwrap().sub;
    chat.app.service("auth-service").delete(&format!("/internal/users/{id}")).await.expect(200);
    user.get(&path).await.expect(404);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn an_import_that_its_process_has_left_goes_on_where_it_stood(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let chat = Chat::start(engine).await;
    let user = chat.app.user();
    let files = SqlImports::new(connect(&chat).await);
    let import = Import {
        id: Uuid::from_u128(7).into(),
        owner: chat.app.instance.keys.verify_access(user.token()).unwrap().sub,
        status: ImportStatus::Receiving,
        position: 0,
        tally: Tally::default(),
        error: None,
        attempts: 0,
        created_at: chat.app.instance.clock.now(),
        ended_at: None,
    };
    let lease = Lease { holder: Uuid::from_u128(8), seconds: 60 };
    files.begin(&import, lease, 2).await.unwrap();
    let file = format!("[{},{}]", ours("Stored", &json!([])), ours("Yet to come", &json!([])));
    let (one, two) = file.as_bytes().split_at(file.len() / 3);
    for (number, piece) in [(0, one), (1, two)] {
        files.append(import.id, lease, number, piece).await.unwrap();
    }
    // Nobody sees it before it is whole.
    user.get(&format!("/imports/{}", import.id)).await.expect(404);
    let db = connect(&chat).await;
    sea_orm::ConnectionTrait::execute_unprepared(
        db.connection(),
        "UPDATE imports SET position = 1, conversations = 1, attempts = 1",
    )
    .await
    .unwrap();
    files.accept(&import, lease, None).await.unwrap();
    let started = json!({"data": {"jobId": import.id}});
    let started = Reply { json: started, ..user.get("/conversations").await };
    assert_eq!(tally(&ended(&user, &started).await), ("complete", [2, 0, 0, 0, 0]));
    assert_eq!(titles(&user, "").await, ["Yet to come"]);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_large_file_is_taken_and_one_that_breaks_off_leaves_nothing(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let chat = Chat::start(engine).await;
    let user = chat.app.user();
    let text = "All work and no play makes a long conversation. ".repeat(400);
    let messages: Vec<Value> = (0..200)
        .map(|n| json!({"id": n.to_string(), "parentId": (n > 0).then(|| (n - 1).to_string()), "role": "user", "content": text}))
        .collect();
    let file = format!("[{}]", ours("Long", &json!(messages)));
    assert!(file.len() > 3_000_000);
    assert_eq!(tally(&import(&user, &file).await), ("complete", [1, 0, 200, 0, 0]));

    let db = connect(&chat).await;
    let rows = async |table: &str| {
        let sql = format!("SELECT COUNT(*) AS n FROM {table}");
        let backend = sea_orm::ConnectionTrait::get_database_backend(db.connection());
        let statement = sea_orm::Statement::from_string(backend, sql);
        let row = sea_orm::ConnectionTrait::query_one_raw(db.connection(), statement).await;
        row.unwrap().unwrap().try_get::<i64>("", "n").unwrap()
    };
    assert_eq!(rows("import_pieces").await, 0);
    let (cut, is_cut) = oneshot::channel::<()>();
    let end = async {
        is_cut.await.ok();
        Err(std::io::Error::other("the line is cut"))
    };
    let pieces = stream::once(async { Ok(file.into_bytes()) }).chain(stream::once(end));
    let request = user.request(Method::POST, "/conversations/import");
    let request = request.header("content-type", "application/json");
    let sending = request.body(reqwest::Body::wrap_stream(pieces)).send();
    let cutting = async {
        while rows("imports").await < 2 {}
        cut.send(()).unwrap();
    };
    let (sent, ()) = tokio::join!(sending, cutting);
    sent.unwrap_err();
    while rows("imports").await > 1 {}
    assert_eq!((rows("import_pieces").await, titles(&user, "").await.len()), (0, 1));
    a_conversation(&user, json!({})).await;
}
