//! `limit`, `cursor` and `order`.

use common::{Direction, Page, PageRequest, Position};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{AppError, FieldError, Pagination};

/// How many rows a page has at most, where the client does not say.
#[derive(Debug, Clone, Copy)]
pub struct Limit(pub u32);

/// The part of a list that a request asks for. `scope` names the list, its filters, its order and its owner: a cursor is good only
/// where it was given.
#[derive(Debug, Clone)]
pub struct Paging {
    scope: String,
    request: PageRequest,
}

impl Paging {
    /// Reads a request's `limit` and `cursor`.
    ///
    /// # Errors
    /// The cursor is not of this list.
    pub fn read(
        scope: String,
        direction: Direction,
        limit: Option<u32>,
        default: Limit,
        cursor: Option<&str>,
    ) -> Result<Self, AppError> {
        let after =
            cursor.map(|text| Position::decode(text, &scope)).transpose().map_err(|_| {
                AppError::invalid(&[FieldError::new(
                    "cursor",
                    "a `pagination.cursor` of this very list",
                )])
            })?;
        let request = PageRequest { limit: limit.unwrap_or(default.0), after, direction };
        Ok(Self { scope, request })
    }

    /// What to ask the repository for.
    pub fn request(&self) -> PageRequest {
        self.request
    }

    /// What to tell the client about the page it got.
    pub fn pagination<T>(&self, page: &Page<T>) -> Pagination {
        Pagination {
            cursor: page.next.map(|place| place.encode(&self.scope)),
            limit: self.request.limit,
            has_more: page.next.is_some(),
            total_count: page.total,
        }
    }
}

/// Which way a list runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Order {
    /// Lowest, oldest first.
    Asc,
    /// Highest, newest first.
    #[default]
    Desc,
}

impl From<Order> for Direction {
    fn from(order: Order) -> Self {
        match order {
            Order::Asc => Self::Ascending,
            Order::Desc => Self::Descending,
        }
    }
}
