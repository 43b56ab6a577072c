use async_trait::async_trait;
use chrono::{DateTime, Utc};
use common::UserId;
use common::domain::preferences::{PreferenceChanges, Preferences};
use common::repositories::{PreferenceRepository, StoreError};
use platform::db::{Database, store_error};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, EntityTrait};

use super::conversations::TOMBSTONES;
use super::entities::preferences;

/// Preferences in the service's database.
pub struct SqlPreferences {
    db: Database,
}

impl SqlPreferences {
    pub fn new(db: Database) -> Self {
        Self { db }
    }
}

#[async_trait]
impl PreferenceRepository for SqlPreferences {
    async fn find(&self, owner: UserId) -> Result<Option<Preferences>, StoreError> {
        let row = preferences::Entity::find_by_id(owner.uuid())
            .one(self.db.connection())
            .await
            .map_err(store_error)?;
        Ok(row.map(Preferences::from))
    }

    async fn update(
        &self,
        owner: UserId,
        changes: &PreferenceChanges,
        at: DateTime<Utc>,
    ) -> Result<Option<Preferences>, StoreError> {
        let (row, changed) = row_of(owner, changes, at);
        // Only what changes is written over, so that two changes made at once are both kept.
        let on_conflict =
            OnConflict::column(preferences::Column::UserId).update_columns(changed).to_owned();
        let update = async {
            let tx = self.db.begin_write().await?;
            if !TOMBSTONES.buried(&tx, &[owner.uuid()]).await?.is_empty() {
                return Ok(None);
            }
            let row = preferences::Entity::insert(row)
                .on_conflict(on_conflict)
                .exec_with_returning(&tx)
                .await?;
            tx.commit().await?;
            Ok(Some(row.into()))
        };
        update.await.map_err(store_error)
    }

    async fn delete(&self, owner: UserId) -> Result<(), StoreError> {
        preferences::Entity::delete_by_id(owner.uuid())
            .exec(self.db.connection())
            .await
            .map(drop)
            .map_err(store_error)
    }
}

/// The row as the first change makes it, and the columns that a later one changes.
fn row_of(
    owner: UserId,
    changes: &PreferenceChanges,
    at: DateTime<Utc>,
) -> (preferences::ActiveModel, Vec<preferences::Column>) {
    let PreferenceChanges { default_model, default_temperature, system_prompt } = changes.clone();
    let changed = [
        (preferences::Column::DefaultModel, default_model.is_some()),
        (preferences::Column::DefaultTemperature, default_temperature.is_some()),
        (preferences::Column::SystemPrompt, system_prompt.is_some()),
        (preferences::Column::UpdatedAt, true),
    ];
    let row = preferences::ActiveModel {
        user_id: Set(owner.uuid()),
        default_model: Set(default_model.flatten()),
        default_temperature: Set(default_temperature.flatten()),
        system_prompt: Set(system_prompt.flatten()),
        updated_at: Set(at),
    };
    let changed = changed.into_iter().filter_map(|(column, changes)| changes.then_some(column));
    (row, changed.collect())
}

impl From<preferences::Model> for Preferences {
    fn from(row: preferences::Model) -> Self {
        Self {
            default_model: row.default_model,
            default_temperature: row.default_temperature,
            system_prompt: row.system_prompt,
        }
    }
}
