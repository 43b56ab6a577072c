//! What project-service does, in its own words: no HTTP, no SQL.

mod conversations;
mod export;
mod projects;
mod prompts;

pub use conversations::Conversations;
pub use export::Export;
pub use projects::Projects;
pub use prompts::Prompts;
