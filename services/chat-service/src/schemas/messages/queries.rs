//! Which messages are to be listed, a page at a time.

use std::fmt::Display;

use common::{ConversationId, Direction};
use garde::Validate;
use platform::http::{AppError, Limit, Order, Paging, valid};
use serde::Deserialize;
use utoipa::IntoParams;

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListMessagesQuery {
    /// Only messages to and of this model.
    #[garde(inner(custom(valid::text(1..=100))))]
    pub model: Option<String>,
    /// 1 to 200; 50 if absent.
    #[garde(inner(custom(valid::within(1..=200))))]
    limit: Option<u32>,
    /// `pagination.cursor` of the page before.
    #[garde(skip)]
    cursor: Option<String>,
    /// `desc` (newest first) if absent.
    #[serde(default)]
    #[param(inline)]
    #[garde(skip)]
    order: Order,
}

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListModelMessagesQuery {
    /// 1 to 200; 50 if absent.
    #[garde(inner(custom(valid::within(1..=200))))]
    limit: Option<u32>,
    /// `pagination.cursor` of the page before.
    #[garde(skip)]
    cursor: Option<String>,
    /// `desc` (newest first) if absent.
    #[serde(default)]
    #[param(inline)]
    #[garde(skip)]
    order: Order,
}

impl ListMessagesQuery {
    pub fn paging(&self, conversation: ConversationId) -> Result<Paging, AppError> {
        let model = self.model.as_deref().unwrap_or_default();
        let scope = format!("messages:{conversation}:{model}:{:?}", self.order);
        Paging::read(
            scope,
            Direction::from(self.order),
            self.limit,
            Limit(50),
            self.cursor.as_deref(),
        )
    }
}

impl ListModelMessagesQuery {
    /// Pages of the messages of something.
    pub fn paging(&self, of: impl Display) -> Result<Paging, AppError> {
        let scope = format!("messages of {of}:{:?}", self.order);
        Paging::read(scope, self.order.into(), self.limit, Limit(50), self.cursor.as_deref())
    }
}
