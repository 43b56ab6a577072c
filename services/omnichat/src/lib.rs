//! OmniChat in one process: the three services' modules behind one port, on SQLite files by default.
//!
//! Nothing here knows how anything is done. What differs from three processes is which adapter is injected: the services
//! call each other in process.

mod adapters;
mod admin;
pub mod cli;
mod data_dir;
mod doctor;
mod modules;
mod web;

pub use adapters::InProcessProjects;
pub use data_dir::DataDir;
pub use modules::{DEFAULTS, DOCUMENT, TITLE, endpoints, modules};
