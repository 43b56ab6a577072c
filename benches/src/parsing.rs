//! Reading what providers send: how much of a stream a core turns into deltas.

use std::time::{Duration, Instant};

use bytes::Bytes;
use chat_service::providers::{ByteStream, DeltaStream, OpenAi};
use futures_util::stream::{self, StreamExt, TryStreamExt};

use crate::table::row;

const EVENTS: usize = 5_000;
/// What a read of a socket gives at most.
const CHUNK: usize = 16 * 1024;
/// Many and short, of which the best counts: what else the machine does is not to be measured.
const TRIES: usize = 400;

/// Prints a row.
pub async fn measure() -> anyhow::Result<()> {
    let body = Bytes::from(EVENT.repeat(EVENTS) + "data: [DONE]\n\n");
    let mut best = Duration::MAX;
    for _ in 0..TRIES {
        let begun = Instant::now();
        let deltas = read(&body).try_fold(0, |count, _| async move { Ok(count + 1) }).await?;
        best = best.min(begun.elapsed());
        anyhow::ensure!(deltas == EVENTS, "{deltas} deltas of {EVENTS} events");
    }
    let rate = body.len() as f64 / 1e6 / best.as_secs_f64();
    let each = best.as_secs_f64() * 1e9 / EVENTS as f64;
    row(
        "chat-service: parsing of an OpenAI stream, MB/s on one core",
        &format!("{rate:.0} ({each:.0} ns an event of {} bytes)", EVENT.len()),
        "≥ 200",
        rate >= 200.0,
    );
    Ok(())
}

fn read(body: &Bytes) -> DeltaStream {
    let chunks: Vec<_> = (0..body.len())
        .step_by(CHUNK)
        .map(|start| Ok(body.slice(start..body.len().min(start + CHUNK))))
        .collect();
    let bytes: ByteStream = stream::iter(chunks).boxed();
    OpenAi::read(bytes)
}

/// As OpenAI sent it in 2025.
const EVENT: &str = concat!(
    r#"data: {"id":"chatcmpl-BxK3vQy7nWz1pR8sT2uV4wX6yZ0aB","object":"chat.completion.chunk","created":1763700000,"#,
    r#""model":"gpt-4o-mini-2024-07-18","service_tier":"default","system_fingerprint":"fp_51db84afab","#,
    r#""choices":[{"index":0,"delta":{"content":" words"},"logprobs":null,"finish_reason":null}],"#,
    r#""usage":null,"obfuscation":"Kd9sXqW"}"#,
    "\n\n"
);
