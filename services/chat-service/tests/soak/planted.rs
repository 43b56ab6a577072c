//! The checker itself: it has nothing to object where all is well, and objects to everything that is planted.

use std::time::{Duration, Instant};

use rand::SeedableRng;
use rand::rngs::SmallRng;
use reqwest::Method;
use sea_orm::{ConnectionTrait, TransactionOptions, TransactionTrait};
use serde_json::json;

use super::races::Write;
use super::{Answer, Scene, Sent, checker};

/// What is done to the tables, with `{u}`, `{r}` and `{c}` a message, its reply and their conversation; and a word of the objection.
const PLANTED: [(&str, &str); 27] = [
    (
        "UPDATE chat.messages SET content = left(content, -1) WHERE id = '{r}'",
        "had not all that is stored",
    ),
    (
        "UPDATE chat.messages SET content = left(content, -1) WHERE id = '{r}'",
        "not what a model has said",
    ),
    (
        "UPDATE chat.messages SET content = 'x' || content WHERE id = '{r}'",
        "another reply than is stored",
    ),
    (
        "UPDATE chat.messages SET content = content || ' x' WHERE id = '{u}'",
        "acknowledged message is another",
    ),
    ("DELETE FROM chat.messages WHERE id = '{u}'", "acknowledged message is gone"),
    ("DELETE FROM chat.messages WHERE id = '{r}'", "acknowledged reply is gone"),
    ("DELETE FROM chat.messages WHERE id = '{r}'", "numbers of a conversation's messages"),
    ("DELETE FROM chat.messages WHERE id = '{r}'", "conversation's messages are counted wrongly"),
    ("UPDATE chat.messages SET seq = 99 WHERE id = '{r}'", "numbers of a conversation's messages"),
    (
        "UPDATE chat.conversations SET next_seq = next_seq + 1",
        "numbers of a conversation's messages",
    ),
    (
        "UPDATE chat.conversations SET message_count = 1",
        "conversation's messages are counted wrongly",
    ),
    (
        "UPDATE chat.model_contexts SET message_count = message_count + 1",
        "model's messages are counted wrongly",
    ),
    ("UPDATE chat.conversation_counts SET count = 7", "person's conversations are counted wrongly"),
    ("UPDATE chat.messages SET parent_id = NULL WHERE id = '{r}'", "does not follow the one"),
    ("UPDATE chat.messages SET is_chosen = false WHERE id = '{u}'", "not exactly one is chosen"),
    ("UPDATE chat.messages SET on_branch = NOT on_branch WHERE id = '{u}'", "not one branch"),
    ("UPDATE chat.conversations SET active_leaf_id = NULL", "none is its last"),
    ("UPDATE chat.conversations SET active_leaf_id = '{u}'", "not one branch"),
    (
        "UPDATE chat.messages SET status = 'failed' WHERE id = '{u}'",
        "person's message is not whole",
    ),
    ("UPDATE chat.messages SET status = 'streaming' WHERE id = '{r}'", "still running"),
    (
        "UPDATE chat.messages SET status = 'interrupted', error = '{}' WHERE id = '{r}'",
        "another end than is stored",
    ),
    ("UPDATE chat.messages SET error = '{}' WHERE id = '{r}'", "in no way that there is"),
    ("UPDATE chat.messages SET lease_until = 1 WHERE id = '{r}'", "still somebody's"),
    ("UPDATE chat.messages SET user_id = id WHERE id = '{r}'", "another person's"),
    ("UPDATE chat.usage_entries SET output_tokens = output_tokens + 1", "not in the ledger"),
    ("UPDATE chat.idempotency_keys SET user_message_id = conversation_id", "key has begun"),
    ("DELETE FROM chat.search_entries", "cannot be found"),
];

/// The same message once more.
const TWICE: &str = "INSERT INTO chat.messages SELECT (jsonb_populate_record(m, jsonb_build_object('id', gen_random_uuid(), 'seq', 9))).*
     FROM chat.messages m WHERE id = '{u}'";

/// A reply whose process was killed when three characters of it were stored.
const CUT: &str = "UPDATE chat.messages SET content = left(content, 3), status = 'interrupted', error = '{}' WHERE id = '{r}'";

#[tokio::test(flavor = "multi_thread")]
async fn the_checker_objects_to_what_is_planted() {
    let scene = Scene::set(1, Vec::new()).await;
    let (conversation, story) = a_story(&scene).await;
    scene.check(&story).await;

    let last = &story[1];
    let asked = scene.model.requests();
    let plant = async |statement: &str, story: &[Sent]| {
        let tx = scene.database.begin_with_options(TransactionOptions::default()).await.unwrap();
        let statement = statement
            .replace("{u}", last.user_message.as_ref().unwrap())
            .replace("{r}", last.reply.as_ref().unwrap());
        tx.execute_unprepared(&statement).await.unwrap();
        checker::objections(&tx, &asked, story).await.join("\n")
    };
    for (statement, objection) in PLANTED.into_iter().chain([(TWICE, "more than once")]) {
        let objections = plant(statement, &story).await;
        assert!(objections.contains(objection), "{statement}: {objection}, but: {objections}");
    }

    let mut cut = last.clone();
    (cut.cut, cut.end) = (Some(Instant::now() + Duration::from_secs(5)), None);
    let objections = plant(CUT, &[cut]).await;
    assert!(objections.contains("more than a second behind"), "{objections}");

    let mut refused = Sent::new(last.question.clone());
    refused.is_refused = true;
    let objections = plant("SELECT 1", &[refused]).await;
    assert!(objections.contains("a refused message is stored"), "{objections}");

    let twice = [asked.clone(), asked.clone()].concat();
    let objections = checker::objections(&scene.database, &twice, &story).await.join("\n");
    assert!(objections.contains("asked 2 times for 1 replies"), "{objections}");

    let title = |value: &str, began| {
        let value = value.to_owned();
        Write { column: "title", value, began, ended: began }
    };
    let now = Instant::now();
    let writes = [title(&story[0].question, now), title("later", now + Duration::from_secs(1))];
    let lost = checker::lost_updates(&scene.database, &conversation, &writes).await.join("\n");
    assert!(lost.contains("title has lost its last write"), "{lost}");
}

/// A message and its reply, and another in its place; and their conversation.
async fn a_story(scene: &Scene) -> (String, Vec<Sent>) {
    let mut random = SmallRng::seed_from_u64(1);
    let user = scene.somebody();
    let conversation = scene.conversation(&user, &mut random).await;
    let user = user.at(&scene.address(&mut random).await);
    let mut path = format!("/conversations/{conversation}/messages");
    let mut story = Vec::new();
    for key in ["first", "second"] {
        let mut sent = Sent::new(scene.question(&mut random, 40));
        let request = user.request(Method::POST, &path).header("idempotency-key", key);
        let body = json!({"content": sent.question, "stream": true});
        assert_eq!(sent.ask(request.json(&body)).await, Answer::Whole);
        path = format!("/messages/{}/edit", sent.user_message.as_ref().unwrap());
        story.push(sent);
    }
    (conversation, story)
}
