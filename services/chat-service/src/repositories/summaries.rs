use async_trait::async_trait;
use common::domain::summary::Summary;
use common::repositories::{StoreError, SummaryRepository};
use common::{ConversationId, UserId};
use platform::db::{Database, store_error};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use uuid::Uuid;

use super::entities::{conversation, model_context};
use super::search;

/// Summaries in the service's database, for writing.
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
