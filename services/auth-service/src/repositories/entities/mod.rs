//! The tables, row for row. No logic.
#![expect(
    clippy::disallowed_methods,
    reason = "`sea_orm::model` writes code that begins transactions; nobody calls it"
)]

pub mod access_token;
pub mod audit_event;
pub mod recovery_code;
pub mod refresh_token;
pub mod revocation;
pub mod second_factor;
pub mod session;
pub mod user;
