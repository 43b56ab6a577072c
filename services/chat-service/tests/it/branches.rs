//! Messages in other words, other replies, and the branches that they begin.

use futures_util::future::join_all;
use mock_llm::{Gate, Script};
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};
use testkit::{Actor, Engine, Event};

use super::{Chat, a_conversation, stream};

/// Somebody's conversation.
struct Talk<'a> {
    chat: &'a Chat,
    user: Actor,
    conversation: String,
}

impl<'a> Talk<'a> {
    async fn new(chat: &'a Chat) -> Self {
        let user = chat.app.user();
        let conversation = a_conversation(&user, json!({})).await;
        Self { chat, user, conversation }
    }

    /// Posts something that is answered; the ids of the message and of its reply.
    async fn post(&self, path: &str, body: Value, answer: &str) -> (String, String) {
        self.chat.model.script(Script::tokens([answer]));
        let sent = self.user.post(path, body).await.expect(200);
        assert_eq!(sent.data("assistantMessage")["content"], answer);
        (sent.id("userMessage"), sent.id("assistantMessage"))
    }

    async fn send(&self, text: &str, answer: &str) -> (String, String) {
        let path = format!("/conversations/{}/messages", self.conversation);
        self.post(&path, json!({"content": text}), answer).await
    }

    async fn edit(&self, message: &str, text: &str, answer: &str) -> (String, String) {
        self.post(&format!("/messages/{message}/edit"), json!({"content": text}), answer).await
    }

    async fn regenerate(&self, reply: &str, body: Value, answer: &str) -> String {
        self.post(&format!("/messages/{reply}/regenerate"), body, answer).await.1
    }

    async fn select(&self, message: &str) {
        let path = format!("/messages/{message}/select");
        let selected = self.user.post(&path, json!({})).await.expect(200);
        assert_eq!(selected.id("conversation"), self.conversation);
    }

    /// What is shown, as `text` or `text*siblings`, page by page.
    async fn shown(&self) -> Vec<String> {
        let (mut shown, mut cursor) = (Vec::new(), String::new());
        loop {
            let path =
                format!("/conversations/{}/messages?order=asc&limit=3{cursor}", self.conversation);
            let page = self.user.get(&path).await.expect(200);
            for message in page.data("messages").as_array().unwrap() {
                let text = message["content"].as_str().unwrap().to_owned();
                let siblings = message["siblingCount"].as_u64().unwrap();
                shown.push(if siblings > 1 { format!("{text}*{siblings}") } else { text });
            }
            match page.json["pagination"]["cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return shown,
            }
        }
    }

    /// What the model was told last.
    fn told(&self) -> Vec<String> {
        let told = self.chat.model.last_request().unwrap().messages();
        told.into_iter().map(|(_, text)| text).collect()
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn of_messages_that_are_sent_at_once_each_follows_another(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let chat = Chat::start(engine).await;
    let talk = Talk::new(&chat).await;
    let path = format!("/conversations/{}/messages", talk.conversation);
    for _ in 0..5 {
        let sends = ["gpt-4o", "gpt-4", "gpt-5", "gpt-5-mini"]
            .map(|model| talk.user.post(&path, json!({"content": "Hi", "model": model})));
        for sent in join_all(sends).await {
            sent.expect(200);
        }
    }
    let listed = talk.user.get(&format!("{path}?order=asc&limit=200")).await.expect(200);
    let messages = listed.data("messages").as_array().unwrap();
    assert_eq!(messages.len(), 40);
    for pair in messages.windows(2) {
        assert_eq!(pair[1]["parentId"], pair[0]["id"]);
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn another_reply_takes_the_place_of_one_and_can_give_it_back(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let chat = Chat::start(engine).await;
    let talk = Talk::new(&chat).await;
    let (_, first) = talk.send("q1", "a1").await;
    talk.send("q2", "a2").await;
    let second = talk.regenerate(&first, json!({}), "a1b").await;
    assert_eq!(talk.told(), ["q1"]);
    assert_eq!(talk.shown().await, ["q1", "a1b*2"]);
    talk.send("q3", "a3").await;
    assert_eq!(talk.told(), ["q1", "a1b", "q3"]);
    let third = talk.regenerate(&second, json!({"model": "gpt-4o"}), "a1c").await;
    assert_eq!(talk.shown().await, ["q1", "a1c*3"]);
    assert_eq!(chat.model.last_request().unwrap().json()["model"], "gpt-4o");

    talk.select(&first).await;
    assert_eq!(talk.shown().await, ["q1", "a1*3", "q2", "a2"]);
    talk.select(&second).await;
    assert_eq!(talk.shown().await, ["q1", "a1b*3", "q3", "a3"]);
    talk.send("q4", "a4").await;
    assert_eq!(talk.told(), ["q1", "a1b", "q3", "a3", "q4"]);

    let siblings = talk.user.get(&format!("/messages/{third}/siblings")).await.expect(200);
    let siblings = siblings.data("messages").as_array().unwrap();
    let texts: Vec<_> = siblings.iter().map(|m| m["content"].as_str().unwrap()).collect();
    assert_eq!(texts, ["a1", "a1b", "a1c"]);
    assert!(siblings.iter().all(|message| message["turnId"] == siblings[0]["turnId"]));
    let path = format!("/conversations/{}", talk.conversation);
    let kept = talk.user.get(&path).await.expect(200);
    assert_eq!(kept.data("conversation")["messageCount"], 10);
    assert_eq!(kept.data("conversation")["lastMessage"]["content"], "a4");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn an_edit_begins_a_branch_and_keeps_the_other(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let chat = Chat::start(engine).await;
    let talk = Talk::new(&chat).await;
    let (q1, _) = talk.send("q1", "a1").await;
    let (q2, _) = talk.send("q2", "a2").await;
    talk.send("q3", "a3").await;
    talk.edit(&q2, "q2b", "a2b").await;
    assert_eq!(talk.told(), ["q1", "a1", "q2b"]);
    assert_eq!(talk.shown().await, ["q1", "a1", "q2b*2", "a2b"]);
    // The very first, while what is edited is not shown.
    let (q1b, _) = talk.edit(&q1, "q1b", "a1b").await;
    assert_eq!(talk.shown().await, ["q1b*2", "a1b"]);
    let (_, a2c) = talk.edit(&q2, "q2c", "a2c").await;
    assert_eq!(talk.told(), ["q1", "a1", "q2c"]);
    assert_eq!(talk.shown().await, ["q1*2", "a1", "q2c*3", "a2c"]);
    talk.select(&q2).await;
    assert_eq!(talk.shown().await, ["q1*2", "a1", "q2*3", "a2", "q3", "a3"]);
    talk.select(&q1b).await;
    assert_eq!(talk.shown().await, ["q1b*2", "a1b"]);
    talk.regenerate(&a2c, json!({}), "a2d").await;
    assert_eq!(talk.shown().await, ["q1*2", "a1", "q2c*3", "a2d*2"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_with_a_history_of_its_own_keeps_to_it() {
    let chat = Chat::start(Engine::Sqlite).await;
    let talk = Talk::new(&chat).await;
    talk.send("q1", "a1").await;
    let path = format!("/conversations/{}/messages", talk.conversation);
    let own = json!({"content": "q2", "model": "gpt-4o", "history": "model"});
    let (_, reply) = talk.post(&path, own, "a2").await;
    assert_eq!(talk.told(), ["q2"]);
    talk.regenerate(&reply, json!({}), "a2b").await;
    assert_eq!(talk.told(), ["q2"]);
    talk.regenerate(&reply, json!({"history": "all"}), "a2c").await;
    assert_eq!(talk.told(), ["q1", "a1", "q2"]);
    let of_model = format!("{path}?model=gpt-4o&order=asc");
    let listed = talk.user.get(&of_model).await.expect(200);
    let texts: Vec<_> =
        listed.data("messages").as_array().unwrap().iter().map(|m| &m["content"]).collect();
    assert_eq!(texts, ["q2", "a2c"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_is_refused() {
    let chat = Chat::start(Engine::Sqlite).await;
    let talk = Talk::new(&chat).await;
    let (question, reply) = talk.send("q1", "a1").await;
    let user = &talk.user;
    let edit = json!({"content": "other words"});
    for (path, body) in [
        (format!("/messages/{reply}/edit"), edit.clone()),
        (format!("/messages/{question}/regenerate"), json!({})),
        (format!("/messages/{question}/edit"), json!({"content": ""})),
        (format!("/messages/{reply}/regenerate"), json!({"temperature": 3})),
    ] {
        assert_eq!(user.post(&path, body).await.expect(400).code(), "VALIDATION_ERROR", "{path}");
    }
    let path = format!("/messages/{reply}/regenerate");
    let unknown = user.post(&path, json!({"model": "none"})).await.expect(422);
    assert_eq!(unknown.code(), "MODEL_UNKNOWN");

    // While a reply runs no other takes its place.
    let gate = Gate::new();
    chat.model.script(Script::text("a b").hold_after(1, &gate));
    let mut events = stream(user, &talk.conversation, "q2").await;
    let running = events.expect("message_start").await.data["messageId"].clone();
    let path = format!("/messages/{}/regenerate", running.as_str().unwrap());
    for body in [json!({}), json!({"model": "gpt-4o"})] {
        assert_eq!(user.post(&path, body).await.expect(409).code(), "GENERATION_IN_PROGRESS");
    }
    gate.release();
    assert_eq!(events.rest().await.last().unwrap().event, "close");
    assert_eq!(talk.shown().await, ["q1", "a1", "q2", "a b"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_is_streamed_and_keeps_its_images() {
    let chat = Chat::start(Engine::Sqlite).await;
    let talk = Talk::new(&chat).await;
    let png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";
    let image = json!({"type": "image", "mediaType": "image/png", "data": png});
    let shown = json!({"content": [{"type": "text", "text": "Look"}, image]});
    let path = format!("/conversations/{}/messages", talk.conversation);
    let (question, _) = talk.post(&path, shown, "I see").await;
    chat.model.script(Script::text("Still there"));
    let body = json!({"content": "Look again", "stream": true});
    let request = talk.user.request(Method::POST, &format!("/messages/{question}/edit"));
    let events = talk.user.stream(request.json(&body)).await.rest().await;
    assert_eq!(Event::text(&events), "Still there");
    assert_eq!(chat.model.last_request().unwrap().images().len(), 1);
    let edited = events[0].data["userMessageId"].as_str().unwrap();
    let edited = talk.user.get(&format!("/messages/{edited}")).await.expect(200);
    assert_eq!(edited.data("message")["attachments"].as_array().unwrap().len(), 1);
}
