//! Turns against the floor: what it costs to know who asks, whose conversation it is, what was said in it, and to store both
//! messages, beside passing on the bytes.

use std::time::Duration;

use anyhow::Context as _;
use mock_llm::{Chunking, Script};
use reqwest::{RequestBuilder, StatusCode};

use crate::load::{Until, closed_loop, median};
use crate::people::{Person, people};
use crate::process::Process;
use crate::stage::{Stage, completion};
use crate::streamed::{Turn, whole};
use crate::table::row;

/// Both are measured so often, in turns, after a first round for warming up.
const ROUNDS: usize = 5;
/// Then a conversation has had enough, and the next begins.
const TURNS: usize = 10;

/// As fast as they come.
const TALKERS: usize = 64;
const EACH: usize = 40;
const TOKENS: usize = 50;

/// As a model says them.
const LISTENERS: usize = 16;
const HEARD: usize = 5;
const PACED_TOKENS: usize = 200;
const PACE: Duration = Duration::from_millis(5);

/// One at a time.
const SINGLES: usize = 300;

/// Two ways to the same model.
struct Ways {
    stage: Stage,
    floor: Process,
    people: Vec<Person>,
}

/// Sends its messages in their order, each so often.
struct Talker {
    messages: Vec<RequestBuilder>,
    turns: Vec<Turn>,
}

/// What came of one round over one of the ways.
struct Round {
    per_second: f64,
    /// CPU time of a turn, in seconds.
    cpu: f64,
}

/// Prints five rows.
pub async fn measure() -> anyhow::Result<()> {
    let stage = Stage::set(&[]).await?;
    let floor = Process::start("benches", &["--floor", &stage.model.base_url], &[])?;
    let ways = Ways { stage, floor, people: people(TALKERS)? };
    ways.many().await?;
    ways.paced().await?;
    ways.alone().await
}

impl Ways {
    async fn many(&self) -> anyhow::Result<()> {
        self.stage.script(&Script::generated(TOKENS).chunked(Chunking::Events)).await?;
        let (floor, chat) = self.rounds(TALKERS, EACH).await?;
        let [pace, floor_pace] = [&chat, &floor].map(|rounds| median_of(rounds, |r| r.per_second));
        let ratio = median_ratio(&chat, &floor, |round| round.per_second);
        row(
            &format!(
                "chat-service: turns of {TOKENS} tokens a second, {TALKERS} at a time, against the floor"
            ),
            &format!("{ratio:.2} ({pace:.0} against {floor_pace:.0})"),
            "≥ 0.4",
            ratio >= 0.4,
        );
        let ratio = median_ratio(&chat, &floor, |round| round.cpu);
        let [cpu, floor_cpu] = [&chat, &floor].map(|rounds| median_of(rounds, |r| r.cpu) * 1e6);
        row(
            "chat-service: CPU of such a turn, against the floor",
            &format!("{ratio:.2} ({cpu:.0} against {floor_cpu:.0} µs)"),
            "≤ 1.5",
            ratio <= 1.5,
        );
        Ok(())
    }

    async fn paced(&self) -> anyhow::Result<()> {
        self.stage.script(&Script::generated(PACED_TOKENS).pace(PACE)).await?;
        let (floor, chat) = self.rounds(LISTENERS, HEARD).await?;
        let ratio = median_ratio(&chat, &floor, |round| round.cpu);
        let [cpu, floor_cpu] = [&chat, &floor]
            .map(|rounds| median_of(rounds, |round| round.cpu) * 1e6 / PACED_TOKENS as f64);
        row(
            &format!(
                "chat-service: CPU of a token, {LISTENERS} streams with one each {} ms, against the floor",
                PACE.as_millis()
            ),
            &format!("{ratio:.2} ({cpu:.1} against {floor_cpu:.1} µs)"),
            "≤ 1.3",
            ratio <= 1.3,
        );
        Ok(())
    }

    async fn alone(&self) -> anyhow::Result<()> {
        self.stage.script(&Script::generated(TOKENS).chunked(Chunking::Events)).await?;
        let mut floor = self.of_floor(1).remove(0);
        let mut chat = self.of_chat(1, SINGLES).await?.remove(0);
        for _ in 0..SINGLES {
            floor.turn().await?;
            chat.turn().await?;
        }
        for (what, goal, time) in [
            ("time to the first token", 2, (|turn| turn.first) as fn(&Turn) -> Duration),
            ("a whole turn", 5, |turn| turn.whole),
        ] {
            let [chat, floor] = [&chat, &floor].map(|talker| {
                median(talker.turns.iter().map(|turn| time(turn).as_secs_f64() * 1e3).collect())
            });
            let more = chat - floor;
            row(
                &format!("chat-service: {what}, one at a time, p50, beyond the floor's"),
                &format!("{more:.1} ms ({chat:.1} against {floor:.1} ms)"),
                &format!("≤ {goal} ms"),
                more <= f64::from(goal),
            );
        }
        Ok(())
    }

    /// Rounds of the floor and of chat-service, in turns: so many at a time, so many turns each.
    async fn rounds(
        &self,
        talkers: usize,
        each: usize,
    ) -> anyhow::Result<(Vec<Round>, Vec<Round>)> {
        let (mut floor, mut chat) = (Vec::new(), Vec::new());
        for number in 0..=ROUNDS {
            let below = round(&self.floor, &mut self.of_floor(talkers), each).await?;
            let mut talkers = self.of_chat(talkers, each).await?;
            let above = round(&self.stage.chat, &mut talkers, each).await?;
            // The first is for warming up.
            if number > 0 {
                floor.push(below);
                chat.push(above);
            }
        }
        Ok((floor, chat))
    }

    fn of_floor(&self, talkers: usize) -> Vec<Talker> {
        let message = || completion(&self.stage.http, &self.floor);
        (0..talkers).map(|_| Talker { messages: vec![message()], turns: Vec::new() }).collect()
    }

    /// Those at chat-service, each somebody else, with new conversations for so many turns.
    async fn of_chat(&self, talkers: usize, turns: usize) -> anyhow::Result<Vec<Talker>> {
        let people = &self.people[..talkers];
        let messages = self.stage.messages(people, turns.div_ceil(TURNS)).await?;
        Ok(messages.into_iter().map(|messages| Talker { messages, turns: Vec::new() }).collect())
    }
}

impl Talker {
    async fn turn(&mut self) -> anyhow::Result<StatusCode> {
        let number = self.turns.len() / TURNS % self.messages.len();
        let message = self.messages[number].try_clone().context("its body is bytes")?;
        self.turns.push(whole(message).await?);
        Ok(StatusCode::OK)
    }
}

async fn round(process: &Process, talkers: &mut [Talker], each: usize) -> anyhow::Result<Round> {
    let busy = process.cpu_time()?;
    let outcome = closed_loop(talkers, Until::Asked(each), Talker::turn).await?;
    let busy = process.cpu_time()? - busy;
    let cpu = busy.as_secs_f64() / outcome.len() as f64;
    Ok(Round { per_second: outcome.per_second(), cpu })
}

fn median_of(rounds: &[Round], of: impl Fn(&Round) -> f64) -> f64 {
    median(rounds.iter().map(of).collect())
}

/// Of the ratios of rounds that were side by side.
fn median_ratio(chat: &[Round], floor: &[Round], of: impl Fn(&Round) -> f64) -> f64 {
    median(chat.iter().zip(floor).map(|(chat, floor)| of(chat) / of(floor)).collect())
}
