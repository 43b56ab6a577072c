use std::sync::Arc;

use common::domain::audit::EventKind;
use common::domain::second_factor::{PendingFactor, SecondFactor, SecondFactorError};
use common::domain::session::Client;
use common::domain::user::User;
use common::repositories::{SecondFactorRepository, StoreError};
use common::{Entropy, UserId};
use platform::Instance;
use platform::sealing::Sealer;
use secrecy::{ExposeSecret, SecretSlice, SecretString};
use sha2::{Digest, Sha256};
use totp_rs::{Algorithm, Builder, Secret, Totp};

use super::{Audit, Users};

const ISSUER: &str = "OmniChat";
/// As long as a SHA-1, which RFC 4226 §4 asks for.
const SECRET_BYTES: usize = 20;
const RECOVERY_CODES: usize = 10;
const RECOVERY_BYTES: usize = 10;
/// So many that they are quickly read.
const RESEALED_AT_ONCE: u64 = 500;

/// Second factors.
pub struct SecondFactors {
    factors: Arc<dyn SecondFactorRepository>,
    users: Arc<Users>,
    audit: Arc<Audit>,
    sealer: Sealer,
    entropy: Arc<dyn Entropy>,
    instance: Instance,
}

impl SecondFactors {
    pub fn new(
        factors: Arc<dyn SecondFactorRepository>,
        users: Arc<Users>,
        audit: Arc<Audit>,
        sealer: Sealer,
        entropy: Arc<dyn Entropy>,
        instance: Instance,
    ) -> Self {
        Self { factors, users, audit, sealer, entropy, instance }
    }

    /// Makes a factor that waits for its first code. One that waited is forgotten.
    pub async fn begin(&self, owner: UserId) -> Result<PendingFactor, SecondFactorError> {
        let user = self.users.get(owner).await?;
        let mut secret = vec![0; SECRET_BYTES];
        self.entropy.fill(&mut secret);
        let secret = SecretSlice::from(secret);
        let sealed = self
            .sealer
            .seal(&context(&owner.to_string()), secret.expose_secret())
            .map_err(internal)?;
        let totp = totp(&user, &secret)?;
        let pending = PendingFactor {
            url: totp.to_url().map_err(internal)?.into(),
            secret: totp.secret().to_base32().into(),
        };
        if self.factors.begin(owner, &sealed).await? {
            Ok(pending)
        } else {
            Err(SecondFactorError::AlreadyOn)
        }
    }

    /// Switches the factor on, by its first code; the recovery codes.
    pub async fn enable(
        &self,
        owner: UserId,
        code: &str,
        client: &Client,
    ) -> Result<Vec<SecretString>, SecondFactorError> {
        let user = self.users.get(owner).await?;
        self.users.admit(&user, client).await?;
        let factor = self.factors.find(owner).await?.ok_or(SecondFactorError::NotThere)?;
        if factor.is_on {
            return Err(SecondFactorError::AlreadyOn);
        }
        let step = self.step(&user, &factor, code)?.ok_or(SecondFactorError::WrongCode)?;
        let codes: Vec<SecretString> = (0..RECOVERY_CODES).map(|_| self.recovery_code()).collect();
        let hashes: Vec<_> = codes.iter().map(|code| recovery_hash(code.expose_secret())).collect();
        let event = self.audit.event(owner, EventKind::TwoFactorEnabled, client.device.clone());
        // Another was begun meanwhile, or this one switched on.
        if !self.factors.enable(&factor, step, &hashes, &event).await? {
            return Err(SecondFactorError::WrongCode);
        }
        Ok(codes)
    }

    /// Switches the factor off for somebody who has both.
    pub async fn disable(
        &self,
        owner: UserId,
        password: &SecretString,
        code: &str,
        client: &Client,
    ) -> Result<(), SecondFactorError> {
        let user = self.users.confirm(owner, password, client).await?;
        if !self.is_on(owner).await? {
            return Err(SecondFactorError::NotThere);
        }
        // The password has given its try back; a code takes one of its own.
        self.users.admit(&user, client).await?;
        self.take(&user, code, client).await?;
        let event = self.audit.event(owner, EventKind::TwoFactorDisabled, client.device.clone());
        let was_on = self.factors.disable(owner, &event).await?;
        if was_on { Ok(()) } else { Err(SecondFactorError::NotThere) }
    }

    /// Whether signing in asks for a second factor.
    pub async fn is_on(&self, owner: UserId) -> Result<bool, StoreError> {
        Ok(self.factors.find(owner).await?.is_some_and(|factor| factor.is_on))
    }

    /// Takes a code of the app, or a recovery code; each is good once. The try was admitted before.
    pub async fn take(
        &self,
        user: &User,
        code: &str,
        client: &Client,
    ) -> Result<(), SecondFactorError> {
        let factor = self.factors.find(user.id).await?.filter(|factor| factor.is_on);
        let factor = factor.ok_or(SecondFactorError::NotThere)?;
        let is_taken = match self.step(user, &factor, code)? {
            Some(step) => self.factors.spend_step(user.id, step).await?,
            None => {
                let (kind, device) = (EventKind::RecoveryCodeUsed, client.device.clone());
                let event = self.audit.event(user.id, kind, device);
                self.factors.spend_recovery(user.id, &recovery_hash(code), &event).await?
            }
        };
        if is_taken {
            return Ok(());
        }
        let event = self.audit.event(user.id, EventKind::SignInFailed, client.device.clone());
        self.audit.note_later(event);
        Err(SecondFactorError::WrongCode)
    }

    /// Seals anew what is not sealed with the first key, so that the others can be taken out of the ring; how many secrets that
    /// were.
    pub async fn reseal(&self) -> Result<u64, SecondFactorError> {
        let (mut resealed, mut after) = (0, None);
        loop {
            let batch = self.factors.sealed(after, RESEALED_AT_ONCE).await?;
            let Some((last, _)) = batch.last() else { return Ok(resealed) };
            after = Some(*last);
            for (owner, old) in batch.iter().filter(|(_, old)| !self.sealer.is_current(old)) {
                let name = owner.to_string();
                let secret = match self.sealer.open(&context(&name), old) {
                    Ok(secret) => secret,
                    Err(error) => {
                        tracing::warn!(user_id = name, %error, "a second factor cannot be opened");
                        continue;
                    }
                };
                let new = self.sealer.seal(&context(&name), secret.expose_secret());
                self.factors.reseal(*owner, old, &new.map_err(internal)?).await?;
                resealed += 1;
            }
        }
    }

    /// The time step of a code of the app, if it is one of now, of the step before or of the one after.
    fn step(
        &self,
        user: &User,
        factor: &SecondFactor,
        code: &str,
    ) -> Result<Option<i64>, SecondFactorError> {
        let owner = factor.owner.to_string();
        let secret = self.sealer.open(&context(&owner), &factor.sealed).map_err(internal)?;
        let now = self.instance.clock.now().timestamp().unsigned_abs();
        let step = totp(user, &secret)?.check(code, now);
        Ok(step.and_then(|step| i64::try_from(step).ok()))
    }

    /// 80 random bits, as `ABCD-EFGH-IJKL-MNOP`.
    fn recovery_code(&self) -> SecretString {
        let mut bytes = vec![0; RECOVERY_BYTES];
        self.entropy.fill(&mut bytes);
        let letters: Vec<char> = Secret::from(bytes).to_base32().chars().collect();
        let groups: Vec<String> = letters.chunks(4).map(|group| group.iter().collect()).collect();
        groups.join("-").into()
    }
}

/// Of a recovery code, however its letters are written and grouped.
fn recovery_hash(code: &str) -> Vec<u8> {
    let letters = code.chars().filter(|c| *c != '-' && !c.is_whitespace());
    Sha256::digest(letters.collect::<String>().to_ascii_uppercase()).to_vec()
}

fn context(owner: &str) -> [&str; 2] {
    ["second_factor", owner]
}

/// What every app takes: SHA-1, six digits, half a minute (RFC 6238 §1.2).
fn totp(user: &User, secret: &SecretSlice<u8>) -> Result<Totp, SecondFactorError> {
    Builder::new()
        .with_algorithm(Algorithm::SHA1)
        .with_digits(6)
        .with_skew(1)
        .with_step_duration(30)
        .with_secret(secret.expose_secret().to_vec())
        // A colon would end the issuer's name.
        .with_account_name(user.email.replace(':', "_"))
        .with_issuer(Some(ISSUER))
        .build()
        .map_err(internal)
}

fn internal(error: impl std::error::Error + Send + Sync + 'static) -> SecondFactorError {
    SecondFactorError::Internal(Box::new(error))
}
