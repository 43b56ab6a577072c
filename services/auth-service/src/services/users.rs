use std::sync::Arc;

use common::domain::user::{NewUser, User, UserError};
use common::repositories::{UserRepository, UserStoreError};
use common::{Clock, Ids, UserId};
use secrecy::SecretString;

use super::Passwords;
use crate::core::settings::Registration;

/// Accounts.
pub struct Users {
    users: Arc<dyn UserRepository>,
    passwords: Passwords,
    registration: Registration,
    clock: Arc<dyn Clock>,
    ids: Ids,
}

impl Users {
    pub fn new(
        users: Arc<dyn UserRepository>,
        passwords: Passwords,
        registration: Registration,
        clock: Arc<dyn Clock>,
        ids: Ids,
    ) -> Self {
        Self { users, passwords, registration, clock, ids }
    }

    /// Makes an account.
    pub async fn register(&self, new: NewUser) -> Result<User, UserError> {
        if !self.registration.admits(&new.email) {
            return Err(UserError::RegistrationClosed);
        }
        // Hashed even if the address is taken: how long it takes must not tell.
        let password_hash = self.passwords.accept(&new.password, known_of(&new)).await?;
        let user = User {
            id: self.ids.next(),
            email: new.email,
            display_name: new.display_name,
            password_hash,
            is_active: true,
            created_at: self.clock.now(),
        };
        self.users.insert(&user).await.map_err(|error| match error {
            UserStoreError::EmailTaken => UserError::EmailTaken,
            UserStoreError::Store(error) => error.into(),
        })?;
        Ok(user)
    }

    /// An account that is in use.
    pub async fn get(&self, id: UserId) -> Result<User, UserError> {
        self.users.find(id).await?.filter(|user| user.is_active).ok_or(UserError::NotFound)
    }

    /// The account that an address and a password open. An unknown address, a wrong password and a disabled account are the
    /// same in words and in time: one hash.
    pub async fn authenticate(
        &self,
        email: &str,
        password: &SecretString,
    ) -> Result<User, UserError> {
        let found = self.users.find_by_email(email).await?;
        let hash = found.as_ref().map(|user| user.password_hash.as_str());
        let is_right = self.passwords.verify(password, hash).await?;
        let user =
            found.filter(|user| is_right && user.is_active).ok_or(UserError::InvalidCredentials)?;
        if let Err(error) = self.upgrade(&user, password).await {
            tracing::warn!(user_id = %user.id, %error, "a password's hash could not be upgraded");
        }
        Ok(user)
    }

    /// Now that the password is at hand, replaces its hash if that has become too cheap to try.
    async fn upgrade(&self, user: &User, password: &SecretString) -> Result<(), UserError> {
        if let Some(hash) = self.passwords.upgrade(password, &user.password_hash).await? {
            self.users.replace_password_hash(user.id, &user.password_hash, &hash).await?;
        }
        Ok(())
    }

    /// How many passwords were hashed since the start.
    pub fn hashes(&self) -> u64 {
        self.passwords.hashes()
    }
}

/// What somebody who guesses at a password would try first.
fn known_of(new: &NewUser) -> Vec<String> {
    let words = |text: &str| {
        text.split(|c: char| !c.is_alphanumeric()).map(str::to_owned).collect::<Vec<_>>()
    };
    let name = new.display_name.as_deref().unwrap_or_default();
    let mut known = vec![new.email.clone(), name.to_owned()];
    known.extend(words(&new.email));
    known.extend(words(name));
    known.retain(|word| word.chars().count() >= 3);
    known
}
