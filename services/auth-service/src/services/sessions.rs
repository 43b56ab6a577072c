use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use common::auth::{AccessClaims, AccessType, Purpose, Scope, TicketClaims, TokenError};
use common::domain::audit::EventKind;
use common::domain::revocation::{Ending, Revocation};
use common::domain::second_factor::SecondFactorError;
use common::domain::session::{
    Alive, Client, Device, Opening, RefreshError, RefreshToken, Rotation, Session, SessionError,
    SignIn,
};
use common::domain::user::{User, UserError};
use common::repositories::{SessionRepository, SessionStoreError, StoreError};
use common::{Direction, Entropy, Page, PageRequest, SessionId, UserId};
use platform::Instance;
use secrecy::{ExposeSecret, SecretString};

use super::refresh_secret::RefreshSecret;
use super::{Audit, SecondFactors, Users};
use crate::core::settings::SessionSettings;

const SALT_BYTES: usize = 32;
/// How many sessions are read at a time.
const AT_ONCE: u32 = 100;
/// How long somebody has to look for the second factor.
const CHALLENGE: TimeDelta = TimeDelta::minutes(5);

/// Sign-ins and their tokens.
pub struct Sessions {
    sessions: Arc<dyn SessionRepository>,
    users: Arc<Users>,
    second_factors: Arc<SecondFactors>,
    audit: Arc<Audit>,
    settings: SessionSettings,
    entropy: Arc<dyn Entropy>,
    instance: Instance,
}

impl Sessions {
    pub fn new(
        sessions: Arc<dyn SessionRepository>,
        users: Arc<Users>,
        second_factors: Arc<SecondFactors>,
        audit: Arc<Audit>,
        settings: SessionSettings,
        entropy: Arc<dyn Entropy>,
        instance: Instance,
    ) -> Self {
        Self { sessions, users, second_factors, audit, settings, entropy, instance }
    }

    /// Begins a session, always a new one; it takes the place of the one that the client has.
    ///
    /// # Errors
    /// `SecondFactorRequired`, with what [`verify`](Self::verify) takes, if the password alone is not enough.
    pub async fn log_in(
        &self,
        email: &str,
        password: &SecretString,
        client: Client,
    ) -> Result<SignIn, UserError> {
        let user = self.users.authenticate(email, password, &client).await?;
        if self.second_factors.is_on(user.id).await? {
            return Err(self.challenge(&user)?);
        }
        self.begin(user, self.instance.ids.next(), client).await.map_err(|error| match error {
            BeginError::Store(SessionStoreError::OwnerChanged) => UserError::InvalidCredentials,
            BeginError::Store(SessionStoreError::Store(error)) => error.into(),
            BeginError::User(error) => error,
            BeginError::Store(begun @ SessionStoreError::Begun) => internal(begun),
        })
    }

    /// Begins a session for somebody whose password was right, by the code of a second factor. The challenge becomes the
    /// session's id, so that it is good for one.
    pub async fn verify(
        &self,
        challenge: &SecretString,
        code: &str,
        client: Client,
    ) -> Result<SignIn, SecondFactorError> {
        let ticket = self
            .instance
            .keys
            .verify_ticket(Purpose::SecondFactor, challenge.expose_secret())
            .map_err(|_| SecondFactorError::InvalidChallenge)?;
        let user = match self.users.get(ticket.sub).await {
            Err(UserError::NotFound) => return Err(SecondFactorError::InvalidChallenge),
            found => found?,
        };
        if ticket.password_version != Some(user.password_version) {
            return Err(SecondFactorError::InvalidChallenge);
        }
        self.users.admit(&user, &client).await?;
        self.second_factors.take(&user, code, &client).await?;
        let id = ticket.jti.uuid().into();
        self.begin(user, id, client).await.map_err(|error| match error {
            BeginError::Store(SessionStoreError::Store(error)) => error.into(),
            BeginError::Store(SessionStoreError::OwnerChanged | SessionStoreError::Begun) => {
                SecondFactorError::InvalidChallenge
            }
            BeginError::User(error) => error.into(),
        })
    }

    /// Whose session it is, and how long the access token that ends then is good.
    pub async fn check(
        &self,
        owner: UserId,
        expires_at: DateTime<Utc>,
    ) -> Result<(User, TimeDelta), UserError> {
        Ok((self.users.get(owner).await?, expires_at - self.instance.clock.now()))
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

    /// Replaces the password of somebody who knows it. All other sessions end; this one goes on with new tokens, and no refresh
    /// token from before is taken any more.
    pub async fn change_password(
        &self,
        (owner, id): (UserId, SessionId),
        current: &SecretString,
        new: &SecretString,
        client: Client,
    ) -> Result<SignIn, UserError> {
        let session = self.sessions.find(owner, id).await?.ok_or(UserError::InvalidCredentials)?;
        let now = self.instance.clock.now();
        let secret = RefreshSecret::random(&*self.entropy);
        let token = self.token(&session, &secret, 0, now);
        let user = self.users.change_password(owner, token, current, new, client).await?;
        self.sign_in(user, &session, &secret, now).map_err(internal)
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

    /// Ends every session of somebody; how many those were.
    pub async fn revoke_all(&self, owner: UserId) -> Result<u64, SessionError> {
        let mut ended = 0;
        loop {
            let first =
                PageRequest { limit: AT_ONCE, after: None, direction: Direction::Ascending };
            let alive = self.list(owner, first).await?.items;
            if alive.is_empty() {
                return Ok(ended);
            }
            for session in alive {
                let kind = EventKind::SessionRevoked;
                let was_there = self.end(owner, session.id, kind, Device::default()).await?;
                ended += u64::from(was_there);
            }
        }
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

    async fn begin(&self, user: User, id: SessionId, client: Client) -> Result<SignIn, BeginError> {
        let device_token = self.users.remember(&user, &client)?;
        let (opening, secret) = self.opening(&user, id, client);
        self.sessions.insert(&opening).await?;
        if let Some((replaced, ending)) = &opening.replaces {
            self.forget(*replaced, ending);
        }
        let now = opening.session.created_at;
        let sign_in = self.sign_in(user, &opening.session, &secret, now).map_err(internal)?;
        Ok(SignIn { device_token: Some(device_token), ..sign_in })
    }

    /// What somebody is told whose password is right, and who has a second factor.
    fn challenge(&self, user: &User) -> Result<UserError, UserError> {
        let now = self.instance.clock.now();
        let ticket = TicketClaims {
            sub: user.id,
            jti: self.instance.ids.next(),
            password_version: Some(user.password_version),
            iat: now.timestamp(),
            nbf: now.timestamp(),
            exp: (now + CHALLENGE).timestamp(),
        };
        let challenge =
            self.instance.keys.sign_ticket(Purpose::SecondFactor, &ticket).map_err(internal)?;
        Ok(UserError::SecondFactorRequired { challenge, expires_in: CHALLENGE })
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
    fn opening(&self, user: &User, id: SessionId, client: Client) -> (Opening, RefreshSecret) {
        let replaces = client.session.map(|(owner, id)| {
            (id, self.audit.ending(owner, EventKind::SignedOut, client.device.clone()))
        });
        let event = self.audit.event(user.id, EventKind::SignedIn, client.device.clone());
        let now = event.at;
        let mut salt = vec![0; SALT_BYTES];
        self.entropy.fill(&mut salt);
        let session = Session {
            id,
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
        let session_expires_in = session.created_at + self.settings.absolute - now;
        // No token outlives its session.
        let expires_in = self.settings.access.min(session_expires_in);
        let claims = AccessClaims {
            sub: user.id,
            username: user.email.clone(),
            scope: vec![Scope::Read, Scope::Write],
            sid: session.id,
            jti: self.instance.ids.next(),
            typ: AccessType::Access,
            iat: now.timestamp(),
            nbf: now.timestamp(),
            exp: (now + expires_in).timestamp(),
        };
        let access_token = self.instance.keys.sign_access(&claims)?;
        Ok(SignIn {
            user,
            access_token,
            refresh_token: secret.text(),
            expires_in,
            refresh_expires_in: self.settings.idle.min(session_expires_in),
            session_expires_in,
            device_token: None,
        })
    }
}

/// Why a session could not begin.
enum BeginError {
    Store(SessionStoreError),
    User(UserError),
}

impl From<SessionStoreError> for BeginError {
    fn from(error: SessionStoreError) -> Self {
        Self::Store(error)
    }
}

impl From<UserError> for BeginError {
    fn from(error: UserError) -> Self {
        Self::User(error)
    }
}

fn internal(error: impl std::error::Error + Send + Sync + 'static) -> UserError {
    UserError::Internal(Box::new(error))
}

/// Who is gone or disabled has no sessions.
fn owner_error(error: UserError) -> RefreshError {
    match error {
        UserError::NotFound => RefreshError::Invalid,
        UserError::Store(error) => error.into(),
        other => RefreshError::Internal(Box::new(other)),
    }
}
