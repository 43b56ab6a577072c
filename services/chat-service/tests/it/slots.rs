//! How many replies of one person may be in the making at once.

use futures_util::future::{join, join_all};
use mock_llm::{Gate, Script};
use reqwest::Method;
use rstest::rstest;
use sea_orm::{
    ConnectionTrait as _, DatabaseConnection, DatabaseTransaction, DbBackend, Statement,
    TransactionTrait as _,
};
use serde_json::json;
use testkit::{Actor, Engine};

use super::{Chat, a_conversation, stream};

async fn some_conversations(user: &Actor, count: usize) -> Vec<String> {
    join_all((0..count).map(|_| a_conversation(user, json!({})))).await
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_ninth_reply_waits_for_one_to_end(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let chat = Chat::start(engine).await;
    let (user, other) = (chat.app.user(), chat.app.user());
    let gate = Gate::new();
    chat.model.default_script(Script::text("a b c").hold_after(1, &gate));
    let conversations = some_conversations(&user, 9).await;
    let (ninth, eight) = conversations.split_last().unwrap();
    let mut running = Vec::new();
    for conversation in eight {
        let mut events = stream(&user, conversation, "x").await;
        let start = events.expect("message_start").await;
        running.push((start.data["messageId"].as_str().unwrap().to_owned(), events));
    }

    let path = format!("/conversations/{ninth}/messages");
    // Whichever replica is asked.
    let replica = chat.replica().await;
    for base_url in [&chat.app.base_url, &replica.base_url] {
        let refused = user.at(base_url).post(&path, json!({"content": "x"})).await.expect(429);
        assert_eq!((refused.code(), refused.header("retry-after")), ("RATE_LIMITED", Some("5")));
        assert_eq!(refused.json["error"]["details"], json!({"limit": 8}));
    }
    assert_eq!(user.get(&path).await.json["data"]["messages"], json!([]));
    let theirs = a_conversation(&other, json!({})).await;
    stream(&other, &theirs, "x").await.expect("message_start").await;

    // The end of one makes room for one, and the others go on.
    let (first, mut events) = running.remove(0);
    user.post(&format!("/messages/{first}/cancel"), json!({})).await.expect(200);
    events.rest().await;
    let mut admitted = stream(&user, ninth, "x").await;
    admitted.expect("message_start").await;
    gate.release();
    for (_, mut events) in running {
        assert!(events.rest().await.iter().any(|event| event.event == "message_complete"));
    }
    assert!(admitted.rest().await.iter().any(|event| event.event == "message_complete"));
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn of_thirty_sends_made_at_once_exactly_eight_begin(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let chat = Chat::start(engine).await;
    let replica = chat.replica().await;
    let user = chat.app.user();
    let gate = Gate::new();
    chat.model.default_script(Script::text("a b c").hold_after(1, &gate));
    let conversations = some_conversations(&user, 30).await;
    let sends = conversations.iter().enumerate().map(|(number, conversation)| {
        let user = if number % 2 == 0 { user.clone() } else { user.at(&replica.base_url) };
        let path = format!("/conversations/{conversation}/messages");
        async move {
            let body = json!({"content": "x", "stream": true});
            user.request(Method::POST, &path).json(&body).send().await.unwrap()
        }
    });
    let answers = join_all(sends).await;
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status().as_u16()).collect();
    let of = |status| statuses.iter().filter(|it| **it == status).count();
    assert_eq!((of(200), of(429)), (8, 22), "{statuses:?}");
    gate.reached_by(8).await;
    assert_eq!(chat.model.requests().len(), 8);
    gate.release();
}

/// A database that holds up whatever begins.
struct HeldUp {
    database: DatabaseConnection,
    lock: DatabaseTransaction,
}

impl HeldUp {
    #[expect(clippy::disallowed_methods, reason = "a lock that only PostgreSQL has")]
    async fn of(chat: &Chat) -> Self {
        let database = sea_orm::Database::connect(chat.database.url()).await.unwrap();
        let lock = database.begin().await.unwrap();
        let statement = "LOCK TABLE chat.conversations IN EXCLUSIVE MODE";
        lock.execute_unprepared(statement).await.unwrap();
        Self { database, lock }
    }

    /// Waits until it holds up so many.
    async fn holds(&self, count: i64) {
        let waiting = "SELECT count(*) AS count FROM pg_stat_activity \
                       WHERE wait_event_type = 'Lock' AND datname = current_database()";
        let waiting = Statement::from_string(DbBackend::Postgres, waiting);
        let count_of = async || {
            let row = self.database.query_one_raw(waiting.clone()).await.unwrap().unwrap();
            row.try_get::<i64>("", "count").unwrap()
        };
        while count_of().await < count {}
    }

    async fn end(self) {
        self.lock.rollback().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_finds_no_place_is_refused_at_once_and_nothing_is_stored() {
    let one_place = [("OMNICHAT__GENERATION__BEGINNING", "1")];
    let chat = Chat::start_with(Engine::Postgres, &one_place).await;
    let user = chat.app.user();
    let mut paths = Vec::new();
    for _ in 0..2 {
        let conversation = a_conversation(&user, json!({})).await;
        paths.push(format!("/conversations/{conversation}/messages"));
    }
    chat.model.default_script(Script::text("a b c"));

    let held_up = HeldUp::of(&chat).await;
    let slow = user.post(&paths[0], json!({"content": "x"}));
    let meanwhile = async {
        held_up.holds(1).await;
        let refused = user.post(&paths[1], json!({"content": "x"})).await.expect(503);
        assert_eq!(
            (refused.code(), refused.header("retry-after")),
            ("SERVICE_UNAVAILABLE", Some("1"))
        );
        // A conversation that nothing could be said in is not begun either.
        let refused = user.post("/conversations", json!({})).await.expect(503);
        assert_eq!(refused.code(), "SERVICE_UNAVAILABLE");
        held_up.end().await;
    };
    join(slow, meanwhile).await.0.expect(200);
    assert_eq!(user.get(&paths[1]).await.json["data"]["messages"], json!([]));
    user.post(&paths[1], json!({"content": "x"})).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn conversations_are_begun_in_half_of_the_places_and_the_rest_is_for_what_is_said_in_them() {
    let places = [("OMNICHAT__GENERATION__BEGINNING", "4")];
    let chat = Chat::start_with(Engine::Postgres, &places).await;
    let user = chat.app.user();
    let path = format!("/conversations/{}/messages", a_conversation(&user, json!({})).await);
    chat.model.default_script(Script::text("a b c"));

    let held_up = HeldUp::of(&chat).await;
    let begun = join_all([0, 1].map(|_| user.post("/conversations", json!({}))));
    let meanwhile = async {
        held_up.holds(2).await;
        let said = user.post(&path, json!({"content": "x"}));
        let refused = async {
            held_up.holds(3).await;
            let refused = user.post("/conversations", json!({})).await.expect(503);
            assert_eq!(refused.code(), "SERVICE_UNAVAILABLE");
            held_up.end().await;
        };
        join(said, refused).await.0.expect(200);
    };
    for conversation in join(begun, meanwhile).await.0 {
        conversation.expect(201);
    }
}
