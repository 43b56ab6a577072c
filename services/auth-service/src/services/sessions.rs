use std::sync::Arc;

use chrono::{DateTime, Utc};
use common::auth::{AccessClaims, AccessType, Scope, TokenError};
use common::domain::audit::EventKind;
use common::domain::revocation::{Ending, Revocation};
use common::domain::session::{
    Alive, Client, Device, Opening, RefreshError, RefreshToken, Rotation, Session, SessionError,
    SignIn,
};
use common::domain::user::{User, UserError};
use common::repositories::{SessionRepository, SessionStoreError, StoreError};
use common::{Entropy, Page, PageRequest, SessionId, UserId};
use platform::Instance;
use secrecy::{ExposeSecret, SecretString};

use super::refresh_secret::RefreshSecret;
use super::{Audit, Users};
use crate::core::settings::SessionSettings;

const SALT_BYTES: usize = 32;

/// Sign-ins and their tokens.
pub struct Sessions {
    sessions: Arc<dyn SessionRepository>,
    users: Arc<Users>,
    audit: Arc<Audit>,
    settings: SessionSettings,
    entropy: Arc<dyn Entropy>,
    instance: Instance,
}

impl Sessions {
    pub fn new(
        sessions: Arc<dyn SessionRepository>,
        users: Arc<Users>,
        audit: Arc<Audit>,
        settings: SessionSettings,
        entropy: Arc<dyn Entropy>,
        instance: Instance,
    ) -> Self {
        Self { sessions, users, audit, settings, entropy, instance }
    }

    /// Begins a session, always a new one; it takes the place of the one that the client has.
    pub async fn log_in(
        &self,
        email: &str,
        password: &SecretString,
        client: Client,
    ) -> Result<SignIn, UserError> {
        let user = self.users.authenticate(email, password, &client.device).await?;
        let (opening, secret) = self.opening(&user, client);
        self.sessions.insert(&opening).await.map_err(|error| match error {
            SessionStoreError::OwnerChanged => UserError::InvalidCredentials,
            SessionStoreError::Store(error) => error.into(),
        })?;
        if let Some((replaced, ending)) = &opening.replaces {
            self.forget(*replaced, ending);
        }
        let now = opening.session.created_at;
        self.sign_in(user, &opening.session, &secret, now)
            .map_err(|error| UserError::Internal(Box::new(error)))
    }

    /// Spends a refresh token for a new pair. A token that was spent a moment ago gets the same successor again, as long as
    /// that has not been used: its first answer may have been lost.
    pub async fn refresh(
        &self,
        presented: &SecretString,
        device: Device,
    ) -> Result<SignIn, RefreshError> {
        let secret = RefreshSecret::parse(presented).ok_or(RefreshError::Invalid)?;
        let found = self.sessions.find_by_token(&secret.hash()).await?;
        let (session, token) = found.ok_or(RefreshError::Invalid)?;
        let user = self.users.get(session.owner).await.map_err(owner_error)?;

        let now = self.instance.clock.now();
        let generation = token.generation + 1;
        let successor = secret.successor(&session.salt, generation);
        let rotation = Rotation {
            successor: self.token(&session, &successor, generation, now),
            now,
            grace: self.settings.grace,
            if_reused: self.audit.ending(user.id, EventKind::RefreshReused, device),
        };
        let rotated = self.sessions.rotate(&token.hash, &rotation).await;
        if matches!(rotated, Err(RefreshError::Reused)) {
            self.forget(session.id, &rotation.if_reused);
            tracing::warn!(user_id = %user.id, session_id = %session.id, "a refresh token was used again: session revoked");
        }
        rotated?;
        self.sign_in(user, &session, &successor, now)
            .map_err(|error| RefreshError::Internal(Box::new(error)))
    }

    /// Where somebody is signed in.
    pub async fn list(
        &self,
        owner: UserId,
        page: PageRequest,
    ) -> Result<Page<Session>, SessionError> {
        Ok(self.sessions.list(owner, self.alive(), page).await?)
    }

    /// Ends a session from another, or from itself.
    pub async fn revoke(
        &self,
        owner: UserId,
        id: SessionId,
        device: Device,
    ) -> Result<(), SessionError> {
        let was_there = self.end(owner, id, EventKind::SessionRevoked, device).await?;
        if was_there { Ok(()) } else { Err(SessionError::NotFound) }
    }

    /// Ends the session of an access token, even of one that has expired, and that of a refresh token, even of one that is
    /// spent. Whether there was one is nobody's business. A personal access token is no session.
    pub async fn log_out(
        &self,
        access: Option<&SecretString>,
        refresh: Option<&SecretString>,
        device: Device,
    ) -> Result<(), SessionError> {
        let claims =
            access.and_then(|token| self.instance.keys.read_access(token.expose_secret()).ok());
        if let Some(claims) = claims.filter(|claims| !claims.is_personal()) {
            self.end(claims.sub, claims.sid, EventKind::SignedOut, device.clone()).await?;
        }
        if let Some(secret) = refresh.and_then(RefreshSecret::parse)
            && let Some((session, _)) = self.sessions.find_by_token(&secret.hash()).await?
        {
            self.end(session.owner, session.id, EventKind::SignedOut, device).await?;
        }
        Ok(())
    }

    /// Ends a session; whether there was one.
    async fn end(
        &self,
        owner: UserId,
        id: SessionId,
        kind: EventKind,
        device: Device,
    ) -> Result<bool, StoreError> {
        let ending = self.audit.ending(owner, kind, device);
        let was_there = self.sessions.revoke(owner, id, self.alive(), &ending).await?;
        if was_there {
            self.forget(id, &ending);
        }
        Ok(was_there)
    }

    /// This process need not wait for the feed.
    fn forget(&self, session: SessionId, ending: &Ending) {
        let until = ending.until;
        self.instance.revocations.revoke(Revocation { session, until });
    }

    /// What is stored of a session that begins, and its refresh token.
    fn opening(&self, user: &User, client: Client) -> (Opening, RefreshSecret) {
        let replaces = client.session.map(|(owner, id)| {
            (id, self.audit.ending(owner, EventKind::SignedOut, client.device.clone()))
        });
        let event = self.audit.event(user.id, EventKind::SignedIn, client.device.clone());
        let now = event.at;
        let mut salt = vec![0; SALT_BYTES];
        self.entropy.fill(&mut salt);
        let session = Session {
            id: self.instance.ids.next(),
            owner: user.id,
            salt,
            device: client.device,
            created_at: now,
            last_seen_at: now,
            revoked_at: None,
        };
        let secret = RefreshSecret::random(&*self.entropy);
        let token = self.token(&session, &secret, 0, now);
        let password_version = user.password_version;
        (Opening { session, token, event, password_version, replaces }, secret)
    }

    fn alive(&self) -> Alive {
        let now = self.instance.clock.now();
        Alive { begun_after: now - self.settings.absolute, seen_after: now - self.settings.idle }
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
            jti: self.instance.ids.next(),
            typ: AccessType::Access,
            iat: now.timestamp(),
            nbf: now.timestamp(),
            exp: (now + self.settings.access).timestamp(),
        };
        let access_token = self.instance.keys.sign_access(&claims)?;
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
