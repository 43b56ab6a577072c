//! Requests that may be made again without a second effect, since their client gives them a key.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::repositories::StoreError;
use crate::{ConversationId, MessageId};

/// How many characters a key may have.
pub const MAX_KEY_LENGTH: usize = 255;

/// What a client calls a request, the first time and whenever it makes it again: 1 to 255 visible ASCII characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IdempotencyKey(String);

/// The text is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not 1 to {MAX_KEY_LENGTH} visible ASCII characters")]
pub struct MalformedKey;

impl IdempotencyKey {
    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for IdempotencyKey {
    type Err = MalformedKey;

    fn from_str(key: &str) -> Result<Self, MalformedKey> {
        let is_visible = key.bytes().all(|byte| byte.is_ascii_graphic());
        let is_key = is_visible && (1..=MAX_KEY_LENGTH).contains(&key.len());
        if is_key { Ok(Self(key.to_owned())) } else { Err(MalformedKey) }
    }
}

/// What a request asks, for telling whether another with its key asks the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fingerprint(Vec<u8>);

impl Fingerprint {
    /// A fingerprint that was stored.
    pub fn stored(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// As it is stored.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Makes a fingerprint of a request while its body is read.
#[derive(Clone)]
pub struct Fingerprinter(Sha256);

impl Fingerprinter {
    /// A request to `target`, which is a path with its query.
    pub fn new(method: &str, target: impl fmt::Display) -> Self {
        // No line break stands in either, so that nothing of one can pass for the other's.
        Self(Sha256::new_with_prefix(format!("{method}\n{target}\n")))
    }

    /// Takes more of the body.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The fingerprint.
    pub fn finish(self) -> Fingerprint {
        Fingerprint(self.0.finalize().to_vec())
    }
}

/// A send's key, and what it asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestKey {
    /// The client's word for it.
    pub key: IdempotencyKey,
    /// What is asked.
    pub fingerprint: Fingerprint,
}

/// What an earlier send with a key has begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EarlierSend {
    /// What it asked.
    pub fingerprint: Fingerprint,
    /// Where.
    pub conversation: ConversationId,
    /// The message that it stored, or had answered anew.
    pub user_message: MessageId,
    /// The replies, in the order of the models that were asked.
    pub replies: Vec<MessageId>,
}

/// The key of a request that makes something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreationKey {
    /// The key, and what is asked.
    pub key: RequestKey,
    /// What of the answer cannot be read again, sealed.
    pub answer: Option<Vec<u8>>,
}

/// What an earlier request with a key has made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Creation {
    /// What it asked.
    pub fingerprint: Fingerprint,
    /// The id of what was made.
    pub made: Uuid,
    /// See [`CreationKey::answer`].
    pub answer: Option<Vec<u8>>,
}

/// Why it is not said what an earlier request has made.
#[derive(Debug, thiserror::Error)]
pub enum CreationError {
    /// It asked for something else.
    #[error("the key was used for something else")]
    Mismatch,
    /// Something else was made for it meanwhile; whoever meets it looks again.
    #[error("the key is taken")]
    Taken,
    /// The database failed.
    #[error("keys could not be read")]
    Store(#[from] StoreError),
}

impl From<RequestKey> for CreationKey {
    /// Of something that can be read again.
    fn from(key: RequestKey) -> Self {
        Self { key, answer: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_visible_ascii_of_a_bounded_length() {
        let longest = "k".repeat(MAX_KEY_LENGTH);
        for key in ["k", "!~", "0192-ab:c", &longest] {
            assert_eq!(key.parse::<IdempotencyKey>().unwrap().as_str(), key);
        }
        for key in ["", " ", "a b", "a\n", "\u{7f}", "ключ", &"k".repeat(MAX_KEY_LENGTH + 1)] {
            assert_eq!(key.parse::<IdempotencyKey>(), Err(MalformedKey), "{key:?}");
        }
    }

    #[test]
    fn a_fingerprint_tells_requests_apart_however_their_bodies_come() {
        let of = |method, target, body: &[&str]| {
            let mut made = Fingerprinter::new(method, target);
            body.iter().for_each(|piece| made.update(piece.as_bytes()));
            made.finish()
        };
        let one = of("POST", "/chat", &["{}"]);
        assert_eq!(one, of("POST", "/chat", &["{", "}"]));
        assert_eq!(one, Fingerprint::stored(one.as_bytes().to_vec()));
        for (method, target, body) in
            [("PUT", "/chat", "{}"), ("POST", "/chat?", "{}"), ("POST", "/chat", "{ }")]
        {
            assert_ne!(one, of(method, target, &[body]));
        }
    }
}
