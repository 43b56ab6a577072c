//! Stopping a reply: how soon the model server hears of it, also from a replica that does not make the reply.

use std::time::Duration;

use mock_llm::{Fault, Script};
use tokio::time::{Instant, sleep};

use crate::load::{send, within};
use crate::people::people;
use crate::stage::Stage;
use crate::streamed::{FIRST, Open};
use crate::table::row;
use crate::wait::{self, PATIENCE};

const CANCELS: usize = 100;
/// A replica that does not make a reply leaves a note, which is found at the next checkpoint. It is asked at so many moments
/// between two of them.
const MOMENTS: usize = 50;
const CHECKPOINT: Duration = Duration::from_secs(1);

/// Prints a row.
pub async fn measure() -> anyhow::Result<()> {
    let stage = Stage::set(&[]).await?;
    let other = stage.replica()?;
    stage.script(&Script::default().fault(Fault::Silence { after_tokens: 1 })).await?;
    let people = people(1)?;
    let mut messages = stage.messages(&people, CANCELS).await?.remove(0).into_iter().enumerate();

    // Of the replica that makes the reply, and of the other.
    let mut times = [Vec::new(), Vec::new()];
    for (number, message) in messages.by_ref() {
        let reply = Open::until(message, FIRST, PATIENCE).await?;
        let left = stage.count("clientLeft").await?;
        let (replica, which) = [(&stage.chat, 0), (&other, 1)][number % 2];
        sleep(CHECKPOINT.mul_f64((which * number / 2 % MOMENTS) as f64 / MOMENTS as f64)).await;
        let address = replica.url(&format!("/messages/{}/cancel", reply.id()?));
        let cancel = stage.http.post(address).bearer_auth(&people[0].token);

        let asked = Instant::now();
        let (status, answer) = send(cancel).await?;
        anyhow::ensure!(status.is_success(), "a cancel: {status} {answer}");
        wait::until("the model server hears of a cancel", async || {
            Ok(stage.count("clientLeft").await? > left)
        })
        .await?;
        times[which].push(asked.elapsed());
    }
    let [same, other] = times.each_ref().map(|times| within(times.clone(), 99));
    let all = within(times.concat(), 99);
    row(
        &format!(
            "chat-service × 2: from a cancel to its reaching the model server, p99 of {CANCELS}"
        ),
        &format!(
            "{:.0} ms (of the replica that makes the reply {:.0} ms, of the other {:.0} ms)",
            all.as_secs_f64() * 1e3,
            same.as_secs_f64() * 1e3,
            other.as_secs_f64() * 1e3
        ),
        "≤ 1,000 ms",
        all <= Duration::from_secs(1),
    );
    Ok(())
}
