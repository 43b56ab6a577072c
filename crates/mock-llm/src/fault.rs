//! What can go wrong with an answer, whatever the provider.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Refusal;

/// One way for an answer to fail.
///
/// `after_tokens` counts the tokens sent before it, reasoning first; a number larger than the
/// answer means after the last token and before the finish. In an answer that is not a stream
/// the same faults strike the body at the same token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum Fault {
    /// The provider refuses, as it does: instead of an answer, or after some tokens of a stream
    /// that began well; the body ends after it.
    Refused {
        /// Why.
        why: Refusal,
        /// Tokens before it; none is instead of an answer.
        #[serde(default)]
        after_tokens: Option<usize>,
    },
    /// A status and a body of no provider's own, as from a proxy in between.
    Status {
        /// The HTTP status.
        code: u16,
        /// The body: JSON, unless it is a JSON string, which is sent as plain text.
        #[serde(default)]
        body: Value,
        /// Headers to add; a `content-type` here replaces ours.
        #[serde(default)]
        headers: BTreeMap<String, String>,
    },
    /// The body ends properly, but without the finish or the terminal marker.
    Cut {
        /// Tokens before it.
        after_tokens: usize,
    },
    /// The connection is closed in the middle of the body (FIN inside the chunked encoding).
    BreakOff {
        /// Tokens before it.
        after_tokens: usize,
    },
    /// The connection is reset (RST). A server started with
    /// [`Options::resets`](crate::Options::resets) off breaks it off instead.
    Reset {
        /// Tokens before it.
        after_tokens: usize,
    },
    /// The connection ends before the head of the response.
    BeforeHead(Break),
    /// The connection ends after the terminal marker, but before the end of the body.
    AfterEnd(Break),
    /// The body ends properly after that many bytes, in the middle of whatever it is.
    Truncated {
        /// Bytes before it.
        after_bytes: usize,
    },
    /// An error inside a stream that began well, as [`Refusal::Coded`]; the body ends after it.
    ErrorEvent {
        /// Tokens before it.
        after_tokens: usize,
        /// The provider's error code.
        code: String,
        /// The provider's error message.
        message: String,
    },
    /// An event whose JSON is broken; the rest of the answer follows.
    Malformed {
        /// Tokens before it.
        after_tokens: usize,
    },
    /// A token that holds half a character: bytes that are not UTF-8.
    InvalidUtf8 {
        /// Tokens before it.
        after_tokens: usize,
    },
    /// Status 200 and an HTML page.
    Html,
    /// A stream was asked for, and a complete JSON answer comes.
    JsonInsteadOfStream,
    /// The first token is one event of that many bytes on the wire, framing included.
    HugeEvent {
        /// The length of the event, in bytes.
        bytes: usize,
    },
    /// A body of that many bytes of white space, small on the wire by `content-encoding: gzip`.
    Bomb {
        /// The length of the body once unpacked.
        bytes: usize,
    },
    /// The tokens of the script over and over, as fast as the script's pace lets them.
    Endless,
    /// Nothing more is sent, and the connection stays open.
    Silence {
        /// Tokens before it.
        after_tokens: usize,
    },
    /// Nothing more is sent but signs of life at the script's pace: comments, Anthropic's
    /// `ping`, or white space where the format has neither.
    OnlyComments {
        /// Tokens before it.
        after_tokens: usize,
    },
    /// Two tokens more after the terminal marker.
    TokensAfterEnd,
    /// A redirect (307) to `/redirected` on this server, where the log shows who followed it.
    Redirect,
}

/// How a connection ends that should have gone on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Break {
    /// It is closed (FIN).
    Off,
    /// It is reset (RST), by a server that can ([`Options::resets`](crate::Options::resets)).
    Reset,
    /// It stays open, and nothing comes.
    Silence,
}

impl Fault {
    /// The number of tokens before the fault, for those that break an answer off.
    pub(crate) fn after_tokens(&self) -> Option<usize> {
        match self {
            Self::Cut { after_tokens }
            | Self::BreakOff { after_tokens }
            | Self::Reset { after_tokens }
            | Self::ErrorEvent { after_tokens, .. }
            | Self::Silence { after_tokens }
            | Self::OnlyComments { after_tokens } => Some(*after_tokens),
            Self::Refused { after_tokens, .. } => *after_tokens,
            _ => None,
        }
    }
}
