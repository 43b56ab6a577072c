//! The key that wraps data keys is replaced while it is in use.

use std::sync::Arc;
use std::time::Duration;

use chat_service::ChatService;
use chat_service::repositories::SqlDataKeys;
use chat_service::services::{DataKeys, KeyWrapper, Rewrapped, RingWrapper};
use common::domain::data_key::DataKey;
use common::repositories::DataKeyRepository;
use common::{DataKeyId, SystemClock, SystemEntropy};
use platform::cli::Service;
use platform::db::Database;
use platform::sealing::Sealer;
use platform::settings::{DatabaseSettings, Sources};
use rstest::rstest;
use secrecy::{ExposeSecret, SecretSlice};
use serde_json::json;
use testkit::{Engine, settings};
use tokio::time::{sleep, timeout};

use super::{Chat, a_conversation, serve};

const OLD: &str = "old:8mS3kq0vYb1TzLr7Wf2Xh9NcJd5Pg6Ue4RiQoKxAyEs=";
const NEW: &str = "new:tG5wZ1nB8cV3xM6kL9jH2gF4dS7aQ0pO5iU8yT1rE3w=";
const BOTH: &str = "new:tG5wZ1nB8cV3xM6kL9jH2gF4dS7aQ0pO5iU8yT1rE3w=,old:8mS3kq0vYb1TzLr7Wf2Xh9NcJd5Pg6Ue4RiQoKxAyEs=";
const KEYS: usize = 400;

async fn connect(chat: &Chat) -> Database {
    let settings = settings(&[ChatService::DEFAULTS], &chat.database, &[]);
    Database::connect(&DatabaseSettings::from(&settings).unwrap(), "chat").await.unwrap()
}

fn wrapper(ring: &str) -> RingWrapper {
    let settings = Sources::new(&[]).variables([("KEY_ENCRYPTION_KEYS", ring)]).load().unwrap();
    RingWrapper(Sealer::from(&settings, Arc::new(SystemEntropy)).unwrap())
}

fn data_keys(chat: &Chat, db: &Database, ring: &str) -> Arc<DataKeys> {
    Arc::new(DataKeys::new(
        Arc::new(SqlDataKeys::new(db.clone())),
        Arc::new(wrapper(ring)),
        Arc::new(SystemEntropy),
        Arc::new(SystemClock),
        chat.app.instance.ids.clone(),
    ))
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn no_send_fails_while_the_wrapping_key_is_replaced(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let chat = Chat::start_with(engine, &[("KEY_ENCRYPTION_KEYS", OLD)]).await;
    let user = chat.app.user();
    user.post("/profile/api-keys", json!({"openai": "sk-own"})).await.expect(200);
    let repository = SqlDataKeys::new(connect(&chat).await);
    assert_eq!(repository.count_wrapped_otherwise("new").await.unwrap(), 1);

    for ring in [BOTH, NEW] {
        let app =
            serve(&chat.model, &chat.database, &chat.clock, &[("KEY_ENCRYPTION_KEYS", ring)]).await;
        let user = user.at(&app.base_url);
        let conversation = a_conversation(&user, json!({"model": "gpt-4o"})).await;
        let path = format!("/conversations/{conversation}/messages");
        user.post(&path, json!({"content": "x"})).await.expect(200);
        let asked = chat.model.last_request().unwrap();
        assert_eq!(asked.header("authorization"), Some("Bearer sk-own"));
        let wrapped_anew = async {
            while repository.count_wrapped_otherwise("new").await.unwrap() > 0 {
                sleep(Duration::from_millis(20)).await;
            }
        };
        timeout(Duration::from_secs(10), wrapped_anew).await.unwrap();
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_goes_on_where_it_was_killed_and_by_whomever(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let chat = Chat::start(engine).await;
    let db = connect(&chat).await;
    let (repository, old) = (SqlDataKeys::new(db.clone()), wrapper(OLD));
    let mut ids: Vec<DataKeyId> = Vec::new();
    for number in 0..KEYS {
        let id = chat.app.instance.ids.next();
        let plain = SecretSlice::from(vec![u8::try_from(number % 256).unwrap(); 32]);
        let key = DataKey {
            id,
            wrapped: old.wrap(id, &plain).await.unwrap(),
            wrapping_key: old.current().to_owned(),
            created_at: chat.clock.now(),
        };
        repository.insert(&key).await.unwrap();
        ids.push(id);
    }
    let context = ["test"];
    let writer = data_keys(&chat, &db, OLD);
    let (sealed_under, sealed) = writer.seal(&context, b"secret").await.unwrap();

    // Two at a time, killed again and again, at other points each time.
    for round in 0..20 {
        let kill = async {
            let at_once = [data_keys(&chat, &db, BOTH), data_keys(&chat, &db, BOTH)];
            tokio::try_join!(at_once[0].rewrap(), at_once[1].rewrap()).map(drop)
        };
        let _killed = timeout(Duration::from_millis(round), kill).await;
        // A process that has kept nothing in memory can read what is there, however far it is.
        let opened = data_keys(&chat, &db, BOTH).open(sealed_under, &context, &sealed).await;
        assert_eq!(opened.unwrap().expose_secret(), b"secret");
    }
    let rest = data_keys(&chat, &db, BOTH).rewrap().await.unwrap();
    assert_eq!(rest.left, 0);
    let nothing = Rewrapped { rewrapped: 0, left: 0 };
    assert_eq!(data_keys(&chat, &db, NEW).rewrap().await.unwrap(), nothing);

    let new = wrapper(NEW);
    for (number, id) in ids.into_iter().enumerate() {
        let key = repository.find(id).await.unwrap().unwrap();
        let plain = new.unwrap(id, &key.wrapped).await.unwrap();
        assert_eq!(plain.expose_secret(), vec![u8::try_from(number % 256).unwrap(); 32]);
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_unwrapped_is_left_and_the_rest_goes_on(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let chat = Chat::start(engine).await;
    let db = connect(&chat).await;
    let repository = SqlDataKeys::new(db.clone());
    let lost = DataKey {
        id: chat.app.instance.ids.next(),
        wrapped: vec![1, 2, 3],
        wrapping_key: "lost".to_owned(),
        created_at: chat.clock.now(),
    };
    repository.insert(&lost).await.unwrap();
    // One that can be read takes its place.
    let (id, sealed) = data_keys(&chat, &db, OLD).seal(&["test"], b"secret").await.unwrap();
    assert_ne!(id, lost.id);

    let rewrapped = data_keys(&chat, &db, BOTH).rewrap().await.unwrap();
    assert_eq!(rewrapped, Rewrapped { rewrapped: 1, left: 1 });
    let opened = data_keys(&chat, &db, NEW).open(id, &["test"], &sealed).await.unwrap();
    assert_eq!(opened.expose_secret(), b"secret");
}
