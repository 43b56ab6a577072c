use std::collections::HashMap;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use common::domain::subject::Subject;
use common::domain::summary::{PlacedSummary, Summary};
use common::repositories::{StoreError, SubjectRepository};
use common::{ConversationId, UserId};
use platform::db::{Database, store_error};
use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement};
use sea_orm::{ConnectionTrait, DbErr, FromQueryResult};
use uuid::Uuid;

use super::entities::{conversation, message, model_context, preferences};

/// What turns begin with, in the service's database.
pub struct SqlSubjects {
    db: Database,
}

/// A conversation, and one of its models.
#[derive(FromQueryResult)]
struct Row {
    project_id: Option<Uuid>,
    title: Option<String>,
    model: String,
    system_prompt: Option<String>,
    default_temperature: Option<f64>,
    summarized_by: Option<String>,
    summary: Option<String>,
    summary_through: Option<Uuid>,
    summary_is_own: Option<bool>,
    summary_updated_at: Option<DateTime<Utc>>,
    depth: Option<i32>,
    on_branch: Option<bool>,
}

impl SqlSubjects {
    pub fn new(db: Database) -> Self {
        Self { db }
    }
}

#[async_trait]
impl SubjectRepository for SqlSubjects {
    async fn find(
        &self,
        owner: UserId,
        conversation: ConversationId,
        models: &[&str],
    ) -> Result<Option<Subject>, StoreError> {
        let query = query(owner, conversation, models);
        let rows = async {
            let rows = self.db.connection().query_all(&query).await?;
            rows.iter()
                .map(|row| Row::from_query_result(row, ""))
                .collect::<Result<Vec<_>, DbErr>>()
        };
        let mut rows = rows.await.map_err(store_error)?;
        let summaries: HashMap<_, _> = rows.iter_mut().filter_map(Row::take_summary).collect();
        Ok(rows.pop().map(|row| Subject {
            conversation,
            owner,
            project: row.project_id.map(Into::into),
            title: row.title,
            model: row.model,
            system_prompt: row.system_prompt,
            temperature: row.default_temperature,
            summaries,
        }))
    }
}

impl Row {
    /// The model of the row, and what it knows of the conversation in short.
    fn take_summary(&mut self) -> Option<(String, PlacedSummary)> {
        let summary = Summary {
            text: self.summary.take()?,
            through: self.summary_through?.into(),
            is_own: self.summary_is_own?,
            at: self.summary_updated_at?,
        };
        let (depth, on_branch) = (self.depth?.unsigned_abs(), self.on_branch?);
        Some((self.summarized_by.take()?, PlacedSummary { summary, depth, on_branch }))
    }
}

fn query(owner: UserId, conversation: ConversationId, models: &[&str]) -> SelectStatement {
    use conversation::Column as Conversation;
    use model_context::Column as Context;

    let of = |column| Expr::col((conversation::Entity, column));
    let in_context = |column| Expr::col((model_context::Entity, column));
    let is_wanted = match models {
        [] => in_context(Context::Model).equals((conversation::Entity, Conversation::Model)),
        models => in_context(Context::Model).is_in(models.iter().copied()),
    };
    let of_owner = Expr::col((preferences::Entity, preferences::Column::UserId))
        .equals((conversation::Entity, Conversation::UserId));
    let of_conversation =
        in_context(Context::ConversationId).equals((conversation::Entity, Conversation::Id));
    let last = Expr::col((message::Entity, message::Column::Id))
        .equals((model_context::Entity, Context::SummaryThrough));
    Query::select()
        .columns(
            [
                Conversation::ProjectId,
                Conversation::Title,
                Conversation::Model,
                Conversation::SystemPrompt,
            ]
            .map(|column| (conversation::Entity, column)),
        )
        .column((preferences::Entity, preferences::Column::DefaultTemperature))
        .expr_as(in_context(Context::Model), "summarized_by")
        .columns(
            [
                Context::Summary,
                Context::SummaryThrough,
                Context::SummaryIsOwn,
                Context::SummaryUpdatedAt,
            ]
            .map(|column| (model_context::Entity, column)),
        )
        .columns(
            [message::Column::Depth, message::Column::OnBranch]
                .map(|column| (message::Entity, column)),
        )
        .from(conversation::Entity)
        .left_join(preferences::Entity, of_owner)
        .left_join(model_context::Entity, of_conversation.and(is_wanted))
        .left_join(message::Entity, last)
        .and_where(of(Conversation::Id).eq(conversation.uuid()))
        .and_where(of(Conversation::UserId).eq(owner.uuid()))
        .to_owned()
}
