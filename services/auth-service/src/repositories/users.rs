use async_trait::async_trait;
use chrono::{DateTime, Utc};
use common::UserId;
use common::domain::audit::AuditEvent;
use common::domain::revocation::{Ending, Revocation};
use common::domain::user::{PasswordChange, User, fold_email};
use common::repositories::{StoreError, UserRepository, UserStoreError};
use platform::db::{Database, is_unique_violation, store_error};
use platform::outbox::Outbox;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, DatabaseTransaction, DbErr, EntityTrait, QueryFilter,
    QuerySelect,
};

use super::audit::note;
use super::entities::{audit_event, session, user};
use super::sessions::{end_sessions, renew};
use super::tokens::end_tokens;

/// The outbox's word for a deleted account, for project-service; the payload is its id.
pub const ACCOUNT_DELETED_PROJECTS: &str = "account_deleted_projects";
/// The same for chat-service.
pub const ACCOUNT_DELETED_CHAT: &str = "account_deleted_chat";

/// Accounts in the service's database.
pub struct SqlUsers {
    db: Database,
    outbox: Outbox,
}

impl SqlUsers {
    pub fn new(db: Database, outbox: Outbox) -> Self {
        Self { db, outbox }
    }

    async fn delete_all_of(
        &self,
        id: UserId,
        ending: &Ending,
    ) -> Result<Option<Vec<Revocation>>, DbErr> {
        let tx = self.db.begin_write().await?;
        // Whoever begins a session waits for us, or we for them.
        if user::Entity::find_by_id(id.uuid()).lock_exclusive().one(&tx).await?.is_none() {
            return Ok(None);
        }
        let ended = self.end_all_of(&tx, id, ending).await?;
        audit_event::Entity::delete_many()
            .filter(audit_event::Column::UserId.eq(id.uuid()))
            .exec(&tx)
            .await?;
        note(&tx, &ending.event).await?;
        for kind in [ACCOUNT_DELETED_PROJECTS, ACCOUNT_DELETED_CHAT] {
            self.outbox.note(&tx, kind, &id.uuid().to_string().into()).await?;
        }
        user::Entity::delete_by_id(id.uuid()).exec(&tx).await?;
        tx.commit().await?;
        self.outbox.wake();
        Ok(Some(ended))
    }

    /// Ends somebody's sessions and personal access tokens; which those were.
    async fn end_all_of(
        &self,
        tx: &DatabaseTransaction,
        id: UserId,
        ending: &Ending,
    ) -> Result<Vec<Revocation>, DbErr> {
        let theirs = Condition::all().add(session::Column::UserId.eq(id.uuid()));
        let mut ended = end_sessions(&self.db, tx, theirs, ending).await?;
        ended.extend(end_tokens(&self.db, tx, id, ending.event.at).await?);
        Ok(ended)
    }
}

#[async_trait]
impl UserRepository for SqlUsers {
    async fn find(&self, id: UserId) -> Result<Option<User>, StoreError> {
        let row = user::Entity::find_by_id(id.uuid())
            .one(self.db.connection())
            .await
            .map_err(store_error)?;
        Ok(row.map(User::from))
    }

    async fn find_by_email(&self, email: &str) -> Result<Option<User>, StoreError> {
        let row = user::Entity::find()
            .filter(user::Column::EmailFolded.eq(fold_email(email)))
            .one(self.db.connection())
            .await
            .map_err(store_error)?;
        Ok(row.map(User::from))
    }

    async fn insert(&self, user: &User, event: &AuditEvent) -> Result<(), UserStoreError> {
        let insert = async {
            let tx = self.db.begin_write().await?;
            user::Entity::insert(row_of(user)).exec_without_returning(&tx).await?;
            note(&tx, event).await?;
            tx.commit().await
        };
        insert.await.map_err(user_error)
    }

    async fn replace_password_hash(
        &self,
        id: UserId,
        old: &str,
        new: &str,
    ) -> Result<(), StoreError> {
        let change = user::ActiveModel { password_hash: Set(new.to_owned()), ..Default::default() };
        user::Entity::update_many()
            .set(change)
            .filter(user::Column::Id.eq(id.uuid()))
            .filter(user::Column::PasswordHash.eq(old))
            .exec(self.db.connection())
            .await
            .map(drop)
            .map_err(store_error)
    }

    async fn change_password(
        &self,
        id: UserId,
        change: &PasswordChange,
        ending: &Ending,
    ) -> Result<Option<Vec<Revocation>>, StoreError> {
        let change_password = async {
            let tx = self.db.begin_write().await?;
            let next = Expr::col(user::Column::PasswordVersion).add(1);
            let changed = user::Entity::update_many()
                .col_expr(user::Column::PasswordHash, Expr::val(change.hash.as_str()))
                .col_expr(user::Column::PasswordVersion, next)
                .col_expr(user::Column::UpdatedAt, Expr::val(ending.event.at))
                .filter(user::Column::Id.eq(id.uuid()))
                .filter(user::Column::PasswordVersion.eq(change.version))
                .exec(&tx)
                .await?;
            let at = ending.event.at;
            if changed.rows_affected == 0 || !renew(&tx, id, &change.token, at).await? {
                return Ok(None);
            }
            let others = Condition::all()
                .add(session::Column::UserId.eq(id.uuid()))
                .add(session::Column::Id.ne(change.token.session.uuid()));
            let ended = end_sessions(&self.db, &tx, others, ending).await?;
            note(&tx, &ending.event).await?;
            tx.commit().await.map(|()| Some(ended))
        };
        change_password.await.map_err(store_error)
    }

    async fn rename(
        &self,
        id: UserId,
        display_name: Option<&str>,
        at: DateTime<Utc>,
    ) -> Result<Option<User>, StoreError> {
        let change = user::ActiveModel {
            display_name: Set(display_name.map(str::to_owned)),
            updated_at: Set(at),
            ..Default::default()
        };
        let rows = user::Entity::update_many()
            .set(change)
            .filter(user::Column::Id.eq(id.uuid()))
            .filter(user::Column::IsActive.eq(true))
            .exec_with_returning(self.db.connection())
            .await
            .map_err(store_error)?;
        Ok(rows.into_iter().next().map(User::from))
    }

    async fn set_active(
        &self,
        id: UserId,
        is_active: bool,
        ending: &Ending,
    ) -> Result<Option<Vec<Revocation>>, StoreError> {
        let set_active = async {
            let tx = self.db.begin_write().await?;
            let user = user::Entity::find_by_id(id.uuid()).lock_exclusive().one(&tx).await?;
            let Some(user) = user else { return Ok(None) };
            // Even if it was out of use: somebody may have seen to that alone.
            let ended =
                if is_active { Vec::new() } else { self.end_all_of(&tx, id, ending).await? };
            if user.is_active != is_active {
                user::Entity::update_many()
                    .col_expr(user::Column::IsActive, Expr::val(is_active))
                    .col_expr(user::Column::UpdatedAt, Expr::val(ending.event.at))
                    .filter(user::Column::Id.eq(id.uuid()))
                    .exec(&tx)
                    .await?;
                note(&tx, &ending.event).await?;
            }
            tx.commit().await.map(|()| Some(ended))
        };
        set_active.await.map_err(store_error)
    }

    async fn delete(
        &self,
        id: UserId,
        ending: &Ending,
    ) -> Result<Option<Vec<Revocation>>, StoreError> {
        self.delete_all_of(id, ending).await.map_err(store_error)
    }
}

fn user_error(error: DbErr) -> UserStoreError {
    if is_unique_violation(&error, "users_email_folded", "users.email_folded") {
        UserStoreError::EmailTaken
    } else {
        store_error(error).into()
    }
}

fn row_of(user: &User) -> user::ActiveModel {
    user::ActiveModel {
        id: Set(user.id.uuid()),
        email: Set(user.email.clone()),
        email_folded: Set(fold_email(&user.email)),
        password_hash: Set(user.password_hash.clone()),
        password_version: Set(user.password_version),
        display_name: Set(user.display_name.clone()),
        is_active: Set(user.is_active),
        created_at: Set(user.created_at),
        updated_at: Set(user.created_at),
    }
}

impl From<user::Model> for User {
    fn from(row: user::Model) -> Self {
        Self {
            id: row.id.into(),
            email: row.email,
            display_name: row.display_name,
            password_hash: row.password_hash,
            password_version: row.password_version,
            is_active: row.is_active,
            created_at: row.created_at,
        }
    }
}

#[cfg(test)]
mod tests {
    use common::domain::audit::EventKind;
    use common::domain::session::Device;
    use rstest::rstest;
    use sea_orm::{ConnectionTrait, Statement};
    use testkit::Engine;
    use uuid::Uuid;

    use super::super::contract::{Schema, a_user, schema};
    use super::*;

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
    async fn an_address_has_one_account(
        #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    ) {
        let schema = schema(engine).await;
        let users = schema.users();
        let insert = async |user: User| users.insert(&user, &an_event(&user)).await;
        insert(a_user(1, "ada@example.org")).await.unwrap();
        let taken = insert(a_user(2, "ADA@example.org")).await;
        assert!(matches!(taken, Err(UserStoreError::EmailTaken)), "{taken:?}");
        let same_id = insert(a_user(1, "eve@example.org")).await;
        assert!(
            matches!(same_id, Err(UserStoreError::Store(StoreError::Failed(_)))),
            "{same_id:?}"
        );
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
}
