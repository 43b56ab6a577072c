//! What a token says (RFC 7519 §4).

use serde::{Deserialize, Serialize};

use crate::{SessionId, TokenId, UserId};

/// What a credential may be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// Look at what one owns.
    Read,
    /// Change it.
    Write,
}

impl Scope {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
        }
    }

    /// The scope of a name, if there is one.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Read, Self::Write].into_iter().find(|scope| scope.as_str() == text)
    }
}

/// The claims of a person's access token. Times are seconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessClaims {
    /// Whose it is.
    pub sub: UserId,
    /// The person's name for people: the email address.
    pub username: String,
    /// What it may be used for.
    pub scope: Vec<Scope>,
    /// The session that it belongs to and is revoked with.
    pub sid: SessionId,
    /// This token.
    pub jti: TokenId,
    /// Always `access`.
    pub typ: AccessType,
    /// When it was made.
    pub iat: i64,
    /// Not before.
    pub nbf: i64,
    /// Not after.
    pub exp: i64,
}

impl AccessClaims {
    /// Whether it is a personal access token: one that a person made for a program. It has no session; its own id stands
    /// in that place, and it is revoked by it.
    pub fn is_personal(&self) -> bool {
        self.sid.uuid() == self.jti.uuid()
    }
}

/// The one value of `typ` in an access token, so that no other kind of token passes for one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum AccessType {
    /// `"access"`.
    #[serde(rename = "access")]
    Access,
}

/// What a ticket is good for: no other kind of token passes for one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Tells a device again on which its owner signed in.
    Device,
    /// Says that the password was right, and the second factor is still to come.
    SecondFactor,
}

/// The claims of a ticket, which auth-service gives out and takes back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TicketClaims {
    /// Whose it is.
    pub sub: UserId,
    /// This ticket, or the device.
    pub jti: TokenId,
    /// The version of the password that was right, where that matters: another password ends the ticket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_version: Option<i32>,
    /// When it was made.
    pub iat: i64,
    /// Not before.
    pub nbf: i64,
    /// Not after.
    pub exp: i64,
}

/// The claims of a service that calls a sibling without a person behind it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceClaims {
    /// The calling service's name.
    pub sub: String,
    /// This token.
    pub jti: TokenId,
    /// When it was made.
    pub iat: i64,
    /// Not before.
    pub nbf: i64,
    /// Not after.
    pub exp: i64,
}
