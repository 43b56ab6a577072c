//! What goes wrong in the domain, as the API says it. No wildcard arm: a new error must be thought about here.

use common::ErrorCode;
use common::domain::project::ProjectError;
use common::domain::prompt::PromptError;
use platform::http::{AppError, FieldError};
use serde_json::json;

pub fn project(error: ProjectError) -> AppError {
    match error {
        ProjectError::NotFound => AppError::not_found(),
        ProjectError::OwnerGone => {
            AppError::new(ErrorCode::Unauthorized, "The account is gone. Sign in with another one.")
        }
        ProjectError::Creation(error) => error.into(),
        ProjectError::Store(error) => error.into(),
    }
}

pub fn prompt(error: PromptError) -> AppError {
    match error {
        PromptError::NotFound | PromptError::NoSuchVersion => AppError::not_found(),
        PromptError::NameTaken => {
            AppError::new(ErrorCode::Conflict, "Another prompt of this project has that name. Choose another.")
                .with_details(json!({"field": "name"}))
        }
        PromptError::VersionConflict { current } => AppError::new(
            ErrorCode::VersionConflict,
            format!("The prompt was changed meanwhile and is now at version {current}. Read it and try again."),
        )
        .with_details(json!({"currentVersion": current})),
        PromptError::Variables(mismatch) => {
            let missing = mismatch.missing.iter().map(|name| (name, "a value; the prompt has this variable"));
            let unused = mismatch.unused.iter().map(|name| (name, "to be left out; the prompt has no such variable"));
            let fields: Vec<_> = missing
                .chain(unused)
                .map(|(name, expected)| FieldError::new(format!("variables.{name}"), expected))
                .collect();
            AppError::invalid(&fields)
        }
        PromptError::Creation(error) => error.into(),
        PromptError::Store(error) => error.into(),
    }
}
