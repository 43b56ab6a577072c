//! What models are told in short, and what is told word for word.

use std::time::Duration;

use mock_llm::{Ended, Gate, Recorded, Refusal, Script};
use rstest::rstest;
use serde_json::{Value, json};
use testkit::{Actor, Engine, Reply};
use tokio::time::{sleep, timeout};

use super::{Chat, a_conversation};

/// From 247 tokens on, which is after three of the exchanges below; the newest 123 are kept, which is the last of them.
const EARLY: [(&str, &str); 1] = [("OMNICHAT__CONTEXT__SUMMARIZE_AT", "0.002")];

/// Somebody's conversation.
struct Talk<'a> {
    chat: &'a Chat,
    user: Actor,
    id: String,
}

impl<'a> Talk<'a> {
    async fn new(chat: &'a Chat) -> Self {
        let user = chat.app.user();
        let id = a_conversation(&user, json!({})).await;
        Self { chat, user, id }
    }

    /// The ids of a message of about forty tokens and of its reply, which has as many.
    async fn exchange(&self, name: &str) -> (String, String) {
        self.chat.model.script(Script::tokens([words(&format!("a{name}"))]));
        let path = format!("/conversations/{}/messages", self.id);
        let content = words(&format!("q{name}"));
        let sent = self.user.post(&path, json!({"content": content})).await.expect(200);
        (sent.id("userMessage"), sent.id("assistantMessage"))
    }

    async fn summary(&self) -> Value {
        summary(&self.user, &self.id).await
    }

    async fn summarize(&self, model: &str) -> Reply {
        self.user.post(&format!("/threads/{}/models/{model}/summarize", self.id), json!({})).await
    }

    async fn summarized_through(&self, reply: &str) -> Value {
        let message = self.user.get(&format!("/messages/{reply}")).await.expect(200);
        message.data("message")["context"]["summarizedThrough"].clone()
    }
}

async fn summary(user: &Actor, conversation: &str) -> Value {
    let found = user.get(&format!("/conversations/{conversation}")).await.expect(200);
    found.data("conversation")["summary"].clone()
}

/// The summary, once there is one.
async fn summarized(user: &Actor, conversation: &str) -> Value {
    let summarized = async {
        loop {
            match summary(user, conversation).await {
                Value::Null => sleep(Duration::from_millis(20)).await,
                summary => return summary,
            }
        }
    };
    timeout(Duration::from_secs(30), summarized).await.unwrap()
}

fn words(first: &str) -> String {
    format!("{first}{}", " one".repeat(39))
}

fn summaries(log: &[Recorded]) -> Vec<&Recorded> {
    let is_summary = |request: &&Recorded| {
        request.messages().first().is_some_and(|(_, text)| text.starts_with("You sum up"))
    };
    log.iter().filter(is_summary).collect()
}

/// The first word of each message that a model was told.
fn told(request: &Recorded) -> Vec<String> {
    let messages = request.messages();
    messages.iter().map(|(_, text)| text.split(' ').next().unwrap().to_owned()).collect()
}

/// That of the last reply.
fn last_told(chat: &Chat) -> Vec<String> {
    let log = chat.model.requests();
    let asked = summaries(&log).into_iter().map(|request| request.index).collect::<Vec<_>>();
    told(log.iter().rfind(|request| !asked.contains(&request.index)).unwrap())
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_summary_takes_the_place_of_what_it_covers_on_its_branch_alone(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let chat = Chat::start_with(engine, &EARLY).await;
    // Somebody else to do it twice.
    let _replica = chat.replica().await;
    let talk = Talk::new(&chat).await;
    chat.model.default_script(Script::text("They counted."));
    let (q1, _) = talk.exchange("1").await;
    let (_, a2) = talk.exchange("2").await;
    assert_eq!(talk.summary().await, Value::Null);
    let (q3, a3) = talk.exchange("3").await;
    assert_eq!(talk.summarized_through(&a3).await, Value::Null);
    assert_eq!(summarized(&talk.user, &talk.id).await, "They counted.");

    let log = chat.model.requests();
    let made = summaries(&log);
    assert_eq!(made.len(), 1);
    let material = &made[0].messages()[1].1;
    for (text, is_in) in [("q1", true), ("a1", true), ("q2", true), ("a2", true), ("q3", false)] {
        assert_eq!(material.contains(text), is_in, "{material}");
    }
    let (_, a4) = talk.exchange("4").await;
    assert_eq!(last_told(&chat), ["What", "q3", "a3", "q4"]);
    let log = chat.model.requests();
    assert!(log.last().unwrap().messages()[0].1.ends_with("They counted."));
    assert_eq!(talk.summarized_through(&a4).await, json!(a2));

    // Another branch has another past.
    chat.model.script(Script::tokens(["other"]));
    let edit = json!({"content": "q1b"});
    talk.user.post(&format!("/messages/{q1}/edit"), edit).await.expect(200);
    talk.exchange("5").await;
    assert_eq!(last_told(&chat), ["q1b", "other", "q5"]);
    // What it covers is not in front of a reply that is made anew.
    talk.user.post(&format!("/messages/{a2}/regenerate"), json!({})).await.expect(200);
    assert_eq!(last_told(&chat), ["q1", "a1", "q2"]);
    talk.user.post(&format!("/messages/{q3}/select"), json!({})).await.expect(200);
    talk.exchange("6").await;
    assert_eq!(last_told(&chat), ["What", "q3", "a3", "q4", "a4", "q6"]);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_summary_in_the_making_outlives_its_process_and_delays_no_reply(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let chat = Chat::start_with(engine, &EARLY).await;
    let talk = Talk::new(&chat).await;
    let gate = Gate::new();
    chat.model.default_script(Script::text("They counted.").hold_after(1, &gate));
    for name in ["1", "2", "3"] {
        talk.exchange(name).await;
    }
    gate.reached().await;
    talk.exchange("4").await;
    assert_eq!(last_told(&chat), ["q1", "a1", "q2", "a2", "q3", "a3", "q4"]);

    let (Talk { user, id, .. }, replica) = (talk, chat.replica().await);
    let Chat { app, model, .. } = chat;
    app.stop().await;
    model.wait_for(|log| summaries(log)[0].ended == Ended::ClientLeft).await;
    gate.release();
    let user = user.at(&replica.base_url);
    assert_eq!(summarized(&user, &id).await, "They counted.");
    assert_eq!(summaries(&model.requests()).len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_cannot_sum_up_is_sent_what_was_said() {
    let chat = Chat::start_with(Engine::Sqlite, &EARLY).await;
    let talk = Talk::new(&chat).await;
    chat.model.default_script(Refusal::BadRequest("no".to_owned()));
    for name in ["1", "2", "3"] {
        talk.exchange(name).await;
    }
    chat.model.wait_for(|log| !summaries(log).is_empty()).await;
    talk.exchange("4").await;
    assert_eq!(last_told(&chat).len(), 7);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_that_may_pass_is_tried_again() {
    let chat = Chat::start_with(Engine::Sqlite, &EARLY).await;
    let talk = Talk::new(&chat).await;
    chat.model.default_script(Refusal::Failed(500));
    for name in ["1", "2", "3"] {
        talk.exchange(name).await;
    }
    chat.model.wait_for(|log| summaries(log).len() >= 3).await;
    chat.model.default_script(Script::text("They counted."));
    assert_eq!(summarized(&talk.user, &talk.id).await, "They counted.");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_summary_is_made_when_it_is_asked_for(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let chat = Chat::start(engine).await;
    let talk = Talk::new(&chat).await;
    let model = "gpt-4o-mini";
    assert_eq!(talk.summarize(model).await.expect(409).code(), "CONFLICT");
    assert_eq!(talk.summarize("nothing").await.expect(404).code(), "NOT_FOUND");
    talk.exchange("1").await;
    let (_, a2) = talk.exchange("2").await;
    chat.model.script(Script::text("one one one\n").usage(100, 20));
    let made = talk.summarize(model).await.expect(200);
    insta::assert_json_snapshot!("summary", made.json["data"], {".generatedAt" => "[time]"});
    assert_eq!(talk.summary().await, "one one one");
    assert_eq!(talk.summarize(model).await.expect(409).code(), "CONFLICT");
    assert_eq!(talk.summarize("gpt-4o").await.expect(409).code(), "CONFLICT");
    let thread = talk.user.get(&format!("/threads/{}", talk.id)).await.expect(200);
    let known = &thread.data("thread")["models"][model];
    assert_eq!(known["summary"], "one one one");
    assert_eq!(known["summaryUpdatedAt"], made.json["data"]["generatedAt"]);

    // The last exchange is told all the same.
    let (_, a3) = talk.exchange("3").await;
    assert_eq!(last_told(&chat), ["What", "q2", "a2", "q3"]);
    assert_eq!(talk.summarized_through(&a3).await, json!(a2));
    // The next one goes on where this one ends, and is never too long.
    chat.model.script(Script::generated(900));
    let made = talk.summarize(model).await.expect(200).json["data"].clone();
    assert!((600..=700).contains(&made["tokens"].as_u64().unwrap()), "{made}");
    let (log, usage) = (chat.model.requests(), talk.user.get("/usage").await.expect(200));
    let material = &summaries(&log)[1].messages()[1].1;
    assert!(material.starts_with("Earlier summary:\none one one") && !material.contains("q2"));
    assert_eq!(usage.json["data"]["total"]["requests"], 5);

    talk.exchange("4").await;
    chat.model.script(Script::tokens([" "]));
    assert_eq!(talk.summarize(model).await.expect(502).code(), "PROVIDER_PROTOCOL");
    chat.model.script(Refusal::QuotaExhausted);
    assert_eq!(talk.summarize(model).await.expect(429).code(), "PROVIDER_RATE_LIMITED");
    assert_eq!(talk.summary().await, made["summary"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_history_of_ones_own_has_a_summary_of_its_own() {
    let chat = Chat::start(Engine::Sqlite).await;
    let talk = Talk::new(&chat).await;
    talk.exchange("1").await;
    let path = format!("/conversations/{}/messages", talk.id);
    let own = json!({"content": "own", "model": "gpt-4o", "history": "model"});
    for _ in 0..2 {
        chat.model.script(Script::tokens(["reply"]));
        talk.user.post(&path, own.clone()).await.expect(200);
    }
    chat.model.script(Script::text("Own matters."));
    talk.summarize("gpt-4o").await.expect(200);
    let log = chat.model.requests();
    assert!(!summaries(&log)[0].messages()[1].1.contains("q1"));

    let all = json!({"content": "all", "model": "gpt-4o"});
    for (body, expected) in [
        (own, vec!["What", "own", "reply", "own"]),
        (all, vec!["q1", "a1", "own", "reply", "own", "reply", "own", "reply", "all"]),
    ] {
        chat.model.script(Script::tokens(["reply"]));
        talk.user.post(&path, body).await.expect(200);
        assert_eq!(last_told(&chat), expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_spent_the_days_budget_gets_no_summary() {
    let more = [("OMNICHAT__BUDGET__DAILY_MICRO_USD_PER_USER", "1000")];
    let chat = Chat::start_with(Engine::Sqlite, &more).await;
    let talk = Talk::new(&chat).await;
    talk.exchange("1").await;
    // Far more than a tenth of a cent.
    chat.model.script(Script::text("They counted.").usage(100_000, 20_000));
    talk.summarize("gpt-4o-mini").await.expect(200);
    let refused = talk.summarize("gpt-4o-mini").await;
    assert_eq!(refused.expect(409).code(), "CONFLICT");
    let path = format!("/conversations/{}/title", talk.id);
    assert_eq!(talk.user.post(&path, json!({})).await.expect(429).code(), "BUDGET_EXCEEDED");
}
