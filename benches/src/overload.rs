//! More than chat-service can do: what it still does of it, and how soon it refuses the rest.

use std::time::Duration;

use futures_util::stream::{self, StreamExt as _};
use mock_llm::Script;
use reqwest::StatusCode;
use serde_json::json;
use tokio::time::{Instant, interval};

use crate::load::{Until, closed_loop, send, within};
use crate::people::{Person, people};
use crate::stage::{MODEL, Stage};
use crate::table::row;

const PEOPLE: usize = 64;
const TOKENS: usize = 50;
const PEAK: Duration = Duration::from_secs(10);
const LOAD: Duration = Duration::from_secs(5);
const TIMES: u32 = 4;

/// How a turn ended, and when: from its beginning, and from the beginning of all.
struct Ended {
    /// None if it broke off.
    status: Option<StatusCode>,
    /// What the last of its requests took.
    took: Duration,
    at: Duration,
}

/// Prints two rows.
pub async fn measure() -> anyhow::Result<()> {
    let stage = Stage::set(&[("RUST_LOG", "off")]).await?;
    stage.script(&Script::generated(TOKENS)).await?;
    let mut people = people(PEOPLE)?;
    let talk = async |person: &mut Person| Ok(turn(&stage, person).await?.0);
    // The first is for warming up.
    closed_loop(&mut people, Until::Asked(5), talk).await?.all(StatusCode::OK)?;
    let peak = closed_loop(&mut people, Until::Elapsed(PEAK), talk).await?.all(StatusCode::OK)?;
    let peak = peak.per_second();

    let ends = flood(&stage, &people, peak * f64::from(TIMES)).await;
    let is_so = |end: &Ended, status| end.status == Some(status);
    let good = ends.iter().filter(|end| is_so(end, StatusCode::OK) && end.at <= LOAD).count();
    let goodput = good as f64 / LOAD.as_secs_f64();
    let refused: Vec<_> = ends
        .iter()
        .filter(|end| {
            is_so(end, StatusCode::SERVICE_UNAVAILABLE) || is_so(end, StatusCode::TOO_MANY_REQUESTS)
        })
        .map(|end| end.took)
        .collect();
    let failed = ends.len() - ends.iter().filter(|end| is_so(end, StatusCode::OK)).count();
    let ratio = goodput / peak;
    row(
        &format!(
            "chat-service: turns a second with {TIMES} times as many asked for, against its peak"
        ),
        &format!(
            "{ratio:.2} ({goodput:.0} against {peak:.0}; {} asked for, {} refused, {} failed)",
            ends.len(),
            refused.len(),
            failed - refused.len()
        ),
        "≥ 0.8",
        ratio >= 0.8,
    );
    let (count, p99) = (refused.len(), within(refused, 99));
    row(
        "chat-service: refusals meanwhile, p99",
        &format!("{:.0} ms ({count} refused)", p99.as_secs_f64() * 1e3),
        "≤ 50 ms",
        count > 0 && p99 <= Duration::from_millis(50),
    );
    Ok(())
}

/// Begins so many turns a second, however long they take, and waits for all of them.
async fn flood(stage: &Stage, people: &[Person], per_second: f64) -> Vec<Ended> {
    let begun = Instant::now();
    let how_many = (per_second * LOAD.as_secs_f64()) as usize;
    let mut pace = interval(Duration::from_secs_f64(1.0 / per_second));
    let begin = stream::poll_fn(move |context| pace.poll_tick(context).map(Some));
    let turns = begin.take(how_many).enumerate().map(async |(number, _)| {
        let ended = turn(stage, &people[number % people.len()]).await;
        let (status, took) = match ended {
            Ok((status, took)) => (Some(status), took),
            Err(_) => (None, Duration::ZERO),
        };
        Ended { status, took, at: begun.elapsed() }
    });
    turns.buffer_unordered(how_many).collect().await
}

/// A whole turn, in a new conversation: a beginning, a message, and its reply. How its last request was answered, and how
/// long that took.
async fn turn(stage: &Stage, person: &Person) -> anyhow::Result<(StatusCode, Duration)> {
    let asked = Instant::now();
    let (status, address) = stage.begin(person, MODEL).await?;
    let Some(address) = address else { return Ok((status, asked.elapsed())) };
    let asked = Instant::now();
    let message = stage.http.post(address).bearer_auth(&person.token);
    let (status, _) = send(message.json(&json!({"content": "Hello"}))).await?;
    Ok((status, asked.elapsed()))
}
