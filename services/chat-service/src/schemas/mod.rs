//! Requests and answers as they stand on the wire: their shape, their limits, and what they become.

pub mod api_keys;
pub mod attachments;
pub mod chat;
pub mod completions;
pub mod conversations;
pub mod export;
pub mod idempotency;
pub mod imports;
pub mod internal;
pub mod load_jobs;
pub mod messages;
pub mod models;
pub mod preferences;
pub mod project_messages;
pub mod shares;
pub mod summaries;
pub mod threads;
pub mod titles;
pub mod usage;
