use async_trait::async_trait;
use chrono::{DateTime, Utc};
use common::SessionId;
use common::domain::revocation::{Revocation, RevocationPage, TokenUse};
use reqwest::Method;
use serde::Deserialize;
use serde_json::json;

use super::RevocationFeed;
use crate::client::{Identity, Sibling};

/// auth-service over HTTP.
pub struct SiblingFeed(Sibling);

impl SiblingFeed {
    /// Asked on and on: once it is back, what it has revoked must soon be known.
    pub fn new(auth: Sibling) -> Self {
        Self(auth.untiring())
    }
}

#[derive(Deserialize)]
struct Page {
    revocations: Vec<Revoked>,
    cursor: String,
}

#[derive(Deserialize)]
struct Revoked {
    session: SessionId,
    until: DateTime<Utc>,
}

#[async_trait]
impl RevocationFeed for SiblingFeed {
    async fn after(
        &self,
        cursor: Option<&str>,
    ) -> Result<RevocationPage, Box<dyn std::error::Error + Send + Sync>> {
        // A cursor is made of characters that need no escape.
        let path = match cursor {
            Some(cursor) => format!("/internal/revocations?cursor={cursor}"),
            None => "/internal/revocations".to_owned(),
        };
        let answer = self.0.call(Method::GET, &path, Identity::Service, &[]).await?;
        let Page { revocations, cursor } = answer.data()?;
        let revocations = revocations
            .into_iter()
            .map(|Revoked { session, until }| Revocation { session, until })
            .collect();
        Ok(RevocationPage { revocations, cursor })
    }

    async fn report_uses(
        &self,
        uses: &[TokenUse],
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let uses: Vec<_> =
            uses.iter().map(|used| json!({"id": used.token, "usedAt": used.at})).collect();
        let body = json!({"tokens": uses});
        let path = "/internal/tokens/uses";
        let answer = self.0.call_with(Method::POST, path, Identity::Service, &body).await?;
        answer.data::<serde_json::Value>().map(drop)
    }
}
