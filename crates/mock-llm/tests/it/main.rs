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
mod stream;
mod vendor;
mod whole;
mod wires;
