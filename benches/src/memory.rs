//! What an open stream keeps in memory, while it is idle and after a long reply.

use std::time::Duration;

use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use mock_llm::{Fault, Reply, Script};

use crate::people::people;
use crate::stage::Stage;
use crate::streamed::{FIRST, Open, whole};
use crate::table::row;
use crate::wait::PATIENCE;

const PEOPLE: usize = 100;
/// Of each person; the second are opened beside the first.
const IDLE: [usize; 2] = [10, 80];
/// How many are opened at a time.
const AT_ONCE: usize = 64;
/// For what a process has only once it has worked.
const WARMING: usize = 2;

const LONG: usize = 10;
const TOKENS: usize = 1_200;
const PACE: Duration = Duration::from_millis(50);
/// How a long reply's last token reads.
const LAST: &str = " done";

/// A client's and a model server's connection for each stream, and some more.
const FILES: usize = 2 * PEOPLE * (IDLE[0] + IDLE[1]) + 500;

/// Silence is not to end a stream, and as many may begin at once as there are long ones.
const OWN: [(&str, &str); 3] = [
    ("OMNICHAT__PROVIDERS__IDLE_SECONDS", "600"),
    ("OMNICHAT__GENERATION__TOTAL_SECONDS", "3600"),
    ("OMNICHAT__GENERATION__BEGINNING", "1000"),
];

/// Prints three rows.
pub async fn measure() -> anyhow::Result<()> {
    let (files, _) = rlimit::Resource::NOFILE.get()?;
    anyhow::ensure!(
        files >= FILES as u64,
        "{FILES} open files are needed: `ulimit -n` has {files}"
    );
    idle().await?;
    long().await
}

async fn idle() -> anyhow::Result<()> {
    let stage = Stage::set(&OWN).await?;
    let before = warm(&stage).await?;
    stage.script(&Script::default().fault(Fault::Silence { after_tokens: 1 })).await?;
    let mut open = Vec::new();
    for each in IDLE {
        open.extend(streams(&stage, each, AT_ONCE, FIRST).await?);
        report(&stage, before, open.len(), "idle", 50).await?;
    }
    Ok(())
}

async fn long() -> anyhow::Result<()> {
    let stage = Stage::set(&OWN).await?;
    let before = warm(&stage).await?;
    let tokens = (1..TOKENS).map(|number| if number == 1 { "all" } else { " models" });
    let reply = Reply::Tokens(tokens.chain([LAST]).map(str::to_owned).collect());
    let silence = Fault::Silence { after_tokens: TOKENS };
    stage.script(&Script::new(reply).pace(PACE).fault(silence)).await?;
    let open = streams(&stage, LONG, LONG * PEOPLE, LAST).await?;
    report(&stage, before, open.len(), &format!("after {TOKENS} tokens each"), 100).await
}

/// The memory of a process that has done everything once.
async fn warm(stage: &Stage) -> anyhow::Result<u64> {
    let messages = stage.messages(&people(PEOPLE)?, WARMING).await?.into_iter().flatten();
    let turns = stream::iter(messages).map(whole).buffer_unordered(AT_ONCE);
    turns.try_for_each(async |_| Ok(())).await?;
    stage.chat.memory()
}

/// So many streams of each person's, heard as far as `what`.
async fn streams(
    stage: &Stage,
    each: usize,
    at_once: usize,
    what: &str,
) -> anyhow::Result<Vec<Open>> {
    let messages = stage.messages(&people(PEOPLE)?, each).await?.into_iter().flatten();
    let patience = PATIENCE + PACE * TOKENS as u32;
    let open = stream::iter(messages).map(|message| Open::until(message, what, patience));
    open.buffer_unordered(at_once).try_collect().await
}

async fn report(
    stage: &Stage,
    before: u64,
    open: usize,
    how: &str,
    goal: u64,
) -> anyhow::Result<()> {
    let memory = stage.chat.memory()?;
    let running = stage.count("open").await?;
    anyhow::ensure!(running == open as u64, "{running} of {open} streams are open still");
    let each = memory.saturating_sub(before) as f64 / 1024.0 / open as f64;
    row(
        &format!("chat-service: memory of an open stream, of {open}, {how}"),
        &format!("{each:.0} KiB ({} to {} MiB in all)", before >> 20, memory >> 20),
        &format!("≤ {goal} KiB"),
        each <= goal as f64,
    );
    Ok(())
}
