use common::Clock;
use common::domain::idempotency::{Fingerprint, RequestKey};
use common::domain::import::Tally;
use common::repositories::UploadRepository;
use rstest::rstest;
use testkit::{Engine, a_clock};

use super::super::contract::schema;
use super::*;

fn an_import(number: u128) -> Import {
    Import {
        id: Uuid::from_u128(number).into(),
        owner: Uuid::from_u128(1).into(),
        status: ImportStatus::Receiving,
        position: 0,
        tally: Tally::default(),
        error: None,
        attempts: 0,
        created_at: a_clock().now(),
        ended_at: None,
    }
}

fn lease(holder: u128) -> Lease {
    Lease { holder: Uuid::from_u128(holder), seconds: 60 }
}

fn key(asked: &[u8]) -> RequestKey {
    RequestKey { key: "k".parse().unwrap(), fingerprint: Fingerprint::stored(asked.to_vec()) }
}

#[rstest]
#[tokio::test]
async fn a_whole_file_is_taken_up_by_one_and_forgotten_at_its_end(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let schema = schema(engine).await;
    let imports = SqlImports::new(schema.db.clone());
    let (one, owner) = (an_import(11), an_import(11).owner);
    imports.begin(&one, lease(7), 2).await.unwrap();
    imports.append(one.id, lease(7), 0, b"[").await.unwrap();
    let strangers = imports.append(one.id, lease(8), 1, b"]").await;
    assert!(matches!(strangers, Err(ImportError::Lost)));
    assert_eq!(imports.take_up(lease(8)).await.unwrap(), None);
    assert_eq!(imports.find(owner, one.id).await.unwrap(), None);
    assert_eq!(imports.accept(&one, lease(7), Some(&key(b"a"))).await.unwrap(), one.id);

    let (first, second) = tokio::join!(imports.take_up(lease(8)), imports.take_up(lease(9)));
    let holder = if first.as_ref().unwrap().is_some() { 8 } else { 9 };
    let taken: Vec<_> = [first, second].into_iter().filter_map(Result::unwrap).collect();
    assert_eq!((taken.len(), taken[0].attempts), (1, 1));
    assert!(imports.keep(one.id, lease(holder)).await.unwrap());
    assert!(!imports.keep(one.id, lease(7)).await.unwrap());
    imports.let_go(one.id, lease(holder), Duration::ZERO).await.unwrap();
    let taken = imports.take_up(lease(7)).await.unwrap().unwrap();
    assert_eq!(taken.attempts, 2);

    let ended = Import {
        status: ImportStatus::Complete,
        tally: Tally { conversations: 3, ..Tally::default() },
        ended_at: Some(a_clock().now()),
        ..taken
    };
    imports.end(&ended, lease(8)).await.unwrap();
    assert_eq!(
        imports.piece(one.id, 0).await.unwrap().as_deref(),
        Some(&b"["[..]),
        "it is another's"
    );
    imports.end(&ended, lease(7)).await.unwrap();
    assert_eq!(imports.find(owner, one.id).await.unwrap(), Some(ended));
    assert_eq!(imports.piece(one.id, 0).await.unwrap(), None);
    assert_eq!(imports.find(Uuid::from_u128(2).into(), one.id).await.unwrap(), None);
}

#[rstest]
#[tokio::test]
async fn a_key_stands_for_one_file_and_few_come_at_once(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let schema = schema(engine).await;
    let imports = SqlImports::new(schema.db.clone());
    let all = [an_import(11), an_import(12), an_import(13)];
    for import in &all[..2] {
        imports.begin(import, lease(7), 2).await.unwrap();
    }
    assert!(matches!(imports.begin(&all[2], lease(7), 2).await, Err(ImportError::TooMany)));
    imports.accept(&all[0], lease(7), Some(&key(b"a"))).await.unwrap();
    assert_eq!(imports.accept(&all[1], lease(7), Some(&key(b"a"))).await.unwrap(), all[0].id);
    imports.begin(&all[2], lease(7), 2).await.unwrap();
    let other = imports.accept(&all[2], lease(7), Some(&key(b"b"))).await;
    assert!(matches!(other, Err(ImportError::IdempotencyMismatch)));

    // Once the key is forgotten it stands for another; what stopped coming is forgotten too.
    imports.begin(&all[2], Lease { seconds: 0, ..lease(7) }, 2).await.unwrap();
    let (now, later) = (a_clock().now(), a_clock().now() + chrono::TimeDelta::seconds(1));
    imports.tidy(later, now).await.unwrap();
    let lost = imports.accept(&all[2], lease(7), None).await;
    assert!(matches!(lost, Err(ImportError::Lost)));
    imports.begin(&all[2], lease(7), 2).await.unwrap();
    assert_eq!(imports.accept(&all[2], lease(7), Some(&key(b"b"))).await.unwrap(), all[2].id);
    imports.delete_of_user(all[0].owner).await.unwrap();
    assert_eq!(imports.find(all[0].owner, all[0].id).await.unwrap(), None);
}
