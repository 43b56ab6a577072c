use common::domain::session::SignIn;
use garde::Validate;
use platform::http::valid;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::password_rule;
use super::users::UserResponse;

/// Either `email` or `username` names the account.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LogInRequest {
    /// The account's address.
    #[serde(default)]
    #[garde(custom(one_of_two(&self.username)), inner(custom(valid::text(1..=254))))]
    email: Option<String>,
    /// The same, under another name.
    #[serde(default)]
    #[garde(inner(custom(valid::text(1..=254))))]
    username: Option<String>,
    #[schema(value_type = String, format = "password")]
    #[garde(custom(password_rule))]
    pub password: SecretString,
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RefreshSessionRequest {
    /// The newest one; it is spent by this.
    #[schema(value_type = String, format = "password")]
    #[garde(skip)]
    pub refresh_token: SecretString,
}

// No `Debug`: it carries tokens.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionData {
    user: UserResponse,
    /// For `Authorization: Bearer …`.
    access_token: String,
    /// For `/auth/refresh`, once.
    refresh_token: String,
    /// `Bearer`.
    token_type: &'static str,
    /// How many seconds the access token is good.
    expires_in: i64,
}

impl LogInRequest {
    /// The account's address.
    pub fn email(&self) -> &str {
        self.email.as_ref().or(self.username.as_ref()).map_or("", String::as_str)
    }
}

impl From<SignIn> for SessionData {
    fn from(sign_in: SignIn) -> Self {
        Self {
            user: sign_in.user.into(),
            access_token: sign_in.access_token.expose_secret().to_owned(),
            refresh_token: sign_in.refresh_token.expose_secret().to_owned(),
            token_type: "Bearer",
            expires_in: sign_in.expires_in.num_seconds(),
        }
    }
}

/// Exactly one of this field and another is there.
fn one_of_two(other: &Option<String>) -> impl FnOnce(&Option<String>, &()) -> garde::Result {
    let is_other_there = other.is_some();
    move |this, _| {
        if this.is_some() == is_other_there {
            return Err(garde::Error::new("either this or `username`, and not both"));
        }
        Ok(())
    }
}
