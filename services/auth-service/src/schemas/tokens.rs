use chrono::{DateTime, TimeDelta, Utc};
use common::auth::Scope;
use common::domain::token::{CreatedToken, NewPersonalToken, PersonalToken};
use common::{Direction, Page, TokenId, UserId};
use garde::Validate;
use platform::http::{AppError, Limit, Paging, valid};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Ninety days.
const LIFETIME: u32 = 90 * 24 * 3_600;

#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateTokenRequest {
    /// 1 to 100 characters.
    #[garde(custom(valid::text(1..=100)))]
    name: String,
    /// What it may be used for; each at most once, at least one.
    #[garde(custom(scopes_rule))]
    scopes: Vec<TokenScope>,
    /// In seconds: 60 to 31,536,000 (a year); 7,776,000 (90 days) if absent.
    #[serde(default)]
    #[garde(inner(custom(valid::within(60..=31_536_000))))]
    expires_in: Option<u32>,
}

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListTokensQuery {
    /// 1 to 100; 20 if absent.
    #[garde(inner(custom(valid::within(1..=100))))]
    limit: Option<u32>,
    /// `pagination.cursor` of the page before.
    #[garde(skip)]
    cursor: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum TokenScope {
    /// Look at what one owns.
    Read,
    /// Change it.
    Write,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TokenResponse {
    id: TokenId,
    name: String,
    scopes: Vec<TokenScope>,
    created_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    /// To the minute.
    #[schema(required)]
    last_used_at: Option<DateTime<Utc>>,
}

// No `Debug`: it carries the token.
#[derive(Serialize, ToSchema)]
pub struct CreatedTokenData {
    token: TokenResponse,
    /// For `Authorization: Bearer …`; shown this once.
    secret: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct TokensData {
    tokens: Vec<TokenResponse>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeletedTokenData {
    deleted_token: TokenId,
}

fn scopes_rule(scopes: &[TokenScope], _: &()) -> garde::Result {
    if scopes.is_empty() || (1..scopes.len()).any(|at| scopes[..at].contains(&scopes[at])) {
        return Err(garde::Error::new("one or more of `read` and `write`, each once"));
    }
    Ok(())
}

impl ListTokensQuery {
    pub fn paging(&self, owner: UserId) -> Result<Paging, AppError> {
        let scope = format!("tokens:{owner}");
        Paging::read(scope, Direction::Descending, self.limit, Limit(20), self.cursor.as_deref())
    }
}

impl From<CreateTokenRequest> for NewPersonalToken {
    fn from(request: CreateTokenRequest) -> Self {
        Self {
            name: request.name,
            scopes: request.scopes.into_iter().map(Scope::from).collect(),
            lifetime: TimeDelta::seconds(request.expires_in.unwrap_or(LIFETIME).into()),
        }
    }
}

impl From<TokenScope> for Scope {
    fn from(scope: TokenScope) -> Self {
        match scope {
            TokenScope::Read => Self::Read,
            TokenScope::Write => Self::Write,
        }
    }
}

impl From<Scope> for TokenScope {
    fn from(scope: Scope) -> Self {
        match scope {
            Scope::Read => Self::Read,
            Scope::Write => Self::Write,
        }
    }
}

impl From<PersonalToken> for TokenResponse {
    fn from(token: PersonalToken) -> Self {
        Self {
            id: token.id,
            name: token.name,
            scopes: token.scopes.into_iter().map(TokenScope::from).collect(),
            created_at: token.created_at,
            expires_at: token.expires_at,
            last_used_at: token.last_used_at,
        }
    }
}

impl From<CreatedToken> for CreatedTokenData {
    fn from(created: CreatedToken) -> Self {
        Self { token: created.token.into(), secret: created.secret.expose_secret().to_owned() }
    }
}

impl From<Page<PersonalToken>> for TokensData {
    fn from(page: Page<PersonalToken>) -> Self {
        Self { tokens: page.items.into_iter().map(Into::into).collect() }
    }
}

impl From<TokenId> for DeletedTokenData {
    fn from(deleted_token: TokenId) -> Self {
        Self { deleted_token }
    }
}
