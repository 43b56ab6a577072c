//! The mock over real sockets, as its clients see it.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on should stop, in its helpers too"
)]

mod catalogue;
mod chunking;
mod client;
mod control;
mod faults;
mod gates;
mod log;
mod ollama;
mod quirks;
mod refusals;
mod requests;
mod sdks;
mod stream;
mod vendor;
mod whole;
mod wire_faults;
mod wires;
