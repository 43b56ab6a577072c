//! The tables, row for row. No logic.

pub mod project;
pub mod project_count;
pub mod prompt;
pub mod prompt_version;
