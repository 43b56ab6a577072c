use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use common::domain::session::{Device, RefreshError, RefreshToken, Session};
use common::repositories::{SessionRepository, StoreError};
use common::{SessionId, UserId};
use platform::db::{Database, store_error};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait,
    QueryFilter, QuerySelect,
};

use super::entities::{refresh_token, session};

/// Sessions in the service's database.
pub struct SqlSessions {
    db: Database,
}

impl SqlSessions {
    pub fn new(db: Database) -> Self {
        Self { db }
    }

    /// Replaces a live token by its successor.
    async fn consume(
        tx: DatabaseTransaction,
        used: refresh_token::Model,
        successor: &RefreshToken,
        now: DateTime<Utc>,
    ) -> Result<(), DbErr> {
        refresh_token::Entity::update_many()
            .col_expr(refresh_token::Column::ConsumedAt, Expr::val(now))
            .filter(refresh_token::Column::Hash.eq(used.hash))
            .exec(&tx)
            .await?;
        refresh_token::Entity::insert(token_row(successor)).exec_without_returning(&tx).await?;
        session::Entity::update_many()
            .col_expr(session::Column::LastSeenAt, Expr::val(now))
            .filter(session::Column::Id.eq(used.session_id))
            .exec(&tx)
            .await?;
        tx.commit().await
    }
}

#[async_trait]
impl SessionRepository for SqlSessions {
    async fn insert(&self, session: &Session, token: &RefreshToken) -> Result<(), StoreError> {
        let insert = async {
            let tx = self.db.begin_write().await?;
            session::Entity::insert(row_of(session)).exec_without_returning(&tx).await?;
            refresh_token::Entity::insert(token_row(token)).exec_without_returning(&tx).await?;
            tx.commit().await
        };
        insert.await.map_err(store_error)
    }

    async fn find_by_token(
        &self,
        hash: &[u8],
    ) -> Result<Option<(Session, RefreshToken)>, StoreError> {
        let Some(token) = token(self.db.connection(), hash).await.map_err(store_error)? else {
            return Ok(None);
        };
        let session = session::Entity::find_by_id(token.session_id)
            .one(self.db.connection())
            .await
            .map_err(store_error)?;
        Ok(session.map(|row| (row.into(), token.into())))
    }

    async fn rotate(
        &self,
        hash: &[u8],
        successor: &RefreshToken,
        now: DateTime<Utc>,
        grace: TimeDelta,
    ) -> Result<(), RefreshError> {
        let tx = self.db.begin_write().await.map_err(store_error)?;
        // Makes the session's other refreshes wait.
        let session = session::Entity::find_by_id(successor.session.uuid()).lock_exclusive();
        let session = session
            .one(&tx)
            .await
            .map_err(store_error)?
            .filter(|session| session.revoked_at.is_none());
        let used = token(&tx, hash).await.map_err(store_error)?;
        let (Some(session), Some(used)) = (session, used) else {
            return Err(RefreshError::Invalid);
        };
        let Some(consumed_at) = used.consumed_at else {
            if used.expires_at <= now {
                return Err(RefreshError::Expired);
            }
            return Ok(Self::consume(tx, used, successor, now).await.map_err(store_error)?);
        };
        let next = token(&tx, &successor.hash).await.map_err(store_error)?;
        let is_waiting =
            next.is_some_and(|next| next.consumed_at.is_none() && next.expires_at > now);
        if is_waiting && now - consumed_at <= grace {
            return Ok(());
        }
        revoke(&tx, session.user_id.into(), session.id.into(), now).await.map_err(store_error)?;
        tx.commit().await.map_err(store_error)?;
        Err(RefreshError::Reused)
    }

    async fn revoke(
        &self,
        owner: UserId,
        id: SessionId,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        revoke(self.db.connection(), owner, id, now).await.map_err(store_error)
    }
}

async fn token(
    connection: &impl ConnectionTrait,
    hash: &[u8],
) -> Result<Option<refresh_token::Model>, DbErr> {
    refresh_token::Entity::find_by_id(hash).one(connection).await
}

async fn revoke(
    connection: &impl ConnectionTrait,
    owner: UserId,
    id: SessionId,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let revoked = session::Entity::update_many()
        .col_expr(session::Column::RevokedAt, Expr::val(now))
        .filter(session::Column::Id.eq(id.uuid()))
        .filter(session::Column::UserId.eq(owner.uuid()))
        .filter(session::Column::RevokedAt.is_null())
        .exec(connection)
        .await?;
    Ok(revoked.rows_affected > 0)
}

fn row_of(session: &Session) -> session::ActiveModel {
    session::ActiveModel {
        id: Set(session.id.uuid()),
        user_id: Set(session.owner.uuid()),
        salt: Set(session.salt.clone()),
        user_agent: Set(session.device.user_agent.clone()),
        ip: Set(session.device.ip.clone()),
        created_at: Set(session.created_at),
        last_seen_at: Set(session.last_seen_at),
        revoked_at: Set(session.revoked_at),
    }
}

fn token_row(token: &RefreshToken) -> refresh_token::ActiveModel {
    refresh_token::ActiveModel {
        hash: Set(token.hash.clone()),
        session_id: Set(token.session.uuid()),
        generation: Set(i32::try_from(token.generation).unwrap_or(i32::MAX)),
        consumed_at: Set(token.consumed_at),
        expires_at: Set(token.expires_at),
    }
}

impl From<session::Model> for Session {
    fn from(row: session::Model) -> Self {
        Self {
            id: row.id.into(),
            owner: row.user_id.into(),
            salt: row.salt,
            device: Device { user_agent: row.user_agent, ip: row.ip },
            created_at: row.created_at,
            last_seen_at: row.last_seen_at,
            revoked_at: row.revoked_at,
        }
    }
}

impl From<refresh_token::Model> for RefreshToken {
    fn from(row: refresh_token::Model) -> Self {
        Self {
            hash: row.hash,
            session: row.session_id.into(),
            generation: row.generation.unsigned_abs(),
            consumed_at: row.consumed_at,
            expires_at: row.expires_at,
        }
    }
}

#[cfg(test)]
mod tests;
