//! Requests and answers as they stand on the wire: their shape, their limits, and what they become.

pub mod internal;
pub mod projects;
pub mod prompts;
