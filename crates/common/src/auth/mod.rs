//! Access tokens: what they claim, and the ring of secrets that signs and verifies them.
//!
//! Every service verifies tokens by itself; none asks auth-service on a request. How a person signs in is
//! auth-service's.

mod claims;
mod key_ring;

pub use claims::{AccessClaims, AccessType, Purpose, Scope, ServiceClaims, TicketClaims};
pub use key_ring::{KeyRing, Secret, TokenError, WeakSecret};
