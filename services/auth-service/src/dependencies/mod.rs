//! Extractors: what a handler needs besides the request's own words.

mod calling_device;
mod state;

pub use calling_device::CallingDevice;
pub use state::AuthState;
