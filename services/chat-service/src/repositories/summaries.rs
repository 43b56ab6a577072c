use async_trait::async_trait;
use common::domain::summary::{PlacedSummary, Summary};
use common::repositories::{StoreError, SummaryRepository};
use common::{ConversationId, UserId};
use platform::db::{Database, store_error};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use uuid::Uuid;

use super::entities::{conversation, message, model_context};
use super::search;

/// Summaries in the service's database.
pub struct SqlSummaries {
    db: Database,
}

impl SqlSummaries {
    pub fn new(db: Database) -> Self {
        Self { db }
    }
}

#[async_trait]
impl SummaryRepository for SqlSummaries {
    async fn find(
        &self,
        owner: UserId,
        conversation: ConversationId,
        model: &str,
    ) -> Result<Option<PlacedSummary>, StoreError> {
        let find = async {
            let key = (conversation.uuid(), model.to_owned());
            let row = model_context::Entity::find_by_id(key).one(self.db.connection()).await?;
            let Some(summary) = row.and_then(read) else { return Ok(None) };
            let placed: Option<(i32, bool)> = message::Entity::find_by_id(summary.through.uuid())
                .filter(message::Column::ConversationId.eq(conversation.uuid()))
                .filter(message::Column::UserId.eq(owner.uuid()))
                .select_only()
                .columns([message::Column::Depth, message::Column::OnBranch])
                .into_tuple()
                .one(self.db.connection())
                .await?;
            Ok(placed.map(|(depth, on_branch)| PlacedSummary {
                summary,
                depth: depth.unsigned_abs(),
                on_branch,
            }))
        };
        find.await.map_err(store_error)
    }

    async fn store(
        &self,
        owner: UserId,
        conversation: ConversationId,
        model: &str,
        summary: &Summary,
    ) -> Result<bool, StoreError> {
        let mine = conversation::Entity::find_by_id(conversation.uuid())
            .filter(conversation::Column::UserId.eq(owner.uuid()))
            .select_only()
            .column(conversation::Column::Id)
            .lock_exclusive()
            .into_tuple::<Uuid>();
        let through = summary.through.uuid();
        let change = model_context::Entity::update_many()
            .col_expr(model_context::Column::Summary, Expr::val(Some(summary.text.as_str())))
            .col_expr(model_context::Column::SummaryThrough, Expr::val(Some::<Uuid>(through)))
            .col_expr(model_context::Column::SummaryIsOwn, Expr::val(summary.is_own))
            .col_expr(model_context::Column::SummaryUpdatedAt, Expr::val(Some(summary.at)))
            .filter(model_context::Column::ConversationId.eq(conversation.uuid()))
            .filter(model_context::Column::Model.eq(model));
        let store = async {
            let tx = self.db.begin_write().await?;
            if mine.one(&tx).await?.is_none() {
                return Ok(false);
            }
            let stored = change.exec(&tx).await?.rows_affected > 0;
            search::index_about(&tx, owner, conversation.uuid()).await?;
            tx.commit().await?;
            Ok(stored)
        };
        store.await.map_err(store_error)
    }
}

fn read(row: model_context::Model) -> Option<Summary> {
    Some(Summary {
        text: row.summary?,
        through: row.summary_through?.into(),
        is_own: row.summary_is_own,
        at: row.summary_updated_at?,
    })
}
