//! Extractors: what a handler needs besides the request's own words.

mod browser;
mod calling_client;
mod calling_device;
mod in_session;
mod optional_body;
mod presented_token;
mod refresh_cookie;
mod state;

pub use browser::Browser;
pub use calling_client::CallingClient;
pub use calling_device::CallingDevice;
pub use in_session::InSession;
pub use optional_body::OptionalBody;
pub use presented_token::PresentedToken;
pub use refresh_cookie::RefreshCookie;
pub use state::AuthState;
