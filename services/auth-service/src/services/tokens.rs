use std::sync::Arc;

use common::auth::{AccessClaims, AccessType};
use common::domain::audit::EventKind;
use common::domain::session::Device;
use common::domain::token::{CreatedToken, NewPersonalToken, PersonalToken, PersonalTokenError};
use common::domain::user::UserError;
use common::repositories::TokenRepository;
use common::{Page, PageRequest, TokenId, UserId};
use platform::Instance;

use super::{Audit, Users};

/// So many tokens at once are enough for anybody.
const AT_MOST: u64 = 50;

/// Personal access tokens. Each is a JWT of the ring, so that every service verifies it by itself, as any access token.
pub struct Tokens {
    tokens: Arc<dyn TokenRepository>,
    users: Arc<Users>,
    audit: Arc<Audit>,
    instance: Instance,
}

impl Tokens {
    pub fn new(
        tokens: Arc<dyn TokenRepository>,
        users: Arc<Users>,
        audit: Arc<Audit>,
        instance: Instance,
    ) -> Self {
        Self { tokens, users, audit, instance }
    }

    /// Makes a token.
    pub async fn create(
        &self,
        owner: UserId,
        new: NewPersonalToken,
        device: Device,
    ) -> Result<CreatedToken, PersonalTokenError> {
        let user = self.users.get(owner).await.map_err(owner_error)?;
        let event = self.audit.event(owner, EventKind::TokenCreated, device);
        let id: TokenId = self.instance.ids.next();
        let token = PersonalToken {
            id,
            owner,
            name: new.name,
            scopes: new.scopes,
            created_at: event.at,
            expires_at: event.at + new.lifetime,
            last_used_at: None,
        };
        let claims = AccessClaims {
            sub: owner,
            username: user.email,
            scope: token.scopes.clone(),
            // It stands for itself: this is what tells it from a session's token.
            sid: id.uuid().into(),
            jti: id,
            typ: AccessType::Access,
            iat: token.created_at.timestamp(),
            nbf: token.created_at.timestamp(),
            exp: token.expires_at.timestamp(),
        };
        let secret = self
            .instance
            .keys
            .sign_access(&claims)
            .map_err(|error| PersonalTokenError::Internal(Box::new(error)))?;
        self.tokens.insert(&token, AT_MOST, &event).await?;
        Ok(CreatedToken { token, secret })
    }

    /// A page of somebody's tokens.
    pub async fn list(
        &self,
        owner: UserId,
        page: PageRequest,
    ) -> Result<Page<PersonalToken>, PersonalTokenError> {
        Ok(self.tokens.list(owner, self.instance.clock.now(), page).await?)
    }

    /// Ends a token.
    pub async fn revoke(
        &self,
        owner: UserId,
        id: TokenId,
        device: Device,
    ) -> Result<(), PersonalTokenError> {
        let event = self.audit.event(owner, EventKind::TokenRevoked, device);
        let ended = self.tokens.revoke(owner, id, &event).await?;
        let ended = ended.ok_or(PersonalTokenError::NotFound)?;
        self.instance.revocations.revoke(ended.revocation());
        Ok(())
    }
}

fn owner_error(error: UserError) -> PersonalTokenError {
    match error {
        UserError::NotFound => PersonalTokenError::OwnerGone,
        UserError::Store(error) => error.into(),
        other => PersonalTokenError::Internal(Box::new(other)),
    }
}
