use chrono::TimeDelta;
use common::Clock;
use common::domain::data_key::DataKey;
use common::repositories::DataKeyRepository;
use futures_util::future::join_all;
use rstest::rstest;
use testkit::{Engine, a_clock};

use super::*;
use crate::repositories::SqlDataKeys;
use crate::repositories::contract::{Schema, schema};

fn owner(number: u128) -> UserId {
    Uuid::from_u128(number).into()
}

fn an_event(number: u128, owner: UserId, name: KeyName, kind: KeyEventKind) -> KeyEvent {
    KeyEvent { id: Uuid::from_u128(number).into(), owner, name, kind, at: a_clock().now() }
}

fn a_key(number: u128, owner: UserId, name: KeyName) -> ApiKey {
    ApiKey {
        id: Uuid::from_u128(number).into(),
        owner,
        name,
        data_key: Uuid::from_u128(1).into(),
        sealed: vec![1, 2, 3],
        last_four: Some("abcd".to_owned()),
        is_verified: true,
        created_at: a_clock().now(),
        last_used: None,
    }
}

fn stored(number: u128, owner: UserId, name: KeyName) -> KeyChange {
    let event = an_event(number, owner, name, KeyEventKind::Stored);
    KeyChange { event, key: Some(a_key(number, owner, name)) }
}

fn deleted(number: u128, owner: UserId, name: KeyName) -> KeyChange {
    KeyChange { event: an_event(number, owner, name, KeyEventKind::Deleted), key: None }
}

async fn with_a_data_key(engine: Engine) -> (Schema, SqlApiKeys) {
    let schema = schema(engine).await;
    let data_key = DataKey {
        id: Uuid::from_u128(1).into(),
        wrapped: vec![1],
        wrapping_key: "a".to_owned(),
        created_at: a_clock().now(),
    };
    SqlDataKeys::new(schema.db.clone()).insert(&data_key).await.unwrap();
    let keys = SqlApiKeys::new(schema.db.clone());
    (schema, keys)
}

/// What is remembered of everybody's keys, in order.
async fn events(schema: &Schema) -> Vec<String> {
    let rows = key_event::Entity::find()
        .order_by_asc(key_event::Column::Id)
        .all(schema.db.connection())
        .await
        .unwrap();
    rows.into_iter().map(|row| format!("{} {}", row.kind, row.provider)).collect()
}

#[rstest]
#[tokio::test]
async fn a_key_is_stored_replaced_and_deleted_by_its_owner_alone(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (schema, keys) = with_a_data_key(engine).await;
    let (ada, eve) = (owner(1), owner(2));
    let first = [stored(1, ada, KeyName::Openai), stored(2, ada, KeyName::Claude)];
    let names = Some(vec![KeyName::Openai, KeyName::Claude]);
    assert_eq!(keys.update(ada, &first).await.unwrap(), names);
    let second = [stored(3, ada, KeyName::Openai), deleted(4, ada, KeyName::Google)];
    assert_eq!(keys.update(ada, &second).await.unwrap(), Some(vec![KeyName::Openai]));
    let gone = keys.update(eve, &[deleted(5, eve, KeyName::Openai)]).await.unwrap();
    assert_eq!(gone, Some(Vec::new()));

    let mut listed = keys.list(ada).await.unwrap();
    listed.sort_by_key(|key| key.id);
    assert_eq!(listed, [a_key(2, ada, KeyName::Claude), a_key(3, ada, KeyName::Openai)]);
    assert_eq!(keys.list(eve).await.unwrap(), []);
    let both = [deleted(6, ada, KeyName::Openai), deleted(7, ada, KeyName::Claude)];
    assert_eq!(keys.update(ada, &both).await.unwrap(), names);
    assert_eq!(keys.list(ada).await.unwrap(), []);
    let expected =
        ["stored openai", "stored claude", "stored openai", "deleted openai", "deleted claude"];
    assert_eq!(events(&schema).await, expected);
}

#[rstest]
#[tokio::test]
async fn a_use_is_noted_for_the_key_that_was_used(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (schema, keys) = with_a_data_key(engine).await;
    let ada = owner(1);
    keys.update(ada, &[stored(1, ada, KeyName::Openai)]).await.unwrap();
    let (now, later) = (a_clock().now(), a_clock().now() + TimeDelta::minutes(1));
    let used = |number, at, kind| KeyUse {
        key: Uuid::from_u128(1).into(),
        event: KeyEvent { at, ..an_event(number, ada, KeyName::Openai, kind) },
    };
    let uses = [
        used(2, later, KeyEventKind::Used),
        used(3, now, KeyEventKind::Used),
        used(4, later + TimeDelta::minutes(1), KeyEventKind::Unreadable),
    ];
    // Twice does no harm.
    for uses in [&uses[..], &uses[..], &[]] {
        keys.note(uses).await.unwrap();
    }
    assert_eq!(keys.list(ada).await.unwrap()[0].last_used, Some(later));

    // One that took its place was not used.
    keys.update(ada, &[stored(5, ada, KeyName::Openai)]).await.unwrap();
    keys.note(&[used(6, later, KeyEventKind::Used)]).await.unwrap();
    assert_eq!(keys.list(ada).await.unwrap()[0].last_used, None);
    let expected = [
        "stored openai",
        "used openai",
        "used openai",
        "unreadable openai",
        "stored openai",
        "used openai",
    ];
    assert_eq!(events(&schema).await, expected);
    assert_eq!(keys.purge(later).await.unwrap(), 3);
    assert_eq!(events(&schema).await, ["used openai", "unreadable openai", "used openai"]);
}

#[rstest]
#[tokio::test]
async fn a_deleted_person_has_no_keys_and_gets_none(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (schema, keys) = with_a_data_key(engine).await;
    let (ada, eve) = (owner(1), owner(2));
    for (number, who) in [(1, ada), (2, eve)] {
        keys.update(who, &[stored(number, who, KeyName::Openai)]).await.unwrap();
    }
    let tx = schema.db.begin_write().await.unwrap();
    TOMBSTONES.bury(&tx, ada.uuid()).await.unwrap();
    tx.commit().await.unwrap();
    keys.delete(ada).await.unwrap();
    keys.delete(ada).await.unwrap();
    assert_eq!(keys.update(ada, &[stored(3, ada, KeyName::Openai)]).await.unwrap(), None);
    let used = |number, who| KeyUse {
        key: Uuid::from_u128(number).into(),
        event: an_event(number + 10, who, KeyName::Openai, KeyEventKind::Used),
    };
    keys.note(&[used(1, ada), used(2, eve)]).await.unwrap();
    assert_eq!(keys.list(ada).await.unwrap(), []);
    assert_eq!(events(&schema).await, ["stored openai", "used openai"]);
    assert!(keys.list(eve).await.unwrap()[0].last_used.is_some());
}

#[rstest]
#[tokio::test]
async fn changes_and_uses_at_once_do_not_stand_in_each_others_way(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (_schema, keys) = with_a_data_key(engine).await;
    let ada = owner(1);
    let names = [KeyName::Openrouter, KeyName::Claude, KeyName::Openai];
    let rounds = (1..9u128).map(|round| {
        let keys = &keys;
        async move {
            let number = |n: usize| round * 100 + n as u128;
            let changes: Vec<_> =
                names.iter().enumerate().map(|(n, name)| stored(number(n), ada, *name)).collect();
            keys.update(ada, &changes).await.unwrap();
            let uses: Vec<_> = (0..3)
                .map(|n| KeyUse {
                    key: Uuid::from_u128(number(n)).into(),
                    event: an_event(number(n + 10), ada, names[n], KeyEventKind::Used),
                })
                .collect();
            keys.note(&uses).await.unwrap();
        }
    });
    join_all(rounds).await;
    assert_eq!(keys.list(ada).await.unwrap().len(), 3);
}
