use common::UserId;
use common::domain::second_factor::PendingFactor;
use garde::Validate;
use platform::http::valid;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::password_rule;

#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EnableSecondFactorRequest {
    /// The six digits that the app shows.
    #[garde(custom(valid::text(1..=50)))]
    pub code: String,
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DisableSecondFactorRequest {
    #[schema(value_type = String, format = "password")]
    #[garde(custom(password_rule))]
    pub password: SecretString,
    /// The six digits that the app shows, or a recovery code.
    #[garde(custom(valid::text(1..=50)))]
    pub code: String,
}

// No `Debug`: it carries the secret.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PendingFactorData {
    /// For a QR code.
    otpauth_url: String,
    /// The secret in it, to be typed.
    secret: String,
}

// No `Debug`: it carries the codes.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RecoveryCodesData {
    /// Each stands in for the app once; shown this once.
    recovery_codes: Vec<String>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeletedSecondFactorData {
    /// Whose it was.
    deleted_second_factor: UserId,
}

impl From<PendingFactor> for PendingFactorData {
    fn from(pending: PendingFactor) -> Self {
        Self {
            otpauth_url: pending.url.expose_secret().to_owned(),
            secret: pending.secret.expose_secret().to_owned(),
        }
    }
}

impl From<Vec<SecretString>> for RecoveryCodesData {
    fn from(codes: Vec<SecretString>) -> Self {
        let codes = codes.iter().map(|code| code.expose_secret().to_owned());
        Self { recovery_codes: codes.collect() }
    }
}

impl From<UserId> for DeletedSecondFactorData {
    fn from(deleted_second_factor: UserId) -> Self {
        Self { deleted_second_factor }
    }
}
