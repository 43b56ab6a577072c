//! The services' ways to call each other, in process. Their twins over HTTP are in the services' `clients`.

mod conversations;
mod projects;

pub use conversations::InProcessConversations;
pub use projects::InProcessProjects;
