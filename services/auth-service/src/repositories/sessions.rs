use async_trait::async_trait;
use chrono::{DateTime, Utc};
use common::domain::revocation::{Ending, Revocation};
use common::domain::session::{
    Alive, Device, Opening, RefreshError, RefreshToken, Rotation, Session,
};
use common::repositories::{SessionRepository, SessionStoreError, StoreError};
use common::{Page, PageRequest, Position, SessionId, UserId};
use platform::db::{Database, Keyset, is_unique_violation, micros, store_error};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, DbErr,
    EntityTrait, QueryFilter, QuerySelect,
};

use super::audit::note;
use super::entities::{refresh_token, session, user};
use super::purge::purge;
use super::revocations::announce;

/// Sessions in the service's database.
pub struct SqlSessions {
    db: Database,
}

impl SqlSessions {
    pub fn new(db: Database) -> Self {
        Self { db }
    }

    /// Stores a session, if its owner is still as it was begun with; whether it is.
    async fn open(&self, opening: &Opening) -> Result<bool, DbErr> {
        let tx = self.db.begin_write().await?;
        // Whoever changes the account waits for us, or we for them.
        let owner = user::Entity::find_by_id(opening.session.owner.uuid()).lock_shared();
        let is_unchanged = owner.one(&tx).await?.is_some_and(|owner| {
            owner.is_active && owner.password_version == opening.password_version
        });
        if !is_unchanged {
            return Ok(false);
        }
        if let Some((id, ending)) = &opening.replaces {
            revoke(&self.db, &tx, *id, Condition::all(), ending).await?;
        }
        session::Entity::insert(row_of(&opening.session)).exec_without_returning(&tx).await?;
        refresh_token::Entity::insert(token_row(&opening.token))
            .exec_without_returning(&tx)
            .await?;
        note(&tx, &opening.event).await?;
        tx.commit().await.map(|()| true)
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
    async fn insert(&self, opening: &Opening) -> Result<(), SessionStoreError> {
        let is_open = self.open(opening).await.map_err(session_error)?;
        if is_open { Ok(()) } else { Err(SessionStoreError::OwnerChanged) }
    }

    async fn find(&self, owner: UserId, id: SessionId) -> Result<Option<Session>, StoreError> {
        let row = session::Entity::find_by_id(id.uuid())
            .filter(session::Column::UserId.eq(owner.uuid()))
            .one(self.db.connection())
            .await
            .map_err(store_error)?;
        Ok(row.map(Session::from))
    }

    async fn list(
        &self,
        owner: UserId,
        alive: Alive,
        page: PageRequest,
    ) -> Result<Page<Session>, StoreError> {
        let rows = session::Entity::find()
            .filter(session::Column::UserId.eq(owner.uuid()))
            .filter(session::Column::RevokedAt.is_null())
            .filter(is_alive(alive))
            .page(session::Column::CreatedAt, session::Column::Id, page, micros)
            .all(self.db.connection())
            .await
            .map_err(store_error)?;
        let page = Page::of(rows, page.limit, |row| Position {
            key: row.created_at.timestamp_micros(),
            id: row.id,
        });
        Ok(page.map(Session::from))
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

    async fn rotate(&self, hash: &[u8], rotation: &Rotation) -> Result<(), RefreshError> {
        let Rotation { successor, now, grace, if_reused } = rotation;
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
            if used.expires_at <= *now {
                return Err(RefreshError::Expired);
            }
            return Ok(Self::consume(tx, used, successor, *now).await.map_err(store_error)?);
        };
        let next = token(&tx, &successor.hash).await.map_err(store_error)?;
        let is_waiting =
            next.is_some_and(|next| next.consumed_at.is_none() && next.expires_at > *now);
        if is_waiting && *now - consumed_at <= *grace {
            return Ok(());
        }
        revoke(&self.db, &tx, session.id.into(), Condition::all(), if_reused)
            .await
            .map_err(store_error)?;
        tx.commit().await.map_err(store_error)?;
        Err(RefreshError::Reused)
    }

    async fn revoke(
        &self,
        owner: UserId,
        id: SessionId,
        alive: Alive,
        ending: &Ending,
    ) -> Result<bool, StoreError> {
        let revoke = async {
            let tx = self.db.begin_write().await?;
            let theirs = is_alive(alive).add(session::Column::UserId.eq(owner.uuid()));
            let was_there = revoke(&self.db, &tx, id, theirs, ending).await?;
            tx.commit().await.map(|()| was_there)
        };
        revoke.await.map_err(store_error)
    }

    async fn purge(
        &self,
        not_seen_since: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<u64, StoreError> {
        let (id, hash) = (session::Column::Id, refresh_token::Column::Hash);
        let gone = || session::Column::LastSeenAt.lte(not_seen_since);
        let over = || refresh_token::Column::ExpiresAt.lte(now);
        Ok(purge::<session::Entity>(&self.db, id, gone).await?
            + purge::<refresh_token::Entity>(&self.db, hash, over).await?)
    }
}

fn session_error(error: DbErr) -> SessionStoreError {
    if is_unique_violation(&error, "sessions_pkey", "sessions.id") {
        SessionStoreError::Begun
    } else {
        store_error(error).into()
    }
}

async fn token(
    connection: &impl ConnectionTrait,
    hash: &[u8],
) -> Result<Option<refresh_token::Model>, DbErr> {
    refresh_token::Entity::find_by_id(hash).one(connection).await
}

/// Ends one session, if it matches and has not ended; whether it did. The owner's log tells of it.
async fn revoke(
    db: &Database,
    tx: &DatabaseTransaction,
    id: SessionId,
    condition: Condition,
    ending: &Ending,
) -> Result<bool, DbErr> {
    let this = condition.add(session::Column::Id.eq(id.uuid()));
    if end_sessions(db, tx, this, ending).await?.is_empty() {
        return Ok(false);
    }
    note(tx, &ending.event).await.map(|()| true)
}

/// Ends the sessions that match, and announces it; which those were.
pub(super) async fn end_sessions(
    db: &Database,
    tx: &DatabaseTransaction,
    condition: Condition,
    ending: &Ending,
) -> Result<Vec<Revocation>, DbErr> {
    let rows = session::Entity::update_many()
        .col_expr(session::Column::RevokedAt, Expr::val(ending.event.at))
        .filter(session::Column::RevokedAt.is_null())
        .filter(condition)
        .exec_with_returning(tx)
        .await?;
    let revocation =
        |row: session::Model| Revocation { session: row.id.into(), until: ending.until };
    let ended: Vec<Revocation> = rows.into_iter().map(revocation).collect();
    announce(db, tx, &ended).await?;
    Ok(ended)
}

/// Gives a session a new refresh token in the place of all that it had; whether it was there and not ended.
pub(super) async fn renew(
    tx: &DatabaseTransaction,
    owner: UserId,
    token: &RefreshToken,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    // The lock first: a refresh that is on its way must not leave another token behind.
    let renewed = session::Entity::update_many()
        .col_expr(session::Column::LastSeenAt, Expr::val(now))
        .filter(session::Column::Id.eq(token.session.uuid()))
        .filter(session::Column::UserId.eq(owner.uuid()))
        .filter(session::Column::RevokedAt.is_null())
        .exec(tx)
        .await?;
    if renewed.rows_affected == 0 {
        return Ok(false);
    }
    refresh_token::Entity::delete_many()
        .filter(refresh_token::Column::SessionId.eq(token.session.uuid()))
        .exec(tx)
        .await?;
    refresh_token::Entity::insert(token_row(token)).exec_without_returning(tx).await?;
    Ok(true)
}

fn is_alive(alive: Alive) -> Condition {
    Condition::all()
        .add(session::Column::CreatedAt.gt(alive.begun_after))
        .add(session::Column::LastSeenAt.gt(alive.seen_after))
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
