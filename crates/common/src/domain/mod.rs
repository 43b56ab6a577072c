//! The things that OmniChat is about, and the rules that hold for them wherever they are stored or shown.

pub mod conversation;
pub mod export;
pub mod message;
pub mod preferences;
pub mod project;
pub mod prompt;
pub mod revocation;
pub mod session;
pub mod user;
