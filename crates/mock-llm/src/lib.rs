//! A model server that says what it is told to say, and breaks the way it is told to break.
//!
//! Tests, `make demo` and the benchmarks put it where a model provider would be. It listens on
//! a real socket, because the faults that matter (a stream cut in the middle of a character, a
//! reset, silence) do not exist anywhere else.
//!
//! A [`Script`] says, without regard to any provider's format, what one answer contains, how
//! fast it comes and which [`Fault`] ends it. The script and the request become a *plan* (a
//! list of steps: opening, a token, the finish), a *wire* turns each event into the bytes of
//! one provider's format, and the *tape* keeps those bytes with a mark at the end of each
//! event. A *player* then sends the tape: it waits where the script waits, cuts where the
//! script cuts and notes how far it got. Only the wire knows a provider; to add one is to add
//! a module to `wires`, with its routes, and nothing else.
//!
//! Everything that was asked is in the log ([`MockLlm::requests`]), with what was answered so
//! far. A test waits on the log or on a [`Gate`], never on the clock.
//!
//! Not here: any judgement about whether the program under test did well, and any model.

mod answer;
mod ask;
mod chunking;
mod control;
mod fault;
mod gate;
mod instead;
mod log;
mod machine;
mod plan;
mod player;
mod playlist;
mod recorded;
mod refusal;
mod reply;
mod script;
mod server;
mod socket;
mod state;
mod tape;
mod tool_call;
mod usage;
mod wires;

pub use ask::{Ask, Image};
pub use chunking::Chunking;
pub use fault::{Break, Fault};
pub use gate::Gate;
pub use log::Stats;
pub use recorded::{Ended, Recorded};
pub use refusal::Refusal;
pub use reply::Reply;
pub use script::Script;
pub use server::{BindError, MockLlm, Options};
pub use tool_call::ToolCall;
pub use usage::UsageQuirk;
pub use wires::openai;
