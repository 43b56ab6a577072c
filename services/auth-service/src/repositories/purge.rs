//! Deleting what is over.

use common::repositories::StoreError;
use platform::db::{Database, store_error};
use sea_orm::sea_query::{Query, SimpleExpr};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

/// So few that nobody waits for their locks.
const BATCH: u64 = 500;

/// Deletes the rows that match, each batch in a transaction of its own; how many that was. `key` tells the rows apart.
pub async fn purge<E: EntityTrait>(
    db: &Database,
    key: E::Column,
    over: impl Fn() -> SimpleExpr + Send,
) -> Result<u64, StoreError> {
    let mut purged = 0;
    loop {
        let batch = Query::select()
            .column(key)
            .from(E::default())
            .and_where(over())
            .limit(BATCH)
            .to_owned();
        let deleted = E::delete_many()
            .filter(key.in_subquery(batch))
            .exec(db.connection())
            .await
            .map_err(store_error)?;
        purged += deleted.rows_affected;
        if deleted.rows_affected < BATCH {
            return Ok(purged);
        }
    }
}
