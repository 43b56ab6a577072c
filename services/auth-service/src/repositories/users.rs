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
            if changed.rows_affected == 0 {
                return Ok(None);
            }
            let ended = match &change.token {
                Some(token) => {
                    if !renew(&tx, id, token, ending.event.at).await? {
                        return Ok(None);
                    }
                    let others = Condition::all()
                        .add(session::Column::UserId.eq(id.uuid()))
                        .add(session::Column::Id.ne(token.session.uuid()));
                    end_sessions(&self.db, &tx, others, ending).await?
                }
                None => self.end_all_of(&tx, id, ending).await?,
            };
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
mod tests;
