//! Whether memory grows with what was done. Run by its name alone: a hundred thousand turns take minutes.

use anyhow::Context as _;
use mock_llm::Script;
use reqwest::{RequestBuilder, StatusCode};

use crate::load::{Until, closed_loop};
use crate::people::people;
use crate::stage::Stage;
use crate::streamed::whole;
use crate::table::row;

const TALKERS: usize = 64;
const TOKENS: usize = 50;
const EARLY: usize = 1_000;
const LATE: usize = 100_000;
/// Then a conversation has had enough, and the next begins.
const TURNS: usize = 10;

/// Prints a row.
pub async fn measure() -> anyhow::Result<()> {
    let stage = Stage::set(&[]).await?;
    stage.script(&Script::generated(TOKENS)).await?;
    let people = people(TALKERS)?;
    let (mut memories, mut done) = ([0; 2], 0);
    for (memory, turns) in memories.iter_mut().zip([EARLY, LATE]) {
        while done < turns {
            let messages = stage.messages(&people, 1).await?;
            let mut talkers: Vec<_> = messages.into_iter().flatten().collect();
            let rest = (turns - done).div_ceil(TALKERS);
            let talk = closed_loop(&mut talkers, Until::Asked(rest.min(TURNS)), turn).await?;
            done += talk.len();
        }
        *memory = stage.chat.memory()?;
    }
    let [early, late] = memories.map(|memory| memory as f64 / f64::from(1 << 20));
    let growth = (late / early - 1.0) * 100.0;
    row(
        &format!("chat-service: growth of memory from turn {EARLY} to {LATE}"),
        &format!("{growth:.1} % ({early:.1} to {late:.1} MiB)"),
        "≤ 10 %",
        growth <= 10.0,
    );
    Ok(())
}

async fn turn(message: &mut RequestBuilder) -> anyhow::Result<StatusCode> {
    whole(message.try_clone().context("its body is bytes")?).await?;
    Ok(StatusCode::OK)
}
