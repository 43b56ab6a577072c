//! The table of contents: one line per endpoint. A handler extracts, calls one service method, answers.

mod api_keys;
mod completions;
mod conversations;
mod errors;
mod internal;
mod load_jobs;
mod messages;
mod models;
mod preferences;
mod usage;

use platform::http::Endpoints;

/// What chat-service serves.
pub fn endpoints() -> Endpoints {
    platform::endpoints![
        conversations::list_conversations,
        conversations::create_conversation,
        conversations::get_conversation,
        conversations::update_conversation,
        conversations::delete_conversation,
        messages::list_messages,
        messages::send_message,
        messages::get_message,
        messages::stream_message,
        messages::cancel_message,
        models::list_models,
        load_jobs::get_model_status,
        load_jobs::load_model,
        load_jobs::stream_model_load,
        completions::create_completion,
        completions::list_completion_models,
        completions::get_completion_model,
        usage::get_usage,
        api_keys::update_api_keys,
        api_keys::list_api_keys,
        api_keys::delete_api_key,
        internal::delete_project_conversations,
        internal::delete_user_conversations,
        preferences::get_preferences,
        preferences::update_preferences,
    ]
}
