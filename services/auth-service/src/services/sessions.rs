use std::sync::Arc;

use chrono::{DateTime, Utc};
use common::auth::{AccessClaims, AccessType, KeyRing, Scope, TokenError};
use common::domain::session::{Device, RefreshError, RefreshToken, Session, SignIn};
use common::domain::user::{User, UserError};
use common::repositories::SessionRepository;
use common::{Clock, Entropy, Ids};
use secrecy::SecretString;

use super::Users;
use super::refresh_secret::RefreshSecret;
use crate::core::settings::SessionSettings;

const SALT_BYTES: usize = 32;

/// Sign-ins and their tokens.
pub struct Sessions {
    sessions: Arc<dyn SessionRepository>,
    users: Arc<Users>,
    keys: KeyRing,
    settings: SessionSettings,
    clock: Arc<dyn Clock>,
    ids: Ids,
    entropy: Arc<dyn Entropy>,
}

impl Sessions {
    pub fn new(
        sessions: Arc<dyn SessionRepository>,
        users: Arc<Users>,
        keys: KeyRing,
        settings: SessionSettings,
        clock: Arc<dyn Clock>,
        ids: Ids,
        entropy: Arc<dyn Entropy>,
    ) -> Self {
        Self { sessions, users, keys, settings, clock, ids, entropy }
    }

    /// Begins a session.
    pub async fn log_in(
        &self,
        email: &str,
        password: &SecretString,
        device: Device,
    ) -> Result<SignIn, UserError> {
        let user = self.users.authenticate(email, password).await?;
        let now = self.clock.now();
        let mut salt = vec![0; SALT_BYTES];
        self.entropy.fill(&mut salt);
        let session = Session {
            id: self.ids.next(),
            owner: user.id,
            salt,
            device,
            created_at: now,
            last_seen_at: now,
            revoked_at: None,
        };
        let secret = RefreshSecret::random(&*self.entropy);
        self.sessions.insert(&session, &self.token(&session, &secret, 0, now)).await?;
        self.sign_in(user, &session, &secret, now)
            .map_err(|error| UserError::Internal(Box::new(error)))
    }

    /// Spends a refresh token for a new pair. A token that was spent a moment ago gets the same successor again, as long as
    /// that has not been used: its first answer may have been lost.
    pub async fn refresh(&self, presented: &SecretString) -> Result<SignIn, RefreshError> {
        let secret = RefreshSecret::parse(presented).ok_or(RefreshError::Invalid)?;
        let found = self.sessions.find_by_token(&secret.hash()).await?;
        let (session, token) = found.ok_or(RefreshError::Invalid)?;
        let user = self.users.get(session.owner).await.map_err(owner_error)?;

        let now = self.clock.now();
        let generation = token.generation + 1;
        let successor = secret.successor(&session.salt, generation);
        let next = self.token(&session, &successor, generation, now);
        let rotated = self.sessions.rotate(&token.hash, &next, now, self.settings.grace).await;
        if matches!(rotated, Err(RefreshError::Reused)) {
            tracing::warn!(user_id = %user.id, session_id = %session.id, "a refresh token was used again: session revoked");
        }
        rotated?;
        self.sign_in(user, &session, &successor, now)
            .map_err(|error| RefreshError::Internal(Box::new(error)))
    }

    /// What is stored of a refresh token.
    fn token(
        &self,
        session: &Session,
        secret: &RefreshSecret,
        generation: u32,
        now: DateTime<Utc>,
    ) -> RefreshToken {
        let ends_at = session.created_at + self.settings.absolute;
        RefreshToken {
            hash: secret.hash(),
            session: session.id,
            generation,
            consumed_at: None,
            expires_at: ends_at.min(now + self.settings.idle),
        }
    }

    fn sign_in(
        &self,
        user: User,
        session: &Session,
        secret: &RefreshSecret,
        now: DateTime<Utc>,
    ) -> Result<SignIn, TokenError> {
        let claims = AccessClaims {
            sub: user.id,
            username: user.email.clone(),
            scope: vec![Scope::Read, Scope::Write],
            sid: session.id,
            jti: self.ids.next(),
            typ: AccessType::Access,
            iat: now.timestamp(),
            nbf: now.timestamp(),
            exp: (now + self.settings.access).timestamp(),
        };
        let access_token = self.keys.sign_access(&claims)?;
        Ok(SignIn {
            user,
            access_token,
            refresh_token: secret.text(),
            expires_in: self.settings.access,
        })
    }
}

/// Who is gone or disabled has no sessions.
fn owner_error(error: UserError) -> RefreshError {
    match error {
        UserError::NotFound => RefreshError::Invalid,
        UserError::Store(error) => error.into(),
        other => RefreshError::Internal(Box::new(other)),
    }
}
