//! The tables, row for row. No logic but that of a column's form.
#![expect(
    clippy::disallowed_methods,
    reason = "`sea_orm::model` writes code that begins transactions; nobody calls it"
)]

pub mod api_key;
pub mod attachment;
pub mod conversation;
pub mod daily_usage;
pub mod data_key;
pub mod errand;
pub mod idempotency_key;
pub mod import;
pub mod import_piece;
pub mod key_event;
pub mod load_job;
pub mod message;
pub mod model_context;
pub mod preferences;
pub mod share;
pub mod usage_entry;
