//! The table of contents: one line per endpoint. A handler extracts, calls one service method, answers.

mod api_keys;
mod attachments;
mod conversations;
mod errors;
mod internal;
mod load_jobs;
mod messages;
mod models;
mod preferences;
mod summaries;
mod titles;
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
        titles::generate_title,
        titles::generate_project_name,
        summaries::summarize_thread,
        messages::list_messages,
        messages::send_message,
        messages::get_message,
        messages::stream_message,
        messages::cancel_message,
        messages::edit_message,
        messages::regenerate_message,
        messages::list_siblings,
        messages::select_message,
        attachments::get_attachment,
        models::list_models,
        load_jobs::get_model_status,
        load_jobs::load_model,
        load_jobs::stream_model_load,
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
