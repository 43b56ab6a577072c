use chrono::{DateTime, Utc};
use common::domain::revocation::{Revocation, RevocationPage, TokenUse};
use common::{SessionId, TokenId};
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListRevocationsQuery {
    /// `cursor` of the answer before; all that matters still if absent.
    #[garde(skip)]
    pub cursor: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RevocationResponse {
    /// The `sid` of access tokens that are not good any more.
    session: SessionId,
    /// When the last of them is over by itself.
    until: DateTime<Utc>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RevocationsData {
    revocations: Vec<RevocationResponse>,
    /// Asks for what comes after. As long as it changes, there may be more at once.
    cursor: String,
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RecordTokenUsesRequest {
    #[garde(skip)]
    pub tokens: Vec<TokenUseRequest>,
}

/// That a personal access token was used.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TokenUseRequest {
    id: TokenId,
    /// When, last.
    used_at: DateTime<Utc>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct RecordedUsesData {
    /// How many were told.
    pub recorded: usize,
}

impl From<TokenUseRequest> for TokenUse {
    fn from(request: TokenUseRequest) -> Self {
        Self { token: request.id, at: request.used_at }
    }
}

impl From<Revocation> for RevocationResponse {
    fn from(revocation: Revocation) -> Self {
        Self { session: revocation.session, until: revocation.until }
    }
}

impl From<RevocationPage> for RevocationsData {
    fn from(page: RevocationPage) -> Self {
        Self {
            revocations: page.revocations.into_iter().map(Into::into).collect(),
            cursor: page.cursor,
        }
    }
}
