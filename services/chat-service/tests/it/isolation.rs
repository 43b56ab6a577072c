//! What is another's is not there, and who may do what.

use mock_llm::{Gate, Script};
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};
use testkit::{Actor, Engine, Reply, Target};
use uuid::Uuid;

use super::{Chat, a_conversation, stream, the_project};

fn endpoints(conversation: &str, message: &str) -> Vec<(Method, String, Value)> {
    let (get, post, patch, delete) = (Method::GET, Method::POST, Method::PATCH, Method::DELETE);
    vec![
        (get.clone(), format!("/conversations/{conversation}"), Value::Null),
        (patch, format!("/conversations/{conversation}"), json!({"title": "stolen"})),
        (post.clone(), format!("/conversations/{conversation}/title"), Value::Null),
        (
            post.clone(),
            format!("/threads/{conversation}/models/gpt-4o-mini/summarize"),
            Value::Null,
        ),
        (delete, format!("/conversations/{conversation}"), Value::Null),
        (get.clone(), format!("/conversations/{conversation}/messages"), Value::Null),
        (
            post.clone(),
            format!("/conversations/{conversation}/messages"),
            json!({"content": "stolen"}),
        ),
        (get.clone(), format!("/messages/{message}"), Value::Null),
        (get.clone(), format!("/messages/{message}/stream"), Value::Null),
        (post.clone(), format!("/messages/{message}/cancel"), Value::Null),
        (post.clone(), format!("/messages/{message}/edit"), json!({"content": "stolen"})),
        (post.clone(), format!("/messages/{message}/regenerate"), json!({})),
        (post.clone(), format!("/messages/{message}/select"), Value::Null),
        (get.clone(), format!("/conversations/{conversation}/export"), Value::Null),
        (post, format!("/conversations/{conversation}/shares"), Value::Null),
        (get, format!("/conversations/{conversation}/shares"), Value::Null),
    ]
}

async fn ask(actor: &Actor, (method, path, body): &(Method, String, Value)) -> Reply {
    let request = actor.request(method.clone(), path);
    actor.send(if body.is_null() { request } else { request.json(body) }).await
}

#[tokio::test(flavor = "multi_thread")]
async fn anothers_things_are_as_absent_as_what_never_was_even_while_a_reply_runs() {
    let chat = Chat::start(Engine::Postgres).await;
    let (owner, other) = (chat.app.user(), chat.app.user());
    let conversation = a_conversation(&owner, json!({"title": "canary"})).await;
    let gate = Gate::new();
    chat.model.script(Script::text("a b c").hold_after(1, &gate));
    let mut events = stream(&owner, &conversation, "canary").await;
    let message =
        events.expect("message_start").await.data["messageId"].as_str().unwrap().to_owned();
    let nothing = Uuid::from_u128(7).to_string();

    for (theirs, missing) in
        endpoints(&conversation, &message).iter().zip(endpoints(&nothing, &nothing))
    {
        let (theirs, missing) =
            (ask(&other, theirs).await.expect(404), ask(&other, &missing).await.expect(404));
        assert_eq!(theirs.code(), "NOT_FOUND");
        assert_eq!(theirs.json["error"], missing.json["error"]);
    }
    assert_eq!(
        other.get("/conversations").await.expect(200).json["data"]["conversations"],
        json!([])
    );
    gate.release();
    assert_eq!(events.rest().await.last().unwrap().event, "close");
    assert_eq!(chat.model.requests().len(), 1);
    let kept = owner.get(&format!("/conversations/{conversation}")).await.expect(200);
    assert_eq!(
        (&kept.data("conversation")["title"], &kept.data("conversation")["messageCount"]),
        (&json!("canary"), &json!(2))
    );
}

/// What each endpoint is tried on.
async fn target(operation: &str, owner: &Actor) -> Option<Target> {
    let (id, of_another) = (Uuid::from_u128(8), Uuid::from_u128(9));
    let target = match operation {
        "list_conversations" => Target::each("/conversations"),
        "create_conversation" => Target::each("/conversations").body(json!({"title": "new"})),
        "import_conversations" => Target::each("/conversations/import").body(json!([])),
        "get_import" => {
            let started = owner.post("/conversations/import", json!([])).await.expect(202);
            Target::own(format!("/imports/{}", started.data("jobId").as_str()?))
        }
        "list_threads" => Target::each("/threads"),
        "create_thread" => Target::each("/threads").body(json!({"title": "new"})),
        "chat" => Target::each("/chat").body(json!({"projectId": the_project(), "message": "new"})),
        "list_project_messages" => Target::each(format!("/projects/{}/messages", the_project())),
        "stream_project_messages" => {
            Target::each(format!("/projects/{}/messages/stream?content=Hello", the_project()))
        }
        "list_models" => Target::each("/models"),
        "get_model_status" => Target::each("/models/llama3/status"),
        "load_model" => Target::each("/models/llama3/load"),
        "stream_model_load" => {
            owner.post("/models/llama3/load", json!({})).await.expect(202);
            Target::each("/models/llama3/load/stream")
        }
        "create_completion" => Target::each("/v1/chat/completions")
            .body(json!({"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Hi"}]})),
        "list_completion_models" => Target::each("/v1/models"),
        "get_completion_model" => Target::each("/v1/models/gpt-4o-mini"),
        "get_usage" => Target::each("/usage"),
        "update_api_keys" => Target::each("/profile/api-keys").body(json!({"openai": "sk-own"})),
        "list_api_keys" => Target::each("/profile/api-keys"),
        "delete_api_key" => {
            owner.post("/profile/api-keys", json!({"openai": "sk-own"})).await.expect(200);
            Target::own("/profile/api-keys/openai")
        }
        "delete_project_conversations" => Target::each(format!("/internal/projects/{id}")),
        "delete_user_conversations" => Target::each(format!("/internal/users/{id}")),
        "export_user_conversations" => Target::each(format!("/internal/users/{id}/export")),
        "get_preferences" => Target::each(format!("/internal/users/{of_another}/preferences")),
        "update_preferences" => Target::each(format!("/internal/users/{of_another}/preferences"))
            .body(json!({"systemPrompt": "Be brief."})),
        "generate_project_name" => {
            let project = the_project();
            let conversation = a_conversation(owner, json!({"projectId": project})).await;
            let messages = format!("/conversations/{conversation}/messages");
            owner.post(&messages, json!({"content": "Hi"})).await.expect(200);
            // The one project is everybody's.
            Target::prepared(format!("/projects/{project}/generate_name"))
        }
        of_a_thing => return target_of_a_thing(of_a_thing, owner).await,
    };
    Some(target)
}

async fn target_of_a_thing(operation: &str, owner: &Actor) -> Option<Target> {
    let conversation = format!("/conversations/{}", a_conversation(owner, json!({})).await);
    let messages = format!("{conversation}/messages");
    let thread = conversation.replace("conversations", "threads");
    let image = json!({"type": "image", "mediaType": "image/png", "data": "iVBORw0KGgo="});
    let sent = owner.post(&messages, json!({"content": [image]})).await.expect(200);
    let message = format!("/messages/{}", sent.id("assistantMessage"));
    let target = match operation {
        "get_conversation" | "delete_conversation" => Target::own(conversation),
        "update_conversation" => Target::own(conversation).body(json!({"title": "stolen"})),
        "generate_title" => Target::own(conversation + "/title"),
        "summarize_thread" => {
            let thread = conversation.replace("/conversations", "/threads");
            Target::own(thread + "/models/gpt-4o-mini/summarize")
        }
        "list_messages" => Target::own(messages),
        "send_message" => Target::own(messages).body(json!({"content": "stolen"})),
        "get_thread" | "delete_thread" => Target::own(thread),
        "update_thread_title" => Target::own(thread + "/title").body(json!({"title": "stolen"})),
        "list_model_messages" => Target::own(thread + "/models/gpt-4o-mini/messages"),
        "send_to_model" => {
            Target::own(thread + "/models/gpt-4o-mini/messages").body(json!({"content": "stolen"}))
        }
        "send_to_models" => Target::own(thread + "/messages")
            .body(json!({"content": "stolen", "models": ["gpt-4o-mini"]})),
        "get_message" => Target::own(message),
        "stream_message" => Target::own(message + "/stream"),
        "get_attachment" => {
            let url = sent.data("userMessage")["attachments"][0]["url"].as_str()?;
            Target::own(url)
        }
        "cancel_message" => Target::own(message + "/cancel"),
        "edit_message" => {
            let question = sent.id("userMessage");
            Target::own(format!("/messages/{question}/edit")).body(json!({"content": "stolen"}))
        }
        "regenerate_message" => Target::own(message + "/regenerate").body(json!({})),
        "list_siblings" => Target::own(message + "/siblings"),
        "select_message" => Target::own(message + "/select"),
        "export_conversation" => Target::own(conversation + "/export"),
        "create_share" | "list_shares" => Target::own(conversation + "/shares"),
        "delete_share" | "get_shared_conversation" => {
            let shared = owner.post(&(conversation + "/shares"), Value::Null).await.expect(201);
            match operation {
                "delete_share" => Target::own(format!("/shares/{}", shared.id("share"))),
                _ => Target::each(shared.data("share")["url"].as_str()?),
            }
        }
        _ => return None,
    };
    Some(target)
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn every_endpoint_is_for_whom_it_should_be(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let chat = Chat::start(engine).await;
    chat.model.pulled(["llama3"]);
    let person = async || chat.app.user();
    testkit::assert_authorised(&chat.app, &chat_service::routes::endpoints(), person, target).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_hostile_token_opens_anything() {
    let chat = Chat::start(Engine::Sqlite).await;
    testkit::assert_withstands_hostile_tokens(&chat.app, &chat.app.user(), "/conversations").await;
}
