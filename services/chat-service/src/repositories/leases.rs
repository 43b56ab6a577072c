//! Work that one process at a time is at: errands, imports, jobs that load a model. Their tables say it in columns of the same names:
//! who has taken a row up, until when by the database's clock, which all replicas share, and how often somebody has.

use common::domain::message::Lease;
use platform::db::Database;
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{Condition, DbErr, EntityTrait, Order, QueryFilter};

/// Takes up one of the rows that match and that nobody is at: the first by a column.
pub async fn take_up<E: EntityTrait>(
    db: &Database,
    which: Condition,
    first_by: E::Column,
    lease: Lease,
) -> Result<Option<E::Model>, DbErr> {
    // Checked again under the row's lock, so that two replicas never take the same one.
    let idle = which.add(Expr::col("lease_until").lte(db.now_micros()));
    let chosen = Query::select()
        .column("id")
        .from(E::default())
        .cond_where(idle.clone())
        .order_by(first_by, Order::Asc)
        .limit(1)
        .to_owned();
    let taken = E::update_many()
        .col_expr("lease_owner", Expr::val(Some(lease.holder)))
        .col_expr("lease_until", db.after(lease.length()))
        .col_expr("attempts", Expr::col("attempts").add(1))
        .filter(Expr::col("id").in_subquery(chosen))
        .filter(idle)
        .exec_with_returning(db.connection())
        .await?;
    Ok(taken.into_iter().next())
}
