//! Why a provider says no, in no provider's format.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Fault, Script, script};

/// Why a provider refuses, before an answer or in the middle of one; each wire says it with the
/// status, the headers and the body of its own provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum Refusal {
    /// There is no key in the request.
    NoKey,
    /// The key is wrong.
    BadKey,
    /// The quota is used up, or the credit: no waiting helps.
    QuotaExhausted,
    /// Too many requests: try again after that time (`retryAfterMs` in JSON).
    RateLimited {
        /// The time to wait.
        #[serde(rename = "retryAfterMs", with = "script::millis")]
        retry_after: Duration,
    },
    /// More tokens than the model's context holds.
    ContextTooLong,
    /// A request that makes no sense, and why.
    BadRequest(String),
    /// What was asked is not to be answered.
    Filtered,
    /// There is no such model.
    UnknownModel,
    /// Too many others ask.
    Overloaded,
    /// A failure of the server, with that status (500, 502, 504 and so on).
    Failed(u16),
    /// A failure of the server with an error code and a message of its own.
    Coded {
        /// The provider's error code; what a provider without codes has in its place.
        code: String,
        /// The provider's error message.
        message: String,
    },
}

impl Refusal {
    /// The refusal after that many tokens, in a stream that began well.
    #[must_use]
    pub fn after(self, tokens: usize) -> Fault {
        Fault::Refused { why: self, after_tokens: Some(tokens) }
    }

    /// A request whose body is no JSON, or not of the right form.
    pub(crate) fn nonsense(error: &serde_json::Error) -> Self {
        let message = format!("We could not parse the JSON body of your request: {error}");
        Self::BadRequest(message)
    }
}

/// The refusal instead of an answer.
impl From<Refusal> for Fault {
    fn from(why: Refusal) -> Self {
        Self::Refused { why, after_tokens: None }
    }
}

/// The refusal instead of an answer.
impl From<Refusal> for Script {
    fn from(why: Refusal) -> Self {
        Fault::from(why).into()
    }
}

/// A refusal as one provider says it.
#[derive(Debug)]
pub(crate) struct Refused {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Value,
}

impl Refused {
    pub(crate) fn new(status: u16, body: Value) -> Self {
        Self { status, headers: Vec::new(), body }
    }

    pub(crate) fn header(mut self, name: &'static str, value: &impl ToString) -> Self {
        self.headers.push((name, value.to_string()));
        self
    }
}

/// A time in whole seconds, rounded up: what `retry-after` can say.
pub(crate) fn seconds(time: Duration) -> u128 {
    time.as_millis().div_ceil(1000)
}
