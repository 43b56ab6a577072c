//! What goes wrong in the domain, as the API says it. No wildcard arm: a new error must be thought about here.

use std::time::Duration;

use common::ErrorCode;
use common::MessageId;
use common::domain::api_key::ApiKeyError;
use common::domain::asking::AskError;
use common::domain::attachment::AttachmentError;
use common::domain::completion::CompletionError;
use common::domain::conversation::ConversationError;
use common::domain::import::ImportError;
use common::domain::load_job::LoadJobError;
use common::domain::message::{MessageError, ReplyFailure};
use common::domain::preferences::PreferenceError;
use common::domain::share::{MAX_SHARED_BYTES, MAX_SHARES, ShareError};
use platform::http::{AppError, FieldError};
use serde_json::json;

/// When to ask again where a reply must end first; most take longer than a second.
const SLOT_PAUSE: Duration = Duration::from_secs(5);
/// When to ask again for a reply that is being made.
const KEY_PAUSE: Duration = Duration::from_secs(1);

pub fn conversation(error: ConversationError) -> AppError {
    match error {
        ConversationError::NotFound => AppError::not_found(),
        ConversationError::NoSuchProject => no_such_project(),
        ConversationError::OwnerGone => owner_gone(),
        // Whoever meets it looks again.
        ConversationError::DefaultExists => {
            AppError::internal("a default conversation was made twice")
        }
        ConversationError::UnknownModel { model } => unknown_model(&model),
        ConversationError::Busy => busy(),
        ConversationError::ProjectsUnavailable(cause) => projects_unavailable(cause),
        ConversationError::Unauthorized => AppError::unauthorized(),
        ConversationError::Creation(error) => error.into(),
        ConversationError::Store(error) => error.into(),
    }
}

pub fn message(error: MessageError) -> AppError {
    match error {
        MessageError::NotFound => AppError::not_found(),
        MessageError::NotAReply => AppError::new(
            ErrorCode::ValidationError,
            "Only replies are made anew. `POST /messages/{id}/edit` says a message of your own in other words.",
        ),
        MessageError::NotAQuestion => AppError::new(
            ErrorCode::ValidationError,
            "Only your own messages can be edited. `POST /messages/{id}/regenerate` asks for another reply.",
        ),
        MessageError::IdempotencyMismatch => AppError::idempotency_mismatch(),
        MessageError::IdempotencyInProgress => idempotency_in_progress(),
        MessageError::GenerationInProgress => AppError::new(
            ErrorCode::GenerationInProgress,
            "This model is still answering in this conversation. Wait for the reply to end.",
        ),
        MessageError::TooManyReplies { limit } => AppError::new(
            ErrorCode::RateLimited,
            format!("{limit} replies are being made for you already, and no more can be at once. Wait for one to end, or cancel one."),
        )
        .with_details(json!({"limit": limit}))
        .with_retry_after(SLOT_PAUSE),
        MessageError::BudgetExceeded { wait } => AppError::new(
            ErrorCode::BudgetExceeded,
            "Today's budget for models is spent. It starts afresh at 00:00 UTC; ask again then.",
        )
        .with_retry_after(wait),
        MessageError::UnknownModel { model } => unknown_model(&model),
        MessageError::ApiKeyRequired { provider } => AppError::new(
            ErrorCode::ApiKeyRequired,
            format!("There is no key for {provider}. Store one of your own in your profile, or choose a model that is available."),
        )
        .with_details(json!({"provider": provider})),
        MessageError::KeyUnreadable { provider } => AppError::new(
            ErrorCode::ApiKeyRequired,
            format!("Your key for {provider} cannot be read any more. Store it again in your profile, or delete it there."),
        )
        .with_details(json!({"provider": provider})),
        MessageError::KeyUnavailable(cause) => key_unavailable(cause),
        MessageError::SeesNoImages { model } => AppError::new(
            ErrorCode::UnsupportedByModel,
            "This model does not see images. Leave them out, or choose a model that has `vision` among its capabilities in `GET /models`.",
        )
        .with_details(json!({"model": model})),
        MessageError::ContextTooLong { limit } => AppError::new(
            ErrorCode::ContextTooLong,
            format!("The message and the prompts in front of it are more than the {limit} tokens that the model can read. Shorten them, or use another model."),
        )
        .with_details(json!({"limit": limit})),
        MessageError::Busy => busy(),
        MessageError::Draining => AppError::unavailable("The server is being restarted. Try again in a moment."),
        MessageError::NoSuchProject => no_such_project(),
        MessageError::ProjectsUnavailable(cause) => projects_unavailable(cause),
        MessageError::Internal => AppError::internal("beginning a reply panicked"),
        MessageError::Unauthorized => AppError::unauthorized(),
        MessageError::Store(error) => error.into(),
    }
}

pub fn asking(error: AskError) -> AppError {
    match error {
        AskError::NothingSaid => AppError::new(
            ErrorCode::Conflict,
            "Nothing was said yet. Send a message first, and wait for the reply.",
        ),
        AskError::NothingToSummarize => AppError::new(
            ErrorCode::Conflict,
            "All that was said is summarised already. Go on with the conversation first.",
        ),
        AskError::Failed(failure) => self::failure(&failure),
        AskError::Refused(error) => message(error),
    }
}

pub fn attachment(error: AttachmentError) -> AppError {
    match error {
        AttachmentError::NotFound => AppError::not_found(),
        AttachmentError::Store(error) => error.into(),
    }
}

pub fn completion(error: CompletionError) -> AppError {
    let unsupported = |message: &'static str, field: &str| {
        AppError::new(ErrorCode::UnsupportedByModel, message).with_details(json!({"field": field}))
    };
    match error {
        CompletionError::SeesNoImages => unsupported(
            "This model sees no images. Leave them out, or use another model.",
            "messages",
        ),
        CompletionError::CallsNoTools => {
            unsupported("This model calls no tools. Leave them out, or use another model.", "tools")
        }
        CompletionError::Message(error) => message(error),
    }
}

pub fn api_key(error: ApiKeyError) -> AppError {
    match error {
        ApiKeyError::NotFound => AppError::not_found(),
        ApiKeyError::OwnerGone => owner_gone(),
        ApiKeyError::Unavailable(cause) => key_unavailable(cause),
        ApiKeyError::Store(error) => error.into(),
        // Keys are opened for models alone.
        ApiKeyError::Unreadable | ApiKeyError::Internal(_) => AppError::internal(error),
    }
}

pub fn import(error: ImportError) -> AppError {
    match error {
        ImportError::NotFound => AppError::not_found(),
        ImportError::NotJson => AppError::invalid(&[FieldError::new(
            "body",
            "a file of conversations in JSON, as OmniChat or ChatGPT exports them; of an archive the `conversations.json` in it",
        )]),
        ImportError::TooMany => AppError::new(
            ErrorCode::Conflict,
            "Other files of yours are still being imported. Wait until one of them is done.",
        ),
        ImportError::IdempotencyMismatch => AppError::idempotency_mismatch(),
        ImportError::Lost => AppError::unavailable(
            "The file came too slowly, or its import was taken away. Send it again.",
        ),
        ImportError::OwnerGone => owner_gone(),
        ImportError::Store(error) => error.into(),
    }
}

pub fn load_job(error: LoadJobError) -> AppError {
    match error {
        LoadJobError::NotFound => AppError::not_found(),
        LoadJobError::NothingToLoad => AppError::new(
            ErrorCode::UnsupportedByModel,
            "This model needs no loading. Just ask it.",
        ),
        LoadJobError::FetchForbidden => AppError::new(
            ErrorCode::Forbidden,
            "The model is not on its server, and models are not fetched here. Ask the operator for it, or choose another model.",
        ),
        LoadJobError::Unreachable => {
            AppError::unavailable("The model's server does not answer. Try again in a moment.")
        }
        LoadJobError::Store(error) => error.into(),
    }
}

pub fn preferences(error: PreferenceError) -> AppError {
    match error {
        PreferenceError::NotFound => AppError::not_found(),
        PreferenceError::UnknownModel { model } => unknown_model(&model),
        PreferenceError::Store(error) => error.into(),
    }
}

pub fn share(error: ShareError) -> AppError {
    match error {
        ShareError::NotFound => AppError::not_found(),
        ShareError::Empty => AppError::new(
            ErrorCode::Conflict,
            "Nothing has been said in this conversation yet. Share it once there is something to show.",
        ),
        ShareError::TooLong => AppError::new(
            ErrorCode::PayloadTooLarge,
            format!(
                "The conversation has more than the {MAX_SHARED_BYTES} bytes of text that can be shared. Export it instead."
            ),
        ),
        ShareError::TooMany => AppError::new(
            ErrorCode::Conflict,
            format!("The conversation has {MAX_SHARES} shares already. Delete one of them first."),
        ),
        ShareError::Creation(error) => error.into(),
        ShareError::Store(error) => error.into(),
    }
}

/// A reply that failed, to a client that waited for the whole of it. Says what was kept.
pub fn reply(failure: &ReplyFailure, user_message: MessageId, reply: MessageId) -> AppError {
    if ErrorCode::parse(&failure.code) == Some(ErrorCode::ConversationDeleted) {
        return AppError::not_found();
    }
    self::failure(failure).with_details(json!({"userMessageId": user_message, "messageId": reply}))
}

/// An answer that failed.
pub fn failure(failure: &ReplyFailure) -> AppError {
    let error = match ErrorCode::parse(&failure.code) {
        // This is a stream's own word.
        Some(ErrorCode::ServerDraining) => AppError::unavailable(failure.message.clone()),
        code => AppError::new(code.unwrap_or(ErrorCode::ProviderError), failure.message.clone()),
    };
    match (failure.retry_after, failure.retryable) {
        (Some(seconds), _) => error.with_retry_after(Duration::from_secs(seconds)),
        (None, true) => error.with_retry_after(Duration::from_secs(1)),
        (None, false) => error,
    }
}

fn busy() -> AppError {
    AppError::unavailable("The server has too much to do just now. Try again in a moment.")
}

fn owner_gone() -> AppError {
    AppError::new(ErrorCode::Unauthorized, "The account is gone. Sign in with another one.")
}

fn key_unavailable(cause: Box<dyn std::error::Error + Send + Sync>) -> AppError {
    AppError::unavailable("Keys cannot be read or stored just now. Try again in a moment.")
        .with_cause(cause)
}

fn no_such_project() -> AppError {
    AppError::new(ErrorCode::NotFound, "There is no such project. Check the project's id.")
}

/// A request that was made before is still at it.
pub fn idempotency_in_progress() -> AppError {
    AppError::new(
        ErrorCode::IdempotencyInProgress,
        "The request with this idempotency key is still under way. Ask again in a moment, or ask for events to follow it.",
    )
    .with_retry_after(KEY_PAUSE)
}

pub fn unknown_model(model: &str) -> AppError {
    AppError::new(
        ErrorCode::ModelUnknown,
        "There is no such model. `GET /models` lists those that there are.",
    )
    .with_details(json!({"model": model}))
}

fn projects_unavailable(cause: Box<dyn std::error::Error + Send + Sync>) -> AppError {
    AppError::unavailable("The project's prompts cannot be read just now. Try again in a moment.")
        .with_cause(cause)
}
