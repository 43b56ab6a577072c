//! What needs a database: on both of them.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod bell;
mod client;
mod database_tls;
mod limits;
mod outbox;
mod replica;
