//! The table of contents: one line per endpoint. A handler extracts, calls one service method, answers.

pub(crate) mod errors;
mod sessions;
mod users;

use platform::http::Endpoints;

/// What auth-service serves.
pub fn endpoints() -> Endpoints {
    platform::endpoints![
        users::register,
        users::create_user,
        users::get_me,
        sessions::log_in,
        sessions::refresh_session,
    ]
}
