//! Sibling services over HTTP.

mod projects;

pub use projects::ProjectService;
