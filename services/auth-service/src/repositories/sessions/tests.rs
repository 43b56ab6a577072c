use common::Clock;
use common::domain::user::User;
use common::repositories::UserRepository;
use futures_util::future::join_all;
use rstest::rstest;
use testkit::{Engine, a_clock};
use uuid::Uuid;

use super::*;
use crate::repositories::SqlUsers;
use crate::repositories::contract::{Schema, schema};

const GRACE: TimeDelta = TimeDelta::seconds(30);

fn owner() -> UserId {
    Uuid::from_u128(1).into()
}

fn a_session(now: DateTime<Utc>) -> Session {
    Session {
        id: Uuid::from_u128(2).into(),
        owner: owner(),
        salt: vec![1, 2, 3],
        device: Device { user_agent: Some("curl".to_owned()), ip: None },
        created_at: now,
        last_seen_at: now,
        revoked_at: None,
    }
}

/// The token of a generation, which is also its hash.
fn a_token(generation: u8, now: DateTime<Utc>) -> RefreshToken {
    RefreshToken {
        hash: vec![generation; 32],
        session: Uuid::from_u128(2).into(),
        generation: generation.into(),
        consumed_at: None,
        expires_at: now + TimeDelta::days(7),
    }
}

/// A session with its first token.
async fn begun(engine: Engine, now: DateTime<Utc>) -> (Schema, SqlSessions) {
    let schema = schema(engine).await;
    let user = User {
        id: owner(),
        email: "ada@example.org".to_owned(),
        display_name: None,
        password_hash: String::new(),
        is_active: true,
        created_at: now,
    };
    SqlUsers::new(schema.db.clone()).insert(&user).await.unwrap();
    let sessions = SqlSessions::new(schema.db.clone());
    sessions.insert(&a_session(now), &a_token(0, now)).await.unwrap();
    (schema, sessions)
}

async fn rotate(
    sessions: &SqlSessions,
    generation: u8,
    now: DateTime<Utc>,
) -> Result<(), RefreshError> {
    sessions.rotate(&[generation; 32], &a_token(generation + 1, now), now, GRACE).await
}

async fn is_revoked(sessions: &SqlSessions) -> bool {
    let (session, _) = sessions.find_by_token(&[0; 32]).await.unwrap().unwrap();
    session.revoked_at.is_some()
}

#[rstest]
#[tokio::test]
async fn a_session_is_found_by_its_tokens(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let now = a_clock().now();
    let (_schema, sessions) = begun(engine, now).await;
    let found = sessions.find_by_token(&[0; 32]).await.unwrap();
    assert_eq!(found, Some((a_session(now), a_token(0, now))));
    assert_eq!(sessions.find_by_token(&[1; 32]).await.unwrap(), None);
    assert_eq!(sessions.find_by_token(&[]).await.unwrap(), None);

    let later = now + TimeDelta::hours(1);
    rotate(&sessions, 0, later).await.unwrap();
    let (session, used) = sessions.find_by_token(&[0; 32]).await.unwrap().unwrap();
    assert_eq!((session.last_seen_at, used.consumed_at), (later, Some(later)));
    let (_, next) = sessions.find_by_token(&[1; 32]).await.unwrap().unwrap();
    assert_eq!(next, a_token(1, later));
}

#[rstest]
#[tokio::test]
async fn a_spent_token_is_taken_again_within_grace_while_its_successor_is_unused(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let now = a_clock().now();
    let (_schema, sessions) = begun(engine, now).await;
    rotate(&sessions, 0, now).await.unwrap();
    rotate(&sessions, 0, now + GRACE).await.unwrap();
    let (session, used) = sessions.find_by_token(&[0; 32]).await.unwrap().unwrap();
    assert_eq!((session.last_seen_at, used.consumed_at), (now, Some(now)));

    let late = rotate(&sessions, 0, now + GRACE + TimeDelta::microseconds(1)).await;
    assert!(matches!(late, Err(RefreshError::Reused)), "{late:?}");
    let after = rotate(&sessions, 1, now + GRACE).await;
    assert!(matches!(after, Err(RefreshError::Invalid)), "{after:?}");
}

#[rstest]
#[tokio::test]
async fn rotations_at_once_take_turns(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let now = a_clock().now();
    let (_schema, sessions) = begun(engine, now).await;
    for generation in 0..5 {
        let rotations = (0..20).map(|_| rotate(&sessions, generation, now));
        for rotated in join_all(rotations).await {
            rotated.unwrap();
        }
    }
    assert!(!is_revoked(&sessions).await);
}

#[rstest]
#[tokio::test]
async fn a_token_whose_successor_was_used_ends_the_session(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[values(0, 1)] reused: u8,
) {
    let now = a_clock().now();
    let (_schema, sessions) = begun(engine, now).await;
    for generation in 0..3 {
        rotate(&sessions, generation, now).await.unwrap();
    }
    assert!(!is_revoked(&sessions).await);
    let refused = rotate(&sessions, reused, now).await;
    assert!(matches!(refused, Err(RefreshError::Reused)), "{refused:?}");
    assert!(is_revoked(&sessions).await);
}

#[rstest]
#[tokio::test]
async fn an_unknown_or_expired_token_changes_nothing(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let now = a_clock().now();
    let (_schema, sessions) = begun(engine, now).await;
    let unknown = sessions.rotate(&[9; 32], &a_token(1, now), now, GRACE).await;
    assert!(matches!(unknown, Err(RefreshError::Invalid)), "{unknown:?}");
    let expired = rotate(&sessions, 0, now + TimeDelta::days(7)).await;
    assert!(matches!(expired, Err(RefreshError::Expired)), "{expired:?}");
    assert_eq!(
        sessions.find_by_token(&[0; 32]).await.unwrap(),
        Some((a_session(now), a_token(0, now)))
    );
    rotate(&sessions, 0, now + TimeDelta::days(7) - TimeDelta::microseconds(1)).await.unwrap();
}

#[rstest]
#[tokio::test]
async fn only_its_owner_ends_a_session_and_only_once(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let now = a_clock().now();
    let (_schema, sessions) = begun(engine, now).await;
    let id = a_session(now).id;
    assert!(!sessions.revoke(Uuid::from_u128(7).into(), id, now).await.unwrap());
    assert!(!is_revoked(&sessions).await);
    assert!(sessions.revoke(owner(), id, now).await.unwrap());
    assert!(!sessions.revoke(owner(), id, now).await.unwrap());
    let refused = rotate(&sessions, 0, now).await;
    assert!(matches!(refused, Err(RefreshError::Invalid)), "{refused:?}");
}

#[rstest]
#[tokio::test]
async fn a_session_goes_with_its_owner(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let now = a_clock().now();
    let (schema, sessions) = begun(engine, now).await;
    schema.db.connection().execute_unprepared("DELETE FROM users").await.unwrap();
    assert_eq!(sessions.find_by_token(&[0; 32]).await.unwrap(), None);
}
