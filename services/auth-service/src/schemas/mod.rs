//! Requests and answers as they stand on the wire: their shape, their limits, and what they become.

pub mod audit;
pub mod export;
pub mod internal;
pub mod profile;
pub mod second_factors;
pub mod sessions;
pub mod tokens;
pub mod users;

use secrecy::{ExposeSecret, SecretString};

const EMAIL_CHARACTERS: usize = 254;
const PASSWORD_BYTES: usize = 1_024;

/// An address that mail could be sent to.
fn email_rule(value: &str, _: &()) -> garde::Result {
    if value.len() > EMAIL_CHARACTERS || garde::rules::email::parse_email(value).is_err() {
        return Err(garde::Error::new(format!(
            "an email address of at most {EMAIL_CHARACTERS} characters"
        )));
    }
    Ok(())
}

/// A text that is worth a look as a password; whether it is a good one is the service's to say.
fn password_rule(value: &SecretString, _: &()) -> garde::Result {
    if value.expose_secret().len() > PASSWORD_BYTES {
        return Err(garde::Error::new(format!("at most {PASSWORD_BYTES} bytes")));
    }
    Ok(())
}
