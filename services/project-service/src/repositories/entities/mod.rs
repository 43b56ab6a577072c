//! The tables, row for row. No logic.
#![expect(
    clippy::disallowed_methods,
    reason = "`sea_orm::model` writes code that begins transactions; nobody calls it"
)]

pub mod project;
pub mod prompt;
pub mod prompt_version;
