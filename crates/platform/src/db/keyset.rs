//! Lists by keyset, and searches by substring.

use chrono::{DateTime, Utc};
use common::{Direction, PageRequest};
use sea_orm::sea_query::{BinOper, Expr, ExprTrait, Func, SimpleExpr};
use sea_orm::{ColumnTrait, Order, QueryFilter, QueryOrder, QuerySelect, Value};

/// Adds a page's order, start and length to a query.
pub trait Keyset: QueryFilter + QueryOrder + QuerySelect + Sized {
    /// Rows by `key`, then by `id`, from where `page` starts; one more than it asks for, which tells whether more follow.
    /// `value` turns a cursor's key into the column's value.
    #[must_use]
    fn page<C: ColumnTrait>(
        self,
        key: C,
        id: C,
        page: PageRequest,
        value: impl Fn(i64) -> Value,
    ) -> Self {
        let order = match page.direction {
            Direction::Ascending => Order::Asc,
            Direction::Descending => Order::Desc,
        };
        let query = match page.after {
            None => self,
            Some(place) => {
                let row =
                    Expr::tuple([Expr::col(key.as_column_ref()), Expr::col(id.as_column_ref())]);
                let start = Expr::tuple([Expr::val(value(place.key)), Expr::val(place.id)]);
                self.filter(match page.direction {
                    Direction::Ascending => row.gt(start),
                    Direction::Descending => row.lt(start),
                })
            }
        };
        query.order_by(key, order.clone()).order_by(id, order).limit(u64::from(page.limit) + 1)
    }
}

impl<Q: QueryFilter + QueryOrder + QuerySelect> Keyset for Q {}

/// A cursor's key as a time.
pub fn micros(key: i64) -> Value {
    DateTime::<Utc>::from_timestamp_micros(key).unwrap_or_default().into()
}

/// Whether a column has `text` in it, in any case (SQLite folds ASCII letters only).
pub fn contains(column: impl ColumnTrait, text: &str) -> SimpleExpr {
    let escaped = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    // Folded by the database on both sides, so that the two are folded alike.
    let folded = SimpleExpr::from(Func::lower(Expr::col(column.as_column_ref())));
    let pattern = Func::lower(Expr::val(format!("%{escaped}%")));
    let escape = SimpleExpr::Constant('\\'.into());
    folded.binary(BinOper::Like, SimpleExpr::from(pattern).binary(BinOper::Escape, escape))
}
