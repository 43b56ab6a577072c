//! Faults under load: real processes that are killed, a database that is stopped, connections that are cut, clients that leave.
//! Every run ends with the checker, which knows the tables and the model server's log, and nothing of the code that it judges.
//!
//! `SOAK_SEED` repeats a run's choices, `SOAK_MINUTES` makes all runs together last so long; without it they are short.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking, and a run says how it goes"
)]

mod checker;
mod client;
mod crashes;
mod departures;
mod duplicates;
mod outages;
mod plan;
mod planted;
mod proxy;
mod races;
mod replica;
mod scene;

use client::{Answer, Sent};
use plan::Plan;
use scene::Scene;
