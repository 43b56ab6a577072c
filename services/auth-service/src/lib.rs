//! auth-service: accounts, their passwords, and the sessions that they sign in with.
//!
//! Read it from the top: [`routes`] is the table of contents; each noun has the same file name in every layer.

mod clients;
mod core;
mod dependencies;
mod migrations;
mod module;
mod repositories;
pub mod routes;
mod schemas;
pub mod services;

pub use module::{AuthModule, AuthService, Siblings};
