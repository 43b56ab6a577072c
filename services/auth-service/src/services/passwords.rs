//! What a password must be, and whether it is the right one. Passwords are compared in NFC (RFC 8265 §4.2): the same letters
//! typed on another keyboard are the same password. White space counts.

use common::domain::user::UserError;
use secrecy::{ExposeSecret, SecretString};
use unicode_normalization::UnicodeNormalization;
use zxcvbn::zxcvbn;

use super::HashingPool;
use crate::core::settings::PasswordSettings;

/// How much of a password is looked at for its strength. What follows adds to it, and the time that looking takes grows with
/// the square of the length.
const ASSESSED_CHARACTERS: usize = 40;

/// The rules for passwords, and their hashes.
pub struct Passwords {
    pool: HashingPool,
    rules: PasswordSettings,
}

impl Passwords {
    pub fn new(pool: HashingPool, rules: PasswordSettings) -> Self {
        Self { pool, rules }
    }

    /// The hash of a new password, which must be neither too short nor too long, nor easy to guess for who knows what is
    /// `known` of the person.
    pub async fn accept(
        &self,
        password: &SecretString,
        known: Vec<String>,
    ) -> Result<String, UserError> {
        let password = normalised(password);
        let length = password.expose_secret().chars().count();
        let PasswordSettings { min_length, max_length, min_score, .. } = self.rules;
        if !(min_length..=max_length).contains(&length) {
            return Err(UserError::WeakPassword {
                hint: format!("Use {min_length} to {max_length} characters."),
            });
        }
        self.pool
            .run(move |hasher| {
                check_strength(&password, &known, min_score)?;
                hasher.hash(&password)
            })
            .await
    }

    /// Whether a password has the hash. Without a hash it takes as long, and has not.
    pub async fn verify(
        &self,
        password: &SecretString,
        hash: Option<&str>,
    ) -> Result<bool, UserError> {
        let (password, hash) = (normalised(password), hash.map(str::to_owned));
        self.pool.run(move |hasher| hasher.verify(&password, hash.as_deref())).await
    }

    /// A hash to put in the place of one that has become too cheap to try.
    pub async fn upgrade(
        &self,
        password: &SecretString,
        hash: &str,
    ) -> Result<Option<String>, UserError> {
        if !self.pool.hasher().is_outdated(hash) {
            return Ok(None);
        }
        let password = normalised(password);
        self.pool.run(move |hasher| hasher.hash(&password)).await.map(Some)
    }

    /// How much work on passwords runs or waits.
    pub fn load(&self) -> usize {
        self.pool.load()
    }

    /// How many hashes were computed since the start.
    pub fn hashes(&self) -> u64 {
        self.pool.hasher().hashes()
    }
}

fn normalised(password: &SecretString) -> SecretString {
    password.expose_secret().nfc().collect::<String>().into()
}

fn check_strength(
    password: &SecretString,
    known: &[String],
    min_score: u8,
) -> Result<(), UserError> {
    let start: String = password.expose_secret().chars().take(ASSESSED_CHARACTERS).collect();
    let known: Vec<&str> = known.iter().map(String::as_str).chain(["omnichat"]).collect();
    let estimate = zxcvbn(&start, &known);
    if u8::from(estimate.score()) >= min_score {
        return Ok(());
    }
    let feedback = estimate.feedback().map(ToString::to_string);
    let hint = feedback
        .unwrap_or_else(|| "Add another word or two. Uncommon words are better.".to_owned());
    Err(UserError::WeakPassword { hint })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use common::SystemEntropy;

    use super::*;

    fn passwords() -> Passwords {
        let rules = PasswordSettings {
            min_length: 8,
            max_length: 128,
            min_score: 2,
            rounds: 1_000,
            threads: 1,
            queue: 0,
            tries_per_minute: 10,
        };
        Passwords::new(HashingPool::new(&rules, Arc::new(SystemEntropy)).unwrap(), rules)
    }

    async fn hint(password: &str) -> Option<String> {
        let known = vec!["ada@example.org".to_owned(), "Lovelace".to_owned()];
        match passwords().accept(&password.into(), known).await {
            Ok(_) => None,
            Err(UserError::WeakPassword { hint }) => Some(hint),
            Err(error) => panic!("{error}"),
        }
    }

    #[tokio::test]
    async fn length_is_counted_in_characters_after_normalisation() {
        assert_eq!(hint("x7#Kq!z").await.unwrap(), "Use 8 to 128 characters.");
        assert_eq!(hint("x7#Kq!zw").await, None);
        // Seven characters, written with eight.
        assert_eq!(hint("x7#Kqze\u{301}").await.unwrap(), "Use 8 to 128 characters.");
        assert_eq!(hint(&"é漢Ω!7q".repeat(22)[..]).await.unwrap(), "Use 8 to 128 characters.");
    }

    #[tokio::test]
    async fn what_is_easily_guessed_is_refused_with_a_hint() {
        for weak in
            ["password1", "aaaaaaaaaaaa", "qwertyuiop", "omnichat1", "ada@example.org", "lovelace1"]
        {
            let hint = hint(weak).await.unwrap_or_else(|| panic!("{weak} was accepted"));
            assert!(hint.ends_with('.'), "{hint}");
        }
        assert_eq!(hint("correct horse battery staple").await, None);
    }

    #[tokio::test]
    async fn a_refused_password_costs_no_hash() {
        let passwords = passwords();
        for weak in ["short", "password1"] {
            assert!(passwords.accept(&weak.into(), Vec::new()).await.is_err());
        }
        assert_eq!(passwords.hashes(), 0);
    }

    #[tokio::test]
    async fn white_space_and_case_count_but_not_the_spelling_of_a_letter() {
        let passwords = passwords();
        let hash = passwords.accept(&" Zo\u{eb} und das Meer ".into(), Vec::new()).await.unwrap();
        for (typed, right) in [
            (" Zo\u{eb} und das Meer ", true),
            (" Zoe\u{308} und das Meer ", true),
            ("Zo\u{eb} und das Meer", false),
            (" zo\u{eb} und das Meer ", false),
        ] {
            assert_eq!(
                passwords.verify(&typed.into(), Some(&hash)).await.unwrap(),
                right,
                "{typed}"
            );
        }
    }
}
