//! `common`'s repository traits over SeaORM.

mod entities;
mod projects;
mod prompts;

pub use projects::{PROJECT_COUNTS, PROJECT_DELETED, SqlProjects, TOMBSTONES};
pub use prompts::SqlPrompts;
