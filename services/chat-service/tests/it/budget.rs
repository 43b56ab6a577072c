//! What a person may spend on models in a day.

use std::sync::Arc;

use chat_service::ChatService;
use chat_service::repositories::SqlUsage;
use chrono::TimeDelta;
use common::UserId;
use common::repositories::UsageRepository;
use futures_util::future::join_all;
use mock_llm::{Ended, Gate, Script};
use platform::cli::Service;
use platform::db::Database;
use platform::settings::DatabaseSettings;
use rstest::rstest;
use serde_json::{Value, json};
use testkit::{Actor, Engine, Event, EventStream, Reply, a_clock, settings};

use super::{Chat, a_conversation, stream};

/// gpt-4 costs 30 micro-dollars for a token that it reads and 60 for one that it writes.
const MODEL: &str = "gpt-4";

/// A token, by OpenAI's vocabularies as by the estimate that stands in until they are loaded.
const WORD: &str = " one";

/// The clock of these tests stands at 08:00 UTC.
const UNTIL_MIDNIGHT: &str = "57600";

async fn start(engine: Engine, daily: &'static str) -> Chat {
    let more = [
        ("OMNICHAT__BUDGET__DAILY_MICRO_USD_PER_USER", daily),
        ("OMNICHAT__GENERATION__CHECKPOINT_MILLISECONDS", "50"),
        ("OMNICHAT__MODELS__DEMO", "on"),
    ];
    Chat::start_at(engine, Arc::new(a_clock()), &more).await
}

async fn send(user: &Actor, conversation: &str, content: &str) -> Reply {
    let path = format!("/conversations/{conversation}/messages");
    user.post(&path, json!({"content": content})).await
}

fn assert_spent(refused: Reply) {
    let refused = refused.expect(429);
    assert_eq!(
        (refused.code(), refused.header("retry-after")),
        ("BUDGET_EXCEEDED", Some(UNTIL_MIDNIGHT))
    );
}

/// Streams a reply to where it is stopped; the error that it ends with.
async fn stopped(mut events: EventStream) -> (Value, String) {
    let rest = events.rest().await;
    let error = rest.iter().find(|event| event.event == "error").unwrap();
    assert_eq!(rest.last().unwrap().event, "close");
    (error.data.clone(), Event::text(&rest))
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn what_is_spent_today_is_refused_until_midnight(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let clock = a_clock();
    let more = [("OMNICHAT__BUDGET__DAILY_MICRO_USD_PER_USER", "60000")];
    let chat = Chat::start_at(engine, Arc::new(clock.clone()), &more).await;
    let id: UserId = chat.app.instance.ids.next();
    let (user, other) = (chat.app.user_with_id(id), chat.app.user());
    let conversation = a_conversation(&user, json!({"model": MODEL})).await;
    let path = format!("/conversations/{conversation}/messages");

    chat.model.script(Script::text("one").usage(1_000, 480));
    send(&user, &conversation, "1").await.expect(200);
    chat.model.script(Script::text("two").usage(1, 20));
    send(&user, &conversation, "2").await.expect(200);
    // 58,800 and 1,230.
    assert_spent(send(&user, &conversation, "3").await);
    let messages = user.get(&path).await.expect(200);
    assert_eq!(messages.data("messages").as_array().unwrap().len(), 4);
    assert_eq!(chat.model.requests().len(), 2);
    // What is not there comes first, and nobody else's budget is touched.
    send(&other, &conversation, "3").await.expect(404);
    let theirs = a_conversation(&other, json!({"model": MODEL})).await;
    send(&other, &theirs, "1").await.expect(200);

    clock.advance(TimeDelta::hours(16));
    let user = chat.app.user_with_id(id);
    send(&user, &conversation, "3").await.expect(200);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_reply_is_stopped_where_the_budget_ends(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let chat = start(engine, "6000").await;
    let user = chat.app.user();
    let conversation = a_conversation(&user, json!({"model": MODEL})).await;
    let (gate, text) = (Gate::new(), WORD.repeat(100));
    chat.model.script(Script::tokens([text.as_str(), "never"]).hold_after(1, &gate));

    let mut events = stream(&user, &conversation, "x").await;
    let start = events.expect("message_start").await;
    let (error, seen) = stopped(events).await;
    assert_eq!((&error["code"], &error["retryable"]), (&json!("BUDGET_EXCEEDED"), &json!(false)));
    chat.model.wait_for(|log| log[0].ended == Ended::ClientLeft).await;
    let message = start.data["messageId"].as_str().unwrap();
    let stored = user.get(&format!("/messages/{message}")).await.expect(200);
    let stored = stored.data("message");
    assert_eq!((&stored["status"], &stored["content"]), (&json!("failed"), &json!(text)));
    assert_eq!((&stored["error"]["code"], seen), (&json!("BUDGET_EXCEEDED"), text.clone()));
    // 5 tokens read and 100 written, as far as can be told.
    assert_eq!(stored["usage"]["costUsd"], json!(0.00615));
    assert_spent(send(&user, &conversation, "x").await);

    // Who waits for the whole is told the same.
    let other = chat.app.user();
    let theirs = a_conversation(&other, json!({"model": MODEL})).await;
    chat.model.script(Script::tokens([text.as_str(), "never"]).hold_after(1, &Gate::new()));
    let refused = send(&other, &theirs, "x").await.expect(429);
    assert_eq!(refused.code(), "BUDGET_EXCEEDED");
    assert!(refused.json["error"]["details"]["messageId"].is_string());
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn replies_made_at_once_spend_the_same_budget(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let chat = start(engine, "20000").await;
    let user = chat.app.user();
    let (gate, text) = (Gate::new(), WORD.repeat(100));
    chat.model.default_script(Script::tokens([text.as_str(), "never"]).hold_after(1, &gate));
    let replies = (0..4).map(|_| async {
        let conversation = a_conversation(&user, json!({"model": MODEL})).await;
        let events = stream(&user, &conversation, "x").await;
        // Each costs 6,150, which only together is too much.
        stopped(events).await.0["code"].clone()
    });
    assert_eq!(join_all(replies).await, vec![json!("BUDGET_EXCEEDED"); 4]);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn what_was_cancelled_counts_and_what_has_no_price_does_not(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let chat = start(engine, "250").await;
    let user = chat.app.user();
    let unpriced = a_conversation(&user, json!({"model": "demo"})).await;
    for _ in 0..2 {
        send(&user, &unpriced, "x").await.expect(200);
    }

    let conversation = a_conversation(&user, json!({"model": MODEL})).await;
    let gate = Gate::new();
    chat.model.script(Script::text("a b c").hold_after(1, &gate));
    let mut events = stream(&user, &conversation, "x").await;
    events.expect("message_start").await;
    let message = events.expect("token").await.data["messageId"].as_str().unwrap().to_owned();
    let cancelled = user.post(&format!("/messages/{message}/cancel"), json!({})).await.expect(200);
    assert_eq!(cancelled.data("message")["usage"]["costUsd"], json!(0.00021));
    // That leaves room for one, which may be stopped or not before it has told what it took, and for no other.
    chat.model.script(Script::text("b").usage(1, 1));
    send(&user, &conversation, "x").await;
    assert_spent(send(&user, &conversation, "x").await);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_users_spending_is_forgotten(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let chat = Chat::start(engine).await;
    let ids: [UserId; 2] = [chat.app.instance.ids.next(), chat.app.instance.ids.next()];
    for id in ids {
        let user = chat.app.user_with_id(id);
        let conversation = a_conversation(&user, json!({"model": MODEL})).await;
        chat.model.script(Script::text("one").usage(10, 20));
        send(&user, &conversation, "1").await.expect(200);
    }
    let settings = settings(&[ChatService::DEFAULTS], &chat.database, &[]);
    let db = Database::connect(&DatabaseSettings::from(&settings).unwrap(), "chat").await.unwrap();
    let usage = SqlUsage::new(db);
    let spent = async || {
        let mut spent = Vec::new();
        for id in ids {
            // Also yesterday's, should midnight fall into this test.
            let today = chat.clock.now().date_naive();
            let yesterday = today.pred_opt().unwrap();
            let (today, yesterday) = (usage.spent(id, today), usage.spent(id, yesterday));
            spent.push(today.await.unwrap() + yesterday.await.unwrap());
        }
        spent
    };
    assert_eq!(spent().await, [1_500, 1_500]);
    let path = format!("/internal/users/{}", ids[0]);
    chat.app.service("auth-service").delete(&path).await.expect(200);
    assert_eq!(spent().await, [0, 1_500]);
}
