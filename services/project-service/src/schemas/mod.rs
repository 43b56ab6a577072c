//! Requests and answers as they stand on the wire: their shape, their limits, and what they become.

pub mod internal;
pub mod projects;
pub mod prompts;

use common::Direction;
use serde::Deserialize;
use utoipa::ToSchema;

/// Which way a list runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Order {
    Asc,
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
