//! The engine that owns a reply from its start to its end.
//!
//! A task, not the request that asked for it, makes a reply: a client that leaves loses nothing. What has come is kept in
//! the reply's log, from which any number of subscribers read, each from its own place; it is checkpointed to the database
//! at least every second, and its end is committed before anybody is told of it.
//!
//! What a program asks that keeps the conversation itself is passed on as it comes, for as long as that one listens.

mod afterwards;
mod attempts;
mod budget;
mod call;
mod chorus;
mod committer;
mod conduit;
mod engine;
mod event_id;
mod follow;
mod frames;
mod log;
mod maker;
mod measures;
mod outlet;
mod registry;
mod relay;
mod relays;
mod reply;
mod rounds;
mod tab;
mod until_revoked;

pub use afterwards::Afterwards;
pub use call::{Asked, Candidate, ModelCall, Question};
pub use chorus::together;
pub use engine::{Engine, EngineSettings};
pub use event_id::{EventId, MalformedEventId};
pub use follow::{follow, follow_unclosed};
pub use frames::session_revoked;
pub use relay::{Batch, Piece, Relay, RelayEnd, Whole};
pub use reply::Reply;
pub use until_revoked::until_revoked;
