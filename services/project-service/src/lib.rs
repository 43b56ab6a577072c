//! project-service: projects, and their prompts in all their versions.
//!
//! Read it from the top: [`routes`] is the table of contents; each noun has the same file name in every layer.

mod clients;
mod dependencies;
mod migrations;
mod module;
mod repositories;
pub mod routes;
mod schemas;
pub mod services;

pub use dependencies::ProjectState;
pub use module::{ProjectModule, ProjectService};
