//! The table of contents: one line per endpoint. A handler extracts, calls one service method, answers.

pub(crate) mod errors;
mod internal;
mod projects;
mod prompts;

pub use internal::export_lines;
use platform::http::Endpoints;

/// What project-service serves.
pub fn endpoints() -> Endpoints {
    platform::endpoints![
        projects::list_projects,
        projects::create_project,
        projects::get_project,
        projects::update_project,
        projects::delete_project,
        prompts::list_project_prompts,
        prompts::create_prompt,
        prompts::list_prompts,
        prompts::get_prompt,
        prompts::update_prompt,
        prompts::delete_prompt,
        prompts::list_prompt_versions,
        prompts::get_prompt_version,
        prompts::restore_prompt,
        prompts::render_prompt,
        internal::delete_user_projects,
        internal::export_user_projects,
    ]
}
