//! The table of contents: one line per endpoint. A handler extracts, calls one service method, answers.

mod audit;
pub(crate) mod errors;
mod export;
mod internal;
mod profile;
mod second_factors;
mod sessions;
mod tokens;
mod users;

use platform::http::Endpoints;

/// What auth-service serves.
pub fn endpoints() -> Endpoints {
    platform::endpoints![
        users::register,
        users::create_user,
        users::get_me,
        users::change_password,
        users::delete_account,
        export::export_account,
        profile::get_profile,
        profile::update_profile,
        second_factors::begin_second_factor,
        second_factors::enable_second_factor,
        second_factors::disable_second_factor,
        sessions::log_in,
        sessions::log_in_browser,
        sessions::verify_log_in,
        sessions::verify_log_in_browser,
        sessions::refresh_session,
        sessions::log_out,
        sessions::log_out_browser,
        sessions::check_session,
        sessions::list_sessions,
        sessions::delete_session,
        tokens::create_token,
        tokens::list_tokens,
        tokens::delete_token,
        audit::list_events,
        internal::list_revocations,
        internal::record_token_uses,
    ]
    // The same under two names, for two habits of clients.
    .counted_as("create_user", "register")
    .counted_as("log_in_browser", "log_in")
    .counted_as("verify_log_in_browser", "verify_log_in")
}
