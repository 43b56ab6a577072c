use chrono::TimeDelta;
use common::domain::audit::{AuditEvent, EventKind};
use common::domain::user::{PasswordChange, User};
use common::repositories::UserRepository;
use common::{Clock, Direction};
use futures_util::future::join_all;
use rstest::rstest;
use testkit::{Engine, a_clock};
use uuid::Uuid;

use super::*;
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

fn an_event(kind: EventKind, at: DateTime<Utc>) -> AuditEvent {
    let id = Uuid::from_u128(at.timestamp_micros().unsigned_abs().into()).as_u128() + kind as u128;
    AuditEvent {
        id: Uuid::from_u128(id).into(),
        owner: owner(),
        kind,
        at,
        device: Device::default(),
    }
}

fn an_ending(kind: EventKind, at: DateTime<Utc>) -> Ending {
    Ending { event: an_event(kind, at), until: at + TimeDelta::minutes(15) }
}

fn an_opening(now: DateTime<Utc>) -> Opening {
    Opening {
        session: a_session(now),
        token: a_token(0, now),
        event: an_event(EventKind::SignedIn, now),
        password_version: 0,
        replaces: None,
    }
}

/// All sessions that a test begins.
fn alive(now: DateTime<Utc>) -> Alive {
    Alive { begun_after: now - TimeDelta::days(30), seen_after: now - TimeDelta::days(7) }
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
        password_version: 0,
        is_active: true,
        created_at: now,
    };
    let registered = an_event(EventKind::Registered, now);
    schema.users().insert(&user, &registered).await.unwrap();
    let sessions = SqlSessions::new(schema.db.clone());
    sessions.insert(&an_opening(now)).await.unwrap();
    (schema, sessions)
}

async fn rotate(
    sessions: &SqlSessions,
    generation: u8,
    now: DateTime<Utc>,
) -> Result<(), RefreshError> {
    sessions.rotate(&[generation; 32], &a_rotation(generation + 1, now)).await
}

fn a_rotation(successor: u8, now: DateTime<Utc>) -> Rotation {
    Rotation {
        successor: a_token(successor, now),
        now,
        grace: GRACE,
        if_reused: an_ending(EventKind::RefreshReused, now),
    }
}

async fn count(schema: &Schema, table: &str) -> i64 {
    let query = sea_orm::Statement::from_string(
        schema.db.connection().get_database_backend(),
        format!("SELECT count(*) FROM {table}"),
    );
    let row = schema.db.connection().query_one_raw(query).await.unwrap().unwrap();
    row.try_get_by_index(0).unwrap()
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
    let (schema, sessions) = begun(engine, now).await;
    for generation in 0..3 {
        rotate(&sessions, generation, now).await.unwrap();
    }
    assert!(!is_revoked(&sessions).await);
    let refused = rotate(&sessions, reused, now).await;
    assert!(matches!(refused, Err(RefreshError::Reused)), "{refused:?}");
    assert!(is_revoked(&sessions).await);
    assert_eq!(count(&schema, "revocations").await, 1);
    assert_eq!(count(&schema, "audit_log WHERE type = 'refresh_reused'").await, 1);
}

#[rstest]
#[tokio::test]
async fn an_unknown_or_expired_token_changes_nothing(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let now = a_clock().now();
    let (_schema, sessions) = begun(engine, now).await;
    let unknown = sessions.rotate(&[9; 32], &a_rotation(1, now)).await;
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
    let (schema, sessions) = begun(engine, now).await;
    let id = a_session(now).id;
    let ending = an_ending(EventKind::SignedOut, now);
    let stranger = Uuid::from_u128(7).into();
    assert!(!sessions.revoke(stranger, id, alive(now), &ending).await.unwrap());
    let over = now + TimeDelta::days(7);
    assert!(!sessions.revoke(owner(), id, alive(over), &ending).await.unwrap());
    assert!(!is_revoked(&sessions).await);
    assert_eq!(count(&schema, "revocations").await, 0);
    assert!(sessions.revoke(owner(), id, alive(now), &ending).await.unwrap());
    assert!(!sessions.revoke(owner(), id, alive(now), &ending).await.unwrap());
    assert_eq!(count(&schema, "revocations").await, 1);
    assert_eq!(count(&schema, "audit_log WHERE type = 'signed_out'").await, 1);
    let refused = rotate(&sessions, 0, now).await;
    assert!(matches!(refused, Err(RefreshError::Invalid)), "{refused:?}");
}

#[rstest]
#[tokio::test]
async fn a_list_has_what_is_alive(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let now = a_clock().now();
    let (_schema, sessions) = begun(engine, now).await;
    let page = PageRequest { limit: 9, after: None, direction: Direction::Descending };
    let listed = async |owner: UserId, alive: Alive| {
        sessions.list(owner, alive, page).await.unwrap().items.len()
    };
    assert_eq!(listed(owner(), alive(now)).await, 1);
    assert_eq!(listed(Uuid::from_u128(7).into(), alive(now)).await, 0);
    assert_eq!(listed(owner(), alive(now + TimeDelta::days(7))).await, 0);
    let ending = an_ending(EventKind::SignedOut, now);
    sessions.revoke(owner(), a_session(now).id, alive(now), &ending).await.unwrap();
    assert_eq!(listed(owner(), alive(now)).await, 0);
}

#[rstest]
#[tokio::test]
async fn a_session_takes_the_place_of_another(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let now = a_clock().now();
    let (schema, sessions) = begun(engine, now).await;
    let mut opening = an_opening(now);
    let old = opening.session.id;
    opening.session.id = Uuid::from_u128(3).into();
    opening.token =
        RefreshToken { hash: vec![9; 32], session: opening.session.id, ..a_token(0, now) };
    opening.event.id = Uuid::from_u128(9).into();
    opening.replaces = Some((old, an_ending(EventKind::SignedOut, now)));
    sessions.insert(&opening).await.unwrap();
    assert!(is_revoked(&sessions).await);
    assert_eq!(count(&schema, "revocations").await, 1);
    assert_eq!(count(&schema, "sessions WHERE revoked_at IS NULL").await, 1);
}

#[rstest]
#[tokio::test]
async fn no_session_begins_with_a_password_that_was_changed_meanwhile(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let now = a_clock().now();
    let (schema, sessions) = begun(engine, now).await;
    let users = schema.users();
    let mut kept = an_opening(now);
    kept.session.id = Uuid::from_u128(3).into();
    kept.token = RefreshToken { hash: vec![8; 32], session: kept.session.id, ..a_token(0, now) };
    kept.event.id = Uuid::from_u128(9).into();
    sessions.insert(&kept).await.unwrap();
    let token = RefreshToken { hash: vec![9; 32], ..kept.token.clone() };
    let change = PasswordChange { version: 0, hash: "new".to_owned(), token: Some(token.clone()) };
    let ending = an_ending(EventKind::PasswordChanged, now);
    // By a session that is none, nothing changes.
    let nobodys = RefreshToken { session: Uuid::from_u128(7).into(), ..token.clone() };
    let nobodys = PasswordChange { token: Some(nobodys), ..change.clone() };
    assert_eq!(users.change_password(owner(), &nobodys, &ending).await.unwrap(), None);
    let ended = users.change_password(owner(), &change, &ending).await.unwrap();
    let session = a_session(now).id;
    assert_eq!(ended, Some(vec![Revocation { session, until: ending.until }]));
    assert_eq!(users.find(owner()).await.unwrap().unwrap().password_hash, "new");
    assert!(is_revoked(&sessions).await);
    assert_eq!(count(&schema, "revocations").await, 1);
    assert_eq!(users.change_password(owner(), &change, &ending).await.unwrap(), None);
    // The other goes on, with its new token alone.
    assert_eq!(sessions.find_by_token(&[8; 32]).await.unwrap(), None);
    let renewed = sessions.find_by_token(&[9; 32]).await.unwrap();
    assert_eq!(renewed, Some((kept.session.clone(), token)));
    assert_eq!(sessions.find(owner(), kept.session.id).await.unwrap(), Some(kept.session));

    let late = Opening { event: an_event(EventKind::SignedIn, now + GRACE), ..an_opening(now) };
    let refused = sessions.insert(&late).await;
    assert!(matches!(refused, Err(SessionStoreError::OwnerChanged)), "{refused:?}");
}

#[rstest]
#[tokio::test]
async fn no_session_outlives_a_password_that_was_reset(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let now = a_clock().now();
    let (schema, sessions) = begun(engine, now).await;
    let users = schema.users();
    let reset = PasswordChange { version: 0, hash: "new".to_owned(), token: None };
    let ending = an_ending(EventKind::PasswordReset, now);
    let ended = users.change_password(owner(), &reset, &ending).await.unwrap();
    let session = a_session(now).id;
    assert_eq!(ended, Some(vec![Revocation { session, until: ending.until }]));
    assert!(is_revoked(&sessions).await);
    assert_eq!(users.find(owner()).await.unwrap().unwrap().password_hash, "new");
    assert_eq!(users.change_password(owner(), &reset, &ending).await.unwrap(), None);
}

#[rstest]
#[tokio::test]
async fn what_is_over_is_purged(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let now = a_clock().now();
    let (schema, sessions) = begun(engine, now).await;
    rotate(&sessions, 0, now + TimeDelta::days(6)).await.unwrap();
    let (seen, later) = (now + TimeDelta::days(6), now + TimeDelta::days(7));
    assert_eq!(sessions.purge(later - TimeDelta::days(7), later).await.unwrap(), 1);
    assert_eq!(count(&schema, "refresh_tokens").await, 1);
    assert_eq!(sessions.purge(seen, later).await.unwrap(), 1);
    assert_eq!((count(&schema, "sessions").await, count(&schema, "refresh_tokens").await), (0, 0));
}

#[rstest]
#[tokio::test]
async fn a_session_goes_with_its_owner(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let now = a_clock().now();
    let (schema, sessions) = begun(engine, now).await;
    schema.db.connection().execute_unprepared("DELETE FROM users").await.unwrap();
    assert_eq!(sessions.find_by_token(&[0; 32]).await.unwrap(), None);
}
