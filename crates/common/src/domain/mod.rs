//! The things that OmniChat is about, and the rules that hold for them wherever they are stored or shown.

pub mod api_key;
pub mod asking;
pub mod attachment;
pub mod audit;
pub mod branch;
pub mod completion;
pub mod conversation;
pub mod data_key;
pub mod errand;
pub mod export;
pub mod idempotency;
pub mod import;
pub mod load_job;
pub mod message;
pub mod preferences;
pub mod profile;
pub mod project;
pub mod prompt;
pub mod revocation;
pub mod second_factor;
pub mod session;
pub mod share;
pub mod summary;
pub mod token;
pub mod usage;
pub mod user;
