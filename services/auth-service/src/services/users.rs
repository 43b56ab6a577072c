use std::sync::Arc;

use common::UserId;
use common::domain::audit::EventKind;
use common::domain::revocation::Revocation;
use common::domain::session::{Client, Device, RefreshToken};
use common::domain::user::{NewUser, PasswordChange, User, UserError};
use common::repositories::{UserRepository, UserStoreError};
use platform::Instance;
use secrecy::SecretString;

use super::throttle::Try;
use super::{Audit, Passwords, Throttle};
use crate::core::settings::Registration;

/// Accounts.
pub struct Users {
    users: Arc<dyn UserRepository>,
    passwords: Passwords,
    registration: Registration,
    throttle: Throttle,
    audit: Arc<Audit>,
    instance: Instance,
}

impl Users {
    pub fn new(
        users: Arc<dyn UserRepository>,
        passwords: Passwords,
        registration: Registration,
        throttle: Throttle,
        audit: Arc<Audit>,
        instance: Instance,
    ) -> Self {
        Self { users, passwords, registration, throttle, audit, instance }
    }

    /// Makes an account.
    pub async fn register(&self, new: NewUser, device: Device) -> Result<User, UserError> {
        if !self.registration.admits(&new.email) {
            return Err(UserError::RegistrationClosed);
        }
        self.create(new, device).await
    }

    /// Makes an account, whoever may register.
    pub async fn create(&self, new: NewUser, device: Device) -> Result<User, UserError> {
        // Hashed even if the address is taken: how long it takes must not tell.
        let known = known_of(&new.email, new.display_name.as_deref());
        let password_hash = self.passwords.accept(&new.password, known).await?;
        let user = User {
            id: self.instance.ids.next(),
            email: new.email,
            display_name: new.display_name,
            password_hash,
            password_version: 0,
            is_active: true,
            created_at: self.instance.clock.now(),
        };
        let event = self.audit.event(user.id, EventKind::Registered, device);
        self.users.insert(&user, &event).await.map_err(|error| match error {
            UserStoreError::EmailTaken => UserError::EmailTaken,
            UserStoreError::Store(error) => error.into(),
        })?;
        Ok(user)
    }

    /// An account that is in use.
    pub async fn get(&self, id: UserId) -> Result<User, UserError> {
        self.users.find(id).await?.filter(|user| user.is_active).ok_or(UserError::NotFound)
    }

    /// The account with an address, in use or not.
    pub async fn find(&self, email: &str) -> Result<User, UserError> {
        self.users.find_by_email(email).await?.ok_or(UserError::NotFound)
    }

    /// The account that an address and a password open. An unknown address, a wrong password and a disabled account are the
    /// same in words and in time: one hash.
    pub async fn authenticate(
        &self,
        email: &str,
        password: &SecretString,
        client: &Client,
    ) -> Result<User, UserError> {
        let found = self.users.find_by_email(email).await?;
        let admitted = self.throttle.admit(email, found.as_ref(), client.device_token.as_ref());
        let admitted = admitted.await?;
        let user = self.check(found, password, &client.device).await?;
        self.throttle.put_back(admitted).await;
        if let Err(error) = self.upgrade(&user, password).await {
            tracing::warn!(user_id = %user.id, %error, "a password's hash could not be upgraded");
        }
        Ok(user)
    }

    /// Replaces the password of somebody who knows it. Of the sessions one goes on, with the refresh token given; personal access
    /// tokens, which are made to be used without a password, stay.
    pub async fn change_password(
        &self,
        id: UserId,
        token: RefreshToken,
        current: &SecretString,
        new: &SecretString,
        client: Client,
    ) -> Result<User, UserError> {
        let user = self.confirm(id, current, &client).await?;
        let known = known_of(&user.email, user.display_name.as_deref());
        let hash = self.passwords.accept(new, known).await?;
        let change = PasswordChange { version: user.password_version, hash, token: Some(token) };
        let ending = self.audit.ending(id, EventKind::PasswordChanged, client.device);
        let ended = self.users.change_password(id, &change, &ending).await?;
        self.revoke(ended.ok_or(UserError::InvalidCredentials)?);
        Ok(user)
    }

    /// Gives an account another name, or none.
    pub async fn rename(&self, id: UserId, name: Option<&str>) -> Result<User, UserError> {
        let renamed = self.users.rename(id, name, self.instance.clock.now()).await?;
        renamed.ok_or(UserError::NotFound)
    }

    /// Deletes the account of somebody who knows its password. That the siblings must delete what they have of it is noted
    /// with the deletion and told them until they have answered.
    pub async fn delete(
        &self,
        id: UserId,
        password: &SecretString,
        client: &Client,
    ) -> Result<(), UserError> {
        self.confirm(id, password, client).await?;
        // What is kept of it does not say from where it was deleted.
        let ending = self.audit.ending(id, EventKind::AccountDeleted, Device::default());
        let ended = self.users.delete(id, &ending).await?;
        self.revoke(ended.ok_or(UserError::NotFound)?);
        tracing::info!(user_id = %id, "an account was deleted");
        Ok(())
    }

    /// Gives an account another password, as its operator decides. Whoever is signed in is out, everywhere, and personal access
    /// tokens end too: nobody knows who had the old password.
    pub async fn reset_password(&self, email: &str, new: &SecretString) -> Result<User, UserError> {
        let user = self.find(email).await?;
        let known = known_of(&user.email, user.display_name.as_deref());
        let hash = self.passwords.accept(new, known).await?;
        let change = PasswordChange { version: user.password_version, hash, token: None };
        let ending = self.audit.ending(user.id, EventKind::PasswordReset, Device::default());
        let ended = self.users.change_password(user.id, &change, &ending).await?;
        self.revoke(ended.ok_or(UserError::NotFound)?);
        tracing::info!(user_id = %user.id, "a password was reset");
        Ok(user)
    }

    /// Takes an account out of use, or back into it, as its operator decides. Out of use, nobody signs in to it, and whoever is
    /// signed in is out, everywhere.
    pub async fn set_active(&self, email: &str, is_active: bool) -> Result<User, UserError> {
        let user = self.find(email).await?;
        let kind = if is_active { EventKind::AccountEnabled } else { EventKind::AccountDisabled };
        let ending = self.audit.ending(user.id, kind, Device::default());
        let ended = self.users.set_active(user.id, is_active, &ending).await?;
        self.revoke(ended.ok_or(UserError::NotFound)?);
        tracing::info!(user_id = %user.id, is_active, "an account was taken out of use, or into it");
        Ok(User { is_active, ..user })
    }

    /// This process need not wait for the feed.
    fn revoke(&self, ended: Vec<Revocation>) {
        for revocation in ended {
            self.instance.revocations.revoke(revocation);
        }
    }

    /// The account of somebody who is signed in and knows the password too.
    pub async fn confirm(
        &self,
        id: UserId,
        password: &SecretString,
        client: &Client,
    ) -> Result<User, UserError> {
        let user = self.get(id).await?;
        let admitted = self.admit(&user, client).await?;
        let user = self.check(Some(user), password, &client.device).await?;
        self.throttle.put_back(admitted).await;
        Ok(user)
    }

    /// Takes one of the tries that somebody has for passwords and codes.
    pub async fn admit(&self, user: &User, client: &Client) -> Result<Try, UserError> {
        self.throttle.admit(&user.email, Some(user), client.device_token.as_ref()).await
    }

    /// What tells the device of somebody who has just signed in again.
    pub fn remember(&self, user: &User, client: &Client) -> Result<SecretString, UserError> {
        self.throttle.remember(user, client.device_token.as_ref())
    }

    /// The account, if it is in use and the password is its own. One hash in every case.
    async fn check(
        &self,
        found: Option<User>,
        password: &SecretString,
        device: &Device,
    ) -> Result<User, UserError> {
        let hash = found.as_ref().map(|user| user.password_hash.as_str());
        let is_right = self.passwords.verify(password, hash).await?;
        if let Some(user) = found.as_ref().filter(|_| !is_right) {
            let event = self.audit.event(user.id, EventKind::SignInFailed, device.clone());
            self.audit.note_later(event);
        }
        found.filter(|user| is_right && user.is_active).ok_or(UserError::InvalidCredentials)
    }

    /// Now that the password is at hand, replaces its hash if that has become too cheap to try.
    async fn upgrade(&self, user: &User, password: &SecretString) -> Result<(), UserError> {
        if let Some(hash) = self.passwords.upgrade(password, &user.password_hash).await? {
            self.users.replace_password_hash(user.id, &user.password_hash, &hash).await?;
        }
        Ok(())
    }

    /// How many passwords are being hashed, or wait for it.
    pub fn password_load(&self) -> usize {
        self.passwords.load()
    }

    /// How many passwords were hashed since the start.
    pub fn hashes(&self) -> u64 {
        self.passwords.hashes()
    }
}

/// What somebody who guesses at a password would try first.
fn known_of(email: &str, name: Option<&str>) -> Vec<String> {
    let words = |text: &str| {
        text.split(|c: char| !c.is_alphanumeric()).map(str::to_owned).collect::<Vec<_>>()
    };
    let name = name.unwrap_or_default();
    let mut known = vec![email.to_owned(), name.to_owned()];
    known.extend(words(email));
    known.extend(words(name));
    known.retain(|word| word.chars().count() >= 3);
    known
}
