use common::domain::audit::EventKind;
use common::domain::session::Device;
use rstest::rstest;
use sea_orm::{ConnectionTrait, Statement};
use testkit::Engine;
use uuid::Uuid;

use super::*;
use crate::repositories::contract::{Schema, a_user, schema};

/// The event of a registration.
fn an_event(user: &User) -> AuditEvent {
    AuditEvent {
        id: user.id.uuid().into(),
        owner: user.id,
        kind: EventKind::Registered,
        at: user.created_at,
        device: Device::default(),
    }
}

#[rstest]
#[tokio::test]
async fn an_account_is_found_by_id_and_by_address_in_any_case(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let schema = schema(engine).await;
    let users = schema.users();
    let user = a_user(1, "Ada@Example.org");
    users.insert(&user, &an_event(&user)).await.unwrap();
    assert_eq!(users.find(user.id).await.unwrap(), Some(user.clone()));
    for email in ["Ada@Example.org", "ada@example.org", " ADA@EXAMPLE.ORG "] {
        assert_eq!(users.find_by_email(email).await.unwrap(), Some(user.clone()), "{email}");
    }
    assert_eq!(users.find(Uuid::from_u128(2).into()).await.unwrap(), None);
    assert_eq!(users.find_by_email("eve@example.org").await.unwrap(), None);
}

#[rstest]
#[tokio::test]
async fn an_address_has_one_account(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let schema = schema(engine).await;
    let users = schema.users();
    let insert = async |user: User| users.insert(&user, &an_event(&user)).await;
    insert(a_user(1, "ada@example.org")).await.unwrap();
    let taken = insert(a_user(2, "ADA@example.org")).await;
    assert!(matches!(taken, Err(UserStoreError::EmailTaken)), "{taken:?}");
    let same_id = insert(a_user(1, "eve@example.org")).await;
    assert!(matches!(same_id, Err(UserStoreError::Store(StoreError::Failed(_)))), "{same_id:?}");
}

#[rstest]
#[tokio::test]
async fn a_hash_is_replaced_only_if_it_is_still_the_old_one(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let schema = schema(engine).await;
    let users = schema.users();
    let (user, other) = (a_user(1, "ada@example.org"), a_user(2, "eve@example.org"));
    users.insert(&user, &an_event(&user)).await.unwrap();
    users.insert(&other, &an_event(&other)).await.unwrap();
    users.replace_password_hash(user.id, "old", "new").await.unwrap();
    users.replace_password_hash(user.id, "old", "late").await.unwrap();
    let hash = |user: Option<User>| user.unwrap().password_hash;
    assert_eq!(hash(users.find(user.id).await.unwrap()), "new");
    assert_eq!(hash(users.find(other.id).await.unwrap()), "old");
}

/// How many rows a table has.
async fn count(schema: &Schema, table: &str) -> i64 {
    let connection = schema.db.connection();
    let query = format!("SELECT count(*) FROM {table}");
    let query = Statement::from_string(connection.get_database_backend(), query);
    connection.query_one_raw(query).await.unwrap().unwrap().try_get_by_index(0).unwrap()
}

#[rstest]
#[tokio::test]
async fn an_account_goes_with_all_that_hangs_on_it_and_the_siblings_are_told(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let schema = schema(engine).await;
    let users = schema.users();
    let (user, other) = (a_user(1, "ada@example.org"), a_user(2, "eve@example.org"));
    for user in [&user, &other] {
        users.insert(user, &an_event(user)).await.unwrap();
        let id = user.id.uuid().simple();
        let id = if engine == Engine::Sqlite { format!("x'{id}'") } else { format!("'{id}'") };
        schema.sql(&format!(
            "INSERT INTO access_tokens (id, user_id, name, scopes, created_at, expires_at) VALUES \
             ({id}, {id}, 'n', 'read', '2027-01-15 08:00:00+00:00', '2027-02-15 08:00:00+00:00')"
        ))
        .await;
    }
    let event = AuditEvent {
        id: Uuid::from_u128(9).into(),
        kind: EventKind::AccountDeleted,
        ..an_event(&user)
    };
    let ending = Ending { event, until: user.created_at };
    let ended = users.delete(user.id, &ending).await.unwrap().unwrap();
    let sessions: Vec<_> = ended.iter().map(|one| one.session.uuid()).collect();
    assert_eq!(sessions, [user.id.uuid()], "the token");
    assert_eq!(users.delete(user.id, &ending).await.unwrap(), None);

    assert_eq!(users.find(user.id).await.unwrap(), None);
    assert_eq!(users.find(other.id).await.unwrap(), Some(other));
    for (table, rows) in [
        ("users", 1),
        ("access_tokens", 1),
        ("revocations", 1),
        ("outbox WHERE kind = 'account_deleted_projects'", 1),
        ("outbox WHERE kind = 'account_deleted_chat'", 1),
        ("audit_log", 2),
        ("audit_log WHERE type = 'account_deleted'", 1),
    ] {
        assert_eq!(count(&schema, table).await, rows, "{table}");
    }
    users.insert(&a_user(3, "ada@example.org"), &an_event(&a_user(3, ""))).await.unwrap();
}
