//! The addresses at which programs made for OpenAI's API call us, and the form in which those expect errors (OpenAI's API
//! reference, "Error codes"; `type` and `code` as its own clients know them).

use actix_web::ResponseError;
use actix_web::http::StatusCode;
use common::ErrorCode;
use serde::Serialize;
use utoipa::ToSchema;

use super::AppError;

/// A failed request's answer, as OpenAI gives it.
#[derive(Debug, Serialize, ToSchema)]
pub struct OpenAiFailure {
    error: OpenAiError,
}

/// What failed, as OpenAI says it.
#[derive(Debug, Serialize, ToSchema)]
pub struct OpenAiError {
    /// For a person.
    message: String,
    /// What kind of failure it is.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The field that is wrong, where it is one.
    #[schema(required)]
    param: Option<String>,
    /// OpenAI's own code where it has one, else ours in lower case.
    code: String,
}

/// Whether OpenAI's form is expected of a path.
pub(super) fn is_openai(path: &str) -> bool {
    path == "/v1" || path.starts_with("/v1/")
}

impl AppError {
    /// The error as OpenAI would give it.
    pub fn in_openais_form(&self) -> OpenAiFailure {
        let error = OpenAiError {
            message: self.message.to_string(),
            kind: kind(self.code()),
            param: self.param(),
            code: code(self.code()),
        };
        OpenAiFailure { error }
    }

    /// The status that goes with it.
    pub(super) fn status_in_openais_form(&self) -> StatusCode {
        match self.code() {
            ErrorCode::ModelUnknown => StatusCode::NOT_FOUND,
            ErrorCode::ContextTooLong => StatusCode::BAD_REQUEST,
            _ => self.status_code(),
        }
    }

    fn param(&self) -> Option<String> {
        match self.code() {
            ErrorCode::ModelUnknown => Some("model".to_owned()),
            ErrorCode::ContextTooLong => Some("messages".to_owned()),
            _ => Some(self.details.as_ref()?.get("field")?.as_str()?.to_owned()),
        }
    }
}

fn kind(code: ErrorCode) -> &'static str {
    match code {
        ErrorCode::RateLimited | ErrorCode::ProviderRateLimited => "requests",
        ErrorCode::BudgetExceeded => "insufficient_quota",
        code if code.status() < 500 => "invalid_request_error",
        _ => "server_error",
    }
}

fn code(code: ErrorCode) -> String {
    match code {
        ErrorCode::Unauthorized | ErrorCode::TokenExpired => "invalid_api_key".to_owned(),
        ErrorCode::ModelUnknown => "model_not_found".to_owned(),
        ErrorCode::ContextTooLong => "context_length_exceeded".to_owned(),
        ErrorCode::RateLimited | ErrorCode::ProviderRateLimited => "rate_limit_exceeded".to_owned(),
        ErrorCode::BudgetExceeded => "insufficient_quota".to_owned(),
        ErrorCode::ValidationError => "invalid_value".to_owned(),
        ours => ours.as_str().to_ascii_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::FieldError;
    use super::*;

    #[test]
    fn openais_own_words_are_used_where_it_has_some() {
        let told = |error: &AppError| {
            let json = serde_json::to_value(error.in_openais_form()).unwrap();
            let error_of = |name: &str| json["error"][name].clone();
            assert_eq!(json["error"].as_object().unwrap().len(), 4);
            (
                error.status_in_openais_form().as_u16(),
                [error_of("type"), error_of("param"), error_of("code")],
            )
        };
        let of = |code| told(&AppError::new(code, "x"));
        let invalid = "invalid_request_error";
        for (code, status, [kind, param, name]) in [
            (ErrorCode::ModelUnknown, 404, [invalid, "model", "model_not_found"]),
            (ErrorCode::ContextTooLong, 400, [invalid, "messages", "context_length_exceeded"]),
            (ErrorCode::TokenExpired, 401, [invalid, "", "invalid_api_key"]),
            (ErrorCode::RateLimited, 429, ["requests", "", "rate_limit_exceeded"]),
            (ErrorCode::BudgetExceeded, 429, ["insufficient_quota", "", "insufficient_quota"]),
            (ErrorCode::InsufficientScope, 403, [invalid, "", "insufficient_scope"]),
            (ErrorCode::ProviderTimeout, 504, ["server_error", "", "provider_timeout"]),
        ] {
            let param = if param.is_empty() { json!(null) } else { json!(param) };
            assert_eq!(of(code), (status, [json!(kind), param, json!(name)]));
        }
        let (status, [_, param, _]) =
            told(&AppError::invalid(&[FieldError::new("n", "at most 1")]));
        assert_eq!((status, param), (400, json!("n")));
    }

    #[test]
    fn only_what_lies_below_its_version_is_openais() {
        assert!(is_openai("/v1") && is_openai("/v1/models"));
        assert!(!is_openai("/v10/models") && !is_openai("/models/v1/x") && !is_openai("/"));
    }
}
