//! The table of contents: one line per endpoint. A handler extracts, calls one service method, answers.

mod api_keys;
mod attachments;
mod chat;
mod completions;
mod conversations;
mod errors;
mod export;
mod idempotency;
mod imports;
mod internal;
mod load_jobs;
mod messages;
mod models;
mod preferences;
mod project_messages;
mod shares;
mod summaries;
mod threads;
mod titles;
mod usage;

pub use export::export_lines;
use platform::http::Endpoints;

/// What chat-service serves.
pub fn endpoints() -> Endpoints {
    with_aliases(platform::endpoints![
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
        export::export_conversation,
        imports::import_conversations,
        imports::get_import,
        shares::create_share,
        shares::list_shares,
        shares::delete_share,
        shares::get_shared_conversation,
        threads::list_threads,
        threads::create_thread,
        threads::get_thread,
        threads::delete_thread,
        threads::update_thread_title,
        threads::list_model_messages,
        threads::send_to_model,
        threads::send_to_models,
        chat::chat,
        project_messages::list_project_messages,
        project_messages::stream_project_messages,
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
        internal::export_user_conversations,
        preferences::get_preferences,
        preferences::update_preferences,
    ])
}

/// Other names for what there is share its limits; and one `GET` sends.
fn with_aliases(endpoints: Endpoints) -> Endpoints {
    endpoints
        .counted_as("list_threads", "list_conversations")
        .counted_as("create_thread", "create_conversation")
        .counted_as("get_thread", "get_conversation")
        .counted_as("delete_thread", "delete_conversation")
        .counted_as("update_thread_title", "update_conversation")
        .counted_as("list_model_messages", "list_messages")
        .counted_as("send_to_model", "send_message")
        .counted_as("send_to_models", "send_message")
        .counted_as("chat", "send_message")
        .counted_as("list_project_messages", "list_messages")
        .counted_as("stream_project_messages", "send_message")
        .writing("stream_project_messages")
}
