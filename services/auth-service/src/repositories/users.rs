use async_trait::async_trait;
use common::domain::audit::AuditEvent;
use common::domain::revocation::Ending;
use common::domain::user::{PasswordChange, User, fold_email};
use common::repositories::{StoreError, UserRepository, UserStoreError};
use common::{SessionId, UserId};
use platform::db::{Database, is_unique_violation, store_error};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, DbErr, EntityTrait, QueryFilter};

use super::audit::note;
use super::entities::{session, user};
use super::sessions::end_sessions;

/// Accounts in the service's database.
pub struct SqlUsers {
    db: Database,
}

impl SqlUsers {
    pub fn new(db: Database) -> Self {
        Self { db }
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
    ) -> Result<Option<Vec<SessionId>>, StoreError> {
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
            if changed.rows_affected == 0 {
                return Ok(None);
            }
            let others = Condition::all()
                .add(session::Column::UserId.eq(id.uuid()))
                .add(session::Column::Id.ne(change.keep.uuid()));
            let ended = end_sessions(&self.db, &tx, others, ending).await?;
            note(&tx, &ending.event).await?;
            tx.commit().await.map(|()| Some(ended))
        };
        change_password.await.map_err(store_error)
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
    use common::Clock;
    use common::domain::audit::EventKind;
    use common::domain::session::Device;
    use rstest::rstest;
    use testkit::{Engine, a_clock};
    use uuid::Uuid;

    use super::super::contract::schema;
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

    fn a_user(number: u128, email: &str) -> User {
        User {
            id: Uuid::from_u128(number).into(),
            email: email.to_owned(),
            display_name: Some("Ada".to_owned()),
            password_hash: "old".to_owned(),
            password_version: 0,
            is_active: true,
            created_at: a_clock().now(),
        }
    }

    #[rstest]
    #[tokio::test]
    async fn an_account_is_found_by_id_and_by_address_in_any_case(
        #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    ) {
        let schema = schema(engine).await;
        let users = SqlUsers::new(schema.db.clone());
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
        let users = SqlUsers::new(schema.db.clone());
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
        let users = SqlUsers::new(schema.db.clone());
        let (user, other) = (a_user(1, "ada@example.org"), a_user(2, "eve@example.org"));
        users.insert(&user, &an_event(&user)).await.unwrap();
        users.insert(&other, &an_event(&other)).await.unwrap();
        users.replace_password_hash(user.id, "old", "new").await.unwrap();
        users.replace_password_hash(user.id, "old", "late").await.unwrap();
        let hash = |user: Option<User>| user.unwrap().password_hash;
        assert_eq!(hash(users.find(user.id).await.unwrap()), "new");
        assert_eq!(hash(users.find(other.id).await.unwrap()), "old");
    }
}
