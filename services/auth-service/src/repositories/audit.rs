use async_trait::async_trait;
use chrono::{DateTime, Utc};
use common::domain::audit::{AuditEvent, EventKind};
use common::domain::session::Device;
use common::repositories::{AuditRepository, StoreError};
use common::{Page, PageRequest, Position, UserId};
use platform::db::{Database, Keyset, micros, store_error};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QuerySelect,
};

use super::entities::{audit_event, user};
use super::purge::purge;

/// What happened to accounts, in the service's database.
pub struct SqlAudit {
    db: Database,
}

impl SqlAudit {
    pub fn new(db: Database) -> Self {
        Self { db }
    }
}

#[async_trait]
impl AuditRepository for SqlAudit {
    async fn insert(&self, event: &AuditEvent) -> Result<(), StoreError> {
        let insert = async {
            let tx = self.db.begin_write().await?;
            // Whoever deletes the account waits for us, or we for them.
            let owner = user::Entity::find_by_id(event.owner.uuid()).lock_shared();
            if owner.one(&tx).await?.is_some() {
                note(&tx, event).await?;
            }
            tx.commit().await
        };
        insert.await.map_err(store_error)
    }

    async fn list(&self, owner: UserId, page: PageRequest) -> Result<Page<AuditEvent>, StoreError> {
        let rows = audit_event::Entity::find()
            .filter(audit_event::Column::UserId.eq(owner.uuid()))
            .page(audit_event::Column::At, audit_event::Column::Id, page, micros)
            .all(self.db.connection())
            .await
            .map_err(store_error)?;
        let page = Page::of(rows, page.limit, |row| Position {
            key: row.at.timestamp_micros(),
            id: row.id,
        });
        let next = page.next;
        // A kind that only a newer version knows is passed over.
        Ok(Page { items: page.items.into_iter().filter_map(event_of).collect(), next, total: None })
    }

    async fn purge(&self, before: DateTime<Utc>) -> Result<u64, StoreError> {
        let over = || audit_event::Column::At.lt(before);
        purge::<audit_event::Entity>(&self.db, audit_event::Column::Id, over).await
    }
}

/// Writes an event, in the transaction of the change that it is about.
pub async fn note(connection: &impl ConnectionTrait, event: &AuditEvent) -> Result<(), DbErr> {
    let row = audit_event::ActiveModel {
        id: Set(event.id.uuid()),
        user_id: Set(event.owner.uuid()),
        kind: Set(event.kind.as_str().to_owned()),
        at: Set(event.at),
        ip: Set(event.device.ip.clone()),
        user_agent: Set(event.device.user_agent.clone()),
    };
    audit_event::Entity::insert(row).exec_without_returning(connection).await.map(drop)
}

fn event_of(row: audit_event::Model) -> Option<AuditEvent> {
    Some(AuditEvent {
        id: row.id.into(),
        owner: row.user_id.into(),
        kind: EventKind::parse(&row.kind)?,
        at: row.at,
        device: Device { user_agent: row.user_agent, ip: row.ip },
    })
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use common::repositories::UserRepository;
    use common::{Clock, Direction};
    use rstest::rstest;
    use testkit::{Engine, a_clock};
    use uuid::Uuid;

    use super::super::contract::{a_user, schema};
    use super::*;

    fn an_event(number: u128, owner: u128, at: DateTime<Utc>) -> AuditEvent {
        AuditEvent {
            id: Uuid::from_u128(number).into(),
            owner: Uuid::from_u128(owner).into(),
            kind: EventKind::SignedIn,
            at,
            device: Device { user_agent: Some("curl".to_owned()), ip: None },
        }
    }

    #[rstest]
    #[tokio::test]
    async fn events_are_listed_by_owner_and_purged_by_age(
        #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    ) {
        let schema = schema(engine).await;
        let audit = SqlAudit::new(schema.db.clone());
        let now = a_clock().now();
        let (one, other) = (an_event(1, 1, now), an_event(2, 1, now + TimeDelta::seconds(1)));
        for (number, email) in [(1, "ada@example.org"), (2, "eve@example.org")] {
            let user = a_user(number, email);
            schema.users().insert(&user, &an_event(number + 10, number, now)).await.unwrap();
        }
        schema.sql("DELETE FROM audit_log").await;
        for event in [&one, &other, &an_event(3, 2, now), &an_event(4, 3, now)] {
            audit.insert(event).await.unwrap();
        }
        let newest = PageRequest { limit: 1, after: None, direction: Direction::Descending };
        let first = audit.list(one.owner, newest).await.unwrap();
        assert_eq!(first.items, std::slice::from_ref(&other));
        let second = PageRequest { after: first.next, ..newest };
        let second = audit.list(one.owner, second).await.unwrap();
        assert_eq!((second.items, second.next), (vec![one.clone()], None));

        assert_eq!(audit.purge(other.at).await.unwrap(), 2);
        let page = PageRequest { limit: 9, ..newest };
        assert_eq!(audit.list(one.owner, page).await.unwrap().items, [other]);
        schema.sql("UPDATE audit_log SET type = 'of_tomorrow'").await;
        assert_eq!(audit.list(one.owner, page).await.unwrap().items, []);
    }

    #[test]
    fn every_kind_reads_back() {
        for kind in EventKind::ALL {
            assert_eq!(EventKind::parse(kind.as_str()), Some(*kind));
        }
        assert_eq!(EventKind::parse("of_tomorrow"), None);
    }
}
