//! What to answer: the script of one answer, in no provider's format.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::usage::Counts;
use crate::{Chunking, Fault, Gate, Reply, UsageQuirk};

/// What one answer says, how fast, and how it goes wrong.
///
/// In JSON (`POST /mock/scripts`) every field is optional and named as here in camelCase;
/// durations are `paceMs` and `firstByteDelayMs`. Gates have no JSON form.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Script {
    pub(crate) reply: Reply,
    pub(crate) reasoning: Vec<String>,
    #[serde(rename = "paceMs", with = "millis")]
    pub(crate) pace: Duration,
    #[serde(rename = "firstByteDelayMs", with = "millis")]
    pub(crate) first_byte_delay: Duration,
    pub(crate) usage: Option<Counts>,
    pub(crate) without_usage: bool,
    pub(crate) usage_quirk: Option<UsageQuirk>,
    pub(crate) finish: String,
    pub(crate) without_finish: bool,
    pub(crate) without_done: bool,
    pub(crate) crlf: bool,
    pub(crate) comments: bool,
    pub(crate) multi_line: bool,
    pub(crate) chunking: Chunking,
    pub(crate) fault: Option<Fault>,
    #[serde(skip)]
    pub(crate) holds: Vec<(usize, Gate)>,
}

impl Default for Script {
    fn default() -> Self {
        Self {
            reply: Reply::default(),
            reasoning: Vec::new(),
            pace: Duration::ZERO,
            first_byte_delay: Duration::ZERO,
            usage: None,
            without_usage: false,
            usage_quirk: None,
            finish: "stop".to_owned(),
            without_finish: false,
            without_done: false,
            crlf: false,
            comments: false,
            multi_line: false,
            chunking: Chunking::Natural,
            fault: None,
            holds: Vec::new(),
        }
    }
}

impl Script {
    /// Answers with `reply`, at once and without a fault.
    #[must_use]
    pub fn new(reply: Reply) -> Self {
        Self { reply, ..Self::default() }
    }

    /// Answers with `text`, one token a word.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self::new(Reply::Text(text.into()))
    }

    /// Answers with these tokens.
    #[must_use]
    pub fn tokens<T: Into<String>>(tokens: impl IntoIterator<Item = T>) -> Self {
        Self::new(Reply::Tokens(tokens.into_iter().map(T::into).collect()))
    }

    /// Answers with `tokens` made-up words.
    #[must_use]
    pub fn generated(tokens: usize) -> Self {
        Self::new(Reply::Generated(tokens))
    }

    /// Answers with what the last user message says.
    #[must_use]
    pub fn echo() -> Self {
        Self::new(Reply::Echo)
    }

    /// Answers with a recorded body, as it is.
    #[must_use]
    pub fn verbatim(body: impl Into<String>) -> Self {
        Self::new(Reply::Verbatim(body.into()))
    }

    /// Thinks in these tokens before it answers.
    #[must_use]
    pub fn reasoning<T: Into<String>>(mut self, tokens: impl IntoIterator<Item = T>) -> Self {
        self.reasoning = tokens.into_iter().map(T::into).collect();
        self
    }

    /// Waits that long between one token and the next.
    #[must_use]
    pub fn pace(mut self, between_tokens: Duration) -> Self {
        self.pace = between_tokens;
        self
    }

    /// Waits that long before the first byte, the head of the response included.
    #[must_use]
    pub fn first_byte_delay(mut self, delay: Duration) -> Self {
        self.first_byte_delay = delay;
        self
    }

    /// After `tokens` tokens (reasoning first; at the latest before the finish) waits until
    /// `gate` is released. An answer that is not a stream waits before its first byte.
    #[must_use]
    pub fn hold_after(mut self, tokens: usize, gate: &Gate) -> Self {
        self.holds.push((tokens, gate.clone()));
        self
    }

    /// Reports these token counts; unless told, 10 for the prompt and the script's own number
    /// of tokens for the completion.
    #[must_use]
    pub fn usage(mut self, prompt: u64, completion: u64) -> Self {
        self.usage = Some(Counts { prompt, completion });
        self
    }

    /// Reports no token counts, even when asked.
    #[must_use]
    pub fn without_usage(mut self) -> Self {
        self.without_usage = true;
        self
    }

    /// Reports the token counts in an unusual way.
    #[must_use]
    pub fn usage_quirk(mut self, quirk: UsageQuirk) -> Self {
        self.usage_quirk = Some(quirk);
        self
    }

    /// The finish reason, in the provider's own words; `stop` unless told.
    #[must_use]
    pub fn finish(mut self, reason: impl Into<String>) -> Self {
        self.finish = reason.into();
        self
    }

    /// Gives no finish reason.
    #[must_use]
    pub fn without_finish(mut self) -> Self {
        self.without_finish = true;
        self
    }

    /// Ends the stream without its terminal marker.
    #[must_use]
    pub fn without_done(mut self) -> Self {
        self.without_done = true;
        self
    }

    /// Ends lines with CR LF.
    #[must_use]
    pub fn crlf(mut self) -> Self {
        self.crlf = true;
        self
    }

    /// Sends a keep-alive comment before each token.
    #[must_use]
    pub fn comments(mut self) -> Self {
        self.comments = true;
        self
    }

    /// Spreads the data of each event over two lines.
    #[must_use]
    pub fn multi_line(mut self) -> Self {
        self.multi_line = true;
        self
    }

    /// Cuts the bytes of the answer in this way.
    #[must_use]
    pub fn chunked(mut self, chunking: Chunking) -> Self {
        self.chunking = chunking;
        self
    }

    /// Fails in this way.
    #[must_use]
    pub fn fault(mut self, fault: Fault) -> Self {
        self.fault = Some(fault);
        self
    }
}

/// The default reply, failing in this way.
impl From<Fault> for Script {
    fn from(fault: Fault) -> Self {
        Self::default().fault(fault)
    }
}

mod millis {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(
        duration: &Duration,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Duration, D::Error> {
        u64::deserialize(deserializer).map(Duration::from_millis)
    }
}
