//! What the tests stand on: a private Postgres, running services, people who use them, redactions for snapshots, and the
//! rules of the layers. A development dependency only; it may panic, for that is how a test fails.
#![warn(missing_docs)]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod actor;
mod app;
mod database;
mod hostile;
pub mod layers;
mod limited;
mod matrix;
pub mod openapi;
mod people;
mod postgres;
mod receiver;
mod redact;
mod stream;

pub use actor::{Actor, Reply};
pub use app::{JWT_SECRETS, KEY_ENCRYPTION_KEYS, TestApp, a_clock, settings};
pub use database::{Engine, TestDatabase};
pub use hostile::assert_withstands_hostile_tokens;
pub use limited::assert_limited;
pub use matrix::{Target, assert_authorised};
pub use people::People;
pub use postgres::{PostgresServer, Stop, postgres_program};
pub use receiver::{Received, Receiver};
pub use redact::redacted;
pub use stream::{Event, EventStream};
