//! What the services share in **machinery**: settings, telemetry, databases, the HTTP server and its conventions,
//! health, the outbox, the client for calling a sibling service.
//!
//! What belongs here would serve any product built of actix-web services over SeaORM. What does not: anything that
//! knows what a project, a prompt or a conversation is (that is `common`'s or a service's).
#![warn(missing_docs)]

pub mod breaker;
pub mod cli;
pub mod client;
pub mod conditions;
mod creations;
pub mod db;
pub mod http;
mod instance;
pub mod limits;
pub mod metrics;
mod module;
pub mod outbox;
mod pages;
pub mod revocations;
pub mod sealing;
pub mod settings;
mod tasks;
pub mod telemetry;
pub mod traces;

pub use creations::EarlierCreations;
pub use instance::Instance;
pub use module::{Module, NotReady};
pub use pages::pages;
pub use tasks::{Nearby, Tasks};

/// Quicker than the system's where threads allocate and free small things all the time, and what is free goes back.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
