use chrono::{DateTime, Utc};
use common::UserId;
use common::domain::user::{NewUser, User};
use garde::Validate;
use platform::http::valid;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{email_rule, password_rule};

#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateUserRequest {
    /// An address of at most 254 characters, to sign in with.
    #[schema(format = "email")]
    #[garde(custom(email_rule))]
    email: String,
    /// 8 to 128 characters, not easy to guess.
    #[schema(value_type = String, format = "password")]
    #[garde(custom(password_rule))]
    password: SecretString,
    /// 1 to 100 characters.
    #[serde(default)]
    #[garde(inner(custom(valid::text(1..=100))))]
    display_name: Option<String>,
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChangePasswordRequest {
    #[schema(value_type = String, format = "password")]
    #[garde(custom(password_rule))]
    pub current_password: SecretString,
    /// 8 to 128 characters, not easy to guess.
    #[schema(value_type = String, format = "password")]
    #[garde(custom(password_rule))]
    pub new_password: SecretString,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserResponse {
    id: UserId,
    /// The email address.
    username: String,
    email: String,
    #[schema(required)]
    display_name: Option<String>,
    created_at: DateTime<Utc>,
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DeleteAccountRequest {
    #[schema(value_type = String, format = "password")]
    #[garde(custom(password_rule))]
    pub password: SecretString,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeletedAccountData {
    deleted_user: UserId,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct UserData {
    user: UserResponse,
}

impl From<CreateUserRequest> for NewUser {
    fn from(request: CreateUserRequest) -> Self {
        Self {
            email: request.email,
            password: request.password,
            display_name: request.display_name,
        }
    }
}

impl From<User> for UserResponse {
    fn from(user: User) -> Self {
        Self {
            id: user.id,
            username: user.email.clone(),
            email: user.email,
            display_name: user.display_name,
            created_at: user.created_at,
        }
    }
}

impl From<User> for UserData {
    fn from(user: User) -> Self {
        Self { user: user.into() }
    }
}

impl From<UserId> for DeletedAccountData {
    fn from(deleted_user: UserId) -> Self {
        Self { deleted_user }
    }
}
