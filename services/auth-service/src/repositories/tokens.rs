use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use common::auth::Scope;
use common::domain::audit::AuditEvent;
use common::domain::revocation::{Revocation, TokenUse};
use common::domain::token::{PersonalToken, PersonalTokenError};
use common::repositories::{StoreError, TokenRepository};
use common::{Page, PageRequest, Position, TokenId, UserId};
use platform::db::{Database, Keyset, micros, store_error};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, DatabaseTransaction, DbErr, EntityTrait,
    PaginatorTrait, QueryFilter, QuerySelect,
};

use super::audit::note;
use super::entities::{access_token, user};
use super::purge::purge;
use super::revocations::announce;

/// A use that is closer to the one noted is not noted.
const NOTED: TimeDelta = TimeDelta::minutes(1);

/// Personal access tokens in the service's database.
pub struct SqlTokens {
    db: Database,
}

impl SqlTokens {
    pub fn new(db: Database) -> Self {
        Self { db }
    }

    /// Ends the tokens that match; those that were alive.
    async fn end(
        db: &Database,
        tx: &DatabaseTransaction,
        owner: UserId,
        condition: Condition,
        now: DateTime<Utc>,
    ) -> Result<Vec<PersonalToken>, DbErr> {
        let rows = access_token::Entity::delete_many()
            .filter(access_token::Column::UserId.eq(owner.uuid()))
            .filter(access_token::Column::ExpiresAt.gt(now))
            .filter(condition)
            .exec_with_returning(tx)
            .await?;
        let ended: Vec<PersonalToken> = rows.into_iter().map(Into::into).collect();
        let revocations: Vec<_> = ended.iter().map(PersonalToken::revocation).collect();
        announce(db, tx, &revocations).await?;
        Ok(ended)
    }
}

#[async_trait]
impl TokenRepository for SqlTokens {
    async fn insert(
        &self,
        token: &PersonalToken,
        at_most: u64,
        event: &AuditEvent,
    ) -> Result<(), PersonalTokenError> {
        let tx = self.db.begin_write().await.map_err(store_error)?;
        // Two at once must not both be the last.
        let owner = user::Entity::find_by_id(token.owner.uuid()).lock_exclusive();
        let owner = owner.one(&tx).await.map_err(store_error)?;
        if !owner.is_some_and(|owner| owner.is_active) {
            return Err(PersonalTokenError::OwnerGone);
        }
        let alive = access_token::Entity::find()
            .filter(access_token::Column::UserId.eq(token.owner.uuid()))
            .filter(access_token::Column::ExpiresAt.gt(token.created_at));
        if alive.count(&tx).await.map_err(store_error)? >= at_most {
            return Err(PersonalTokenError::TooMany);
        }
        let insert = async {
            access_token::Entity::insert(row_of(token)).exec_without_returning(&tx).await?;
            note(&tx, event).await?;
            tx.commit().await
        };
        Ok(insert.await.map_err(store_error)?)
    }

    async fn list(
        &self,
        owner: UserId,
        now: DateTime<Utc>,
        page: PageRequest,
    ) -> Result<Page<PersonalToken>, StoreError> {
        let rows = access_token::Entity::find()
            .filter(access_token::Column::UserId.eq(owner.uuid()))
            .filter(access_token::Column::ExpiresAt.gt(now))
            .page(access_token::Column::CreatedAt, access_token::Column::Id, page, micros)
            .all(self.db.connection())
            .await
            .map_err(store_error)?;
        let page = Page::of(rows, page.limit, |row| Position {
            key: row.created_at.timestamp_micros(),
            id: row.id,
        });
        Ok(page.map(PersonalToken::from))
    }

    async fn revoke(
        &self,
        owner: UserId,
        id: TokenId,
        event: &AuditEvent,
    ) -> Result<Option<PersonalToken>, StoreError> {
        let revoke = async {
            let tx = self.db.begin_write().await?;
            let this = Condition::all().add(access_token::Column::Id.eq(id.uuid()));
            let ended = Self::end(&self.db, &tx, owner, this, event.at).await?.pop();
            if ended.is_some() {
                note(&tx, event).await?;
            }
            tx.commit().await.map(|()| ended)
        };
        revoke.await.map_err(store_error)
    }

    async fn record_uses(&self, uses: &[TokenUse], now: DateTime<Utc>) -> Result<(), StoreError> {
        let record = async {
            let tx = self.db.begin_write().await?;
            for used in uses {
                let at = used.at.min(now);
                let is_news = Condition::any()
                    .add(access_token::Column::LastUsedAt.is_null())
                    .add(access_token::Column::LastUsedAt.lte(at - NOTED));
                access_token::Entity::update_many()
                    .col_expr(access_token::Column::LastUsedAt, Expr::val(at))
                    .filter(access_token::Column::Id.eq(used.token.uuid()))
                    .filter(is_news)
                    .exec(&tx)
                    .await?;
            }
            tx.commit().await
        };
        record.await.map_err(store_error)
    }

    async fn purge(&self, now: DateTime<Utc>) -> Result<u64, StoreError> {
        let over = || access_token::Column::ExpiresAt.lte(now);
        purge::<access_token::Entity>(&self.db, access_token::Column::Id, over).await
    }
}

/// Ends all tokens of somebody whose account is deleted.
pub(super) async fn end_tokens(
    db: &Database,
    tx: &DatabaseTransaction,
    owner: UserId,
    now: DateTime<Utc>,
) -> Result<Vec<Revocation>, DbErr> {
    let ended = SqlTokens::end(db, tx, owner, Condition::all(), now).await?;
    Ok(ended.iter().map(PersonalToken::revocation).collect())
}

fn row_of(token: &PersonalToken) -> access_token::ActiveModel {
    let scopes: Vec<_> = token.scopes.iter().map(|scope| scope.as_str()).collect();
    access_token::ActiveModel {
        id: Set(token.id.uuid()),
        user_id: Set(token.owner.uuid()),
        name: Set(token.name.clone()),
        scopes: Set(scopes.join(" ")),
        created_at: Set(token.created_at),
        expires_at: Set(token.expires_at),
        last_used_at: Set(token.last_used_at),
    }
}

impl From<access_token::Model> for PersonalToken {
    fn from(row: access_token::Model) -> Self {
        Self {
            id: row.id.into(),
            owner: row.user_id.into(),
            name: row.name,
            scopes: row.scopes.split(' ').filter_map(Scope::parse).collect(),
            created_at: row.created_at,
            expires_at: row.expires_at,
            last_used_at: row.last_used_at,
        }
    }
}

#[cfg(test)]
mod tests {
    use common::domain::audit::EventKind;
    use common::domain::session::Device;
    use common::repositories::UserRepository;
    use common::{Clock, Direction};
    use futures_util::future::join_all;
    use rstest::rstest;
    use testkit::{Engine, a_clock};
    use uuid::Uuid;

    use super::super::contract::{Schema, a_user, schema};
    use super::*;

    fn a_token(number: u128) -> PersonalToken {
        let now = a_clock().now();
        PersonalToken {
            id: Uuid::from_u128(number).into(),
            owner: Uuid::from_u128(1).into(),
            name: "ci".to_owned(),
            scopes: vec![Scope::Read, Scope::Write],
            created_at: now,
            expires_at: now + TimeDelta::days(1),
            last_used_at: None,
        }
    }

    fn an_event(number: u128, kind: EventKind) -> AuditEvent {
        AuditEvent {
            id: Uuid::from_u128(number).into(),
            owner: Uuid::from_u128(1).into(),
            kind,
            at: a_clock().now(),
            device: Device::default(),
        }
    }

    async fn begun(engine: Engine) -> (Schema, SqlTokens) {
        let schema = schema(engine).await;
        let user = a_user(1, "ada@example.org");
        schema.users().insert(&user, &an_event(1, EventKind::Registered)).await.unwrap();
        let tokens = SqlTokens::new(schema.db.clone());
        (schema, tokens)
    }

    fn newest(limit: u32) -> PageRequest {
        PageRequest { limit, after: None, direction: Direction::Descending }
    }

    async fn insert(tokens: &SqlTokens, number: u128) -> Result<(), PersonalTokenError> {
        tokens.insert(&a_token(number), 3, &an_event(number, EventKind::TokenCreated)).await
    }

    #[rstest]
    #[tokio::test]
    async fn a_token_is_listed_until_it_ends(
        #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    ) {
        let (_schema, tokens) = begun(engine).await;
        let (token, now) = (a_token(2), a_clock().now());
        insert(&tokens, 2).await.unwrap();
        let list = async |owner, at| tokens.list(owner, at, newest(9)).await.unwrap().items;
        assert_eq!(list(token.owner, now).await, std::slice::from_ref(&token));
        let stranger = Uuid::from_u128(7).into();
        assert_eq!(list(stranger, now).await, []);
        assert_eq!(list(token.owner, token.expires_at).await, []);

        let event = an_event(9, EventKind::TokenRevoked);
        assert_eq!(tokens.revoke(stranger, token.id, &event).await.unwrap(), None);
        let ended = tokens.revoke(token.owner, token.id, &event).await.unwrap();
        assert_eq!(ended, Some(token.clone()));
        assert_eq!(tokens.revoke(token.owner, token.id, &event).await.unwrap(), None);
        assert_eq!(list(token.owner, now).await, []);
        insert(&tokens, 3).await.unwrap();
        assert_eq!(tokens.purge(token.expires_at).await.unwrap(), 1);
    }

    #[rstest]
    #[tokio::test]
    async fn however_many_are_made_at_once_there_are_never_too_many(
        #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    ) {
        let (_schema, tokens) = begun(engine).await;
        let made = join_all((2..12).map(|number| insert(&tokens, number))).await;
        assert_eq!(made.iter().filter(|made| made.is_ok()).count(), 3);
        let refused = made.into_iter().find_map(Result::err);
        assert!(matches!(refused, Some(PersonalTokenError::TooMany)), "{refused:?}");
        let orphan = PersonalToken { owner: Uuid::from_u128(7).into(), ..a_token(20) };
        let event = an_event(20, EventKind::TokenCreated);
        let refused = tokens.insert(&orphan, 3, &event).await;
        assert!(matches!(refused, Err(PersonalTokenError::OwnerGone)), "{refused:?}");
    }

    #[rstest]
    #[tokio::test]
    async fn uses_are_noted_to_the_minute(
        #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    ) {
        let (_schema, tokens) = begun(engine).await;
        insert(&tokens, 2).await.unwrap();
        let (token, start) = (a_token(2), a_clock().now());
        let now = start + TimeDelta::hours(1);
        for (used, noted) in [(10, 10), (69, 10), (5, 10), (70, 70), (9_999, 3_600)] {
            let at = |seconds| start + TimeDelta::seconds(seconds);
            let uses =
                [7, 2].map(|id| TokenUse { token: Uuid::from_u128(id).into(), at: at(used) });
            tokens.record_uses(&uses, now).await.unwrap();
            let listed = tokens.list(token.owner, start, newest(1)).await.unwrap();
            assert_eq!(listed.items[0].last_used_at, Some(at(noted)), "{used}");
        }
    }
}
