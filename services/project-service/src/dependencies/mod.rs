//! Extractors: what a handler needs besides the request's own words. They answer who is calling and whether it is theirs,
//! so that a handler cannot be written without asking.

mod owned_project;
mod state;

pub use owned_project::OwnedProject;
pub use state::ProjectState;
