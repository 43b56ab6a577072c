//! Extractors: what a handler needs besides the request's own words.

mod in_project;
mod listener;
mod on_behalf;
mod resume;
mod state;

pub use in_project::InProject;
pub use listener::Listener;
pub use resume::{LastEventId, ResumeAfter};
pub use state::ChatState;
