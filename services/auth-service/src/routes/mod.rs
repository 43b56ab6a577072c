//! The table of contents: one line per endpoint. A handler extracts, calls one service method, answers.

mod audit;
pub(crate) mod errors;
mod internal;
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
        sessions::log_in,
        sessions::refresh_session,
        sessions::log_out,
        sessions::list_sessions,
        sessions::delete_session,
        tokens::create_token,
        tokens::list_tokens,
        tokens::delete_token,
        audit::list_events,
        internal::list_revocations,
        internal::record_token_uses,
    ]
}
