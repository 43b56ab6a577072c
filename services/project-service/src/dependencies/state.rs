use crate::services::{Export, Projects, Prompts};

/// The services that handlers call.
pub struct ProjectState {
    /// Projects.
    pub projects: Projects,
    /// Prompts.
    pub prompts: Prompts,
    /// All that a user owns.
    pub export: Export,
}
