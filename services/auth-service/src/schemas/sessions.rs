use chrono::{DateTime, TimeDelta, Utc};
use common::domain::session::{Session, SignIn};
use common::domain::user::User;
use common::{Direction, Page, SessionId, UserId};
use garde::Validate;
use platform::http::{AppError, Limit, Paging, valid};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

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

#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LogOutRequest {
    /// Ends its session too, should the access token be another's or gone.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = "password")]
    #[garde(skip)]
    pub refresh_token: Option<SecretString>,
}

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListSessionsQuery {
    /// 1 to 100; 20 if absent.
    #[garde(inner(custom(valid::within(1..=100))))]
    limit: Option<u32>,
    /// `pagination.cursor` of the page before.
    #[garde(skip)]
    cursor: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionResponse {
    id: SessionId,
    /// Whether it is the one that asks.
    current: bool,
    /// What the client said it was when it signed in.
    #[schema(required)]
    user_agent: Option<String>,
    #[schema(required)]
    ip: Option<String>,
    created_at: DateTime<Utc>,
    /// When it last got a token.
    last_seen_at: DateTime<Utc>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct SessionsData {
    sessions: Vec<SessionResponse>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeletedSessionData {
    deleted_session: SessionId,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct SignedOutData {
    /// For a person.
    message: &'static str,
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
    /// To be sent as `X-Device-Token` at the next sign-in; given at each.
    #[serde(skip_serializing_if = "Option::is_none")]
    device_token: Option<String>,
}

/// The tokens are in cookies.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BrowserSessionData {
    user: UserResponse,
    /// How many seconds the access token is good.
    expires_in: i64,
}

/// The new tokens, where the old ones are kept.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub enum RefreshedData {
    /// By a program: they are in the answer.
    Program(SessionData),
    /// By a browser: they are in cookies.
    Browser(BrowserSessionData),
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct VerifyLogInRequest {
    /// `details.challenge` of the sign-in that asked for a second factor.
    #[schema(value_type = String, format = "password")]
    #[garde(skip)]
    pub challenge: SecretString,
    /// The six digits that the app shows, or a recovery code.
    #[garde(custom(valid::text(1..=50)))]
    pub code: String,
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
            device_token: sign_in.device_token.map(|token| token.expose_secret().to_owned()),
        }
    }
}

impl From<&SignIn> for BrowserSessionData {
    fn from(sign_in: &SignIn) -> Self {
        (sign_in.user.clone(), sign_in.expires_in).into()
    }
}

impl From<(User, TimeDelta)> for BrowserSessionData {
    fn from((user, expires_in): (User, TimeDelta)) -> Self {
        Self { user: user.into(), expires_in: expires_in.num_seconds() }
    }
}

impl ListSessionsQuery {
    pub fn paging(&self, owner: UserId) -> Result<Paging, AppError> {
        let scope = format!("sessions:{owner}");
        Paging::read(scope, Direction::Descending, self.limit, Limit(20), self.cursor.as_deref())
    }
}

impl SessionsData {
    /// A page of sessions, of which `current` asks.
    pub fn of(page: Page<Session>, current: SessionId) -> Self {
        let response = |session: Session| SessionResponse {
            id: session.id,
            current: session.id == current,
            user_agent: session.device.user_agent,
            ip: session.device.ip,
            created_at: session.created_at,
            last_seen_at: session.last_seen_at,
        };
        Self { sessions: page.items.into_iter().map(response).collect() }
    }
}

impl From<SessionId> for DeletedSessionData {
    fn from(deleted_session: SessionId) -> Self {
        Self { deleted_session }
    }
}

impl Default for SignedOutData {
    fn default() -> Self {
        Self { message: "You are signed out." }
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
