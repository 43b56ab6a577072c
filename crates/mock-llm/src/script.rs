//! What to answer: the script of one answer, in no provider's format.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::usage::Totals;
use crate::{Chunking, Fault, Gate, Reply, ToolCall, UsageQuirk};

/// What one answer says, how fast, and how it goes wrong.
///
/// In JSON (`POST /mock/scripts`) every field is optional and named as here in camelCase;
/// durations are `paceMs`, `firstByteDelayMs` and `dripMs`. Gates have no JSON form.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Script {
    pub(crate) reply: Reply,
    pub(crate) reasoning: Vec<String>,
    pub(crate) tool_calls: Vec<ToolCall>,
    #[serde(rename = "paceMs", with = "millis")]
    pub(crate) pace: Duration,
    #[serde(rename = "firstByteDelayMs", with = "millis")]
    pub(crate) first_byte_delay: Duration,
    #[serde(rename = "dripMs", with = "millis")]
    pub(crate) drip: Duration,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) usage: Option<Totals>,
    pub(crate) cached_tokens: u64,
    pub(crate) cache_write_tokens: u64,
    pub(crate) reasoning_tokens: Option<u64>,
    pub(crate) cost: f64,
    pub(crate) without_usage: bool,
    pub(crate) usage_quirk: Option<UsageQuirk>,
    pub(crate) finish: String,
    pub(crate) finish_everywhere: bool,
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
            tool_calls: Vec::new(),
            pace: Duration::ZERO,
            first_byte_delay: Duration::ZERO,
            drip: Duration::ZERO,
            headers: BTreeMap::new(),
            usage: None,
            cached_tokens: 0,
            cache_write_tokens: 0,
            reasoning_tokens: None,
            cost: 0.0,
            without_usage: false,
            usage_quirk: None,
            finish: "stop".to_owned(),
            finish_everywhere: false,
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

    /// Asks for this call of a tool after the text; told again, for one more.
    #[must_use]
    pub fn tool_call(mut self, call: ToolCall) -> Self {
        self.tool_calls.push(call);
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

    /// Waits that long before each piece of the body, whatever it holds; with
    /// [`Chunking::Bytes`], the body trickles.
    #[must_use]
    pub fn drip(mut self, before_pieces: Duration) -> Self {
        self.drip = before_pieces;
        self
    }

    /// Adds a header to the response, or to a refusal; it replaces ours of that name.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.insert(name.into(), value.into());
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
    /// of tokens for the completion. The prompt includes what comes from the cache, and the
    /// completion the reasoning; a wire that counts in another way works it out.
    #[must_use]
    pub fn usage(mut self, prompt: u64, completion: u64) -> Self {
        self.usage = Some(Totals { prompt, completion });
        self
    }

    /// Reports that so much of the prompt was read from and written to the cache.
    #[must_use]
    pub fn cached(mut self, read: u64, written: u64) -> Self {
        (self.cached_tokens, self.cache_write_tokens) = (read, written);
        self
    }

    /// Reports that so much of the completion was reasoning; unless told, the reasoning of the
    /// script.
    #[must_use]
    pub fn reasoning_tokens(mut self, tokens: u64) -> Self {
        self.reasoning_tokens = Some(tokens);
        self
    }

    /// Reports this cost in US dollars, where the provider tells one.
    #[must_use]
    pub fn cost(mut self, dollars: f64) -> Self {
        self.cost = dollars;
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

    /// The finish reason. `stop`, `length`, `tool_calls` and `content_filter` are said in the
    /// provider's own words, any other as it is. Unless told it is `stop`, or `tool_calls` in a
    /// script that has some.
    #[must_use]
    pub fn finish(mut self, reason: impl Into<String>) -> Self {
        self.finish = reason.into();
        self
    }

    /// Gives the finish reason in every chunk (OpenAI and its like, and Google).
    #[must_use]
    pub fn finish_everywhere(mut self) -> Self {
        self.finish_everywhere = true;
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

    /// Sends a sign of life before each token: a comment, Anthropic's `ping`, or white space
    /// where the format has neither.
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
    pub fn fault(mut self, fault: impl Into<Fault>) -> Self {
        self.fault = Some(fault.into());
        self
    }

    /// The finish reason, if it gives one.
    pub(crate) fn finish_reason(&self) -> Option<&str> {
        let reason = match self.finish.as_str() {
            "stop" if !self.tool_calls.is_empty() => "tool_calls",
            told => told,
        };
        (!self.without_finish).then_some(reason)
    }
}

/// The default reply, failing in this way.
impl From<Fault> for Script {
    fn from(fault: Fault) -> Self {
        Self::default().fault(fault)
    }
}

pub(crate) mod millis {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(
        duration: &Duration,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Duration, D::Error> {
        u64::deserialize(deserializer).map(Duration::from_millis)
    }
}
