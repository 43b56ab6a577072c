//! Clients that ask over loopback, and how long their answers took.

use std::time::{Duration, Instant};

use futures_util::future::try_join_all;
use reqwest::{Client, RequestBuilder, StatusCode};
use serde_json::Value;
use tokio::time::interval;

use crate::wait::PATIENCE;

/// How long clients go on asking.
#[derive(Clone, Copy)]
pub enum Until {
    /// None asks once more after this time.
    Elapsed(Duration),
    /// Each has asked so often.
    Asked(usize),
}

/// What came of it.
pub struct Outcome {
    /// From the first request to the last answer.
    pub elapsed: Duration,
    answers: Vec<(StatusCode, Duration)>,
}

/// A client that keeps its connections.
pub fn client() -> anyhow::Result<Client> {
    Ok(platform::client::http_client(Duration::from_secs(5))?)
}

/// Sends a request; the status and the body. Fails if they do not come.
pub async fn send(request: RequestBuilder) -> anyhow::Result<(StatusCode, Value)> {
    let response = request.timeout(PATIENCE).send().await?;
    let (status, body) = (response.status(), response.bytes().await?);
    Ok((status, serde_json::from_slice(&body).unwrap_or(Value::Null)))
}

/// Each client asks, and asks again as soon as it is answered; all at the same time.
pub async fn closed_loop<C>(
    clients: &mut [C],
    until: Until,
    ask: impl AsyncFn(&mut C) -> anyhow::Result<StatusCode>,
) -> anyhow::Result<Outcome> {
    let started = Instant::now();
    let clients = clients.iter_mut().map(async |client| {
        let mut answers = Vec::new();
        loop {
            let asked = Instant::now();
            let status = ask(client).await?;
            answers.push((status, asked.elapsed()));
            let is_over = match until {
                Until::Elapsed(time) => started.elapsed() >= time,
                Until::Asked(times) => answers.len() >= times,
            };
            if is_over {
                return anyhow::Ok(answers);
            }
        }
    });
    let answers = try_join_all(clients).await?.concat();
    Ok(Outcome { elapsed: started.elapsed(), answers })
}

/// One client asks again and again at a steady pace, for so long. An answer's time counts from when it was due to be asked
/// for, so that what a slow one delays counts too.
pub async fn paced(
    pace: Duration,
    how_long: Duration,
    ask: impl AsyncFn() -> anyhow::Result<StatusCode>,
) -> anyhow::Result<Outcome> {
    let (started, mut answers) = (Instant::now(), Vec::new());
    let mut turns = interval(pace);
    while started.elapsed() < how_long {
        let due = turns.tick().await;
        let status = ask().await?;
        answers.push((status, due.elapsed()));
    }
    Ok(Outcome { elapsed: started.elapsed(), answers })
}

/// The time that so many of a hundred did not take longer than.
pub fn within(mut times: Vec<Duration>, of_hundred: usize) -> Duration {
    times.sort_unstable();
    let place = (times.len() * of_hundred).div_ceil(100).saturating_sub(1);
    times.get(place).copied().unwrap_or_default()
}

/// The one in the middle.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

impl Outcome {
    /// Several, as if they had been one after the other.
    pub fn joined(outcomes: Vec<Self>) -> Self {
        let elapsed = outcomes.iter().map(|outcome| outcome.elapsed).sum();
        let answers = outcomes.into_iter().flat_map(|outcome| outcome.answers).collect();
        Self { elapsed, answers }
    }

    /// How many were answered.
    pub fn len(&self) -> usize {
        self.answers.len()
    }

    /// How many were answered so.
    pub fn count(&self, status: StatusCode) -> usize {
        self.answers.iter().filter(|(answer, _)| *answer == status).count()
    }

    /// How many a second.
    pub fn per_second(&self) -> f64 {
        self.answers.len() as f64 / self.elapsed.as_secs_f64()
    }

    /// The time within which 99 of 100 were answered.
    pub fn p99(&self) -> Duration {
        self.within(99)
    }

    /// The time within which 95 of 100 were answered.
    pub fn p95(&self) -> Duration {
        self.within(95)
    }

    fn within(&self, of_hundred: usize) -> Duration {
        within(self.answers.iter().map(|(_, time)| *time).collect(), of_hundred)
    }

    /// Fails if any was answered otherwise.
    pub fn all(self, status: StatusCode) -> anyhow::Result<Self> {
        let others = self.answers.len() - self.count(status);
        anyhow::ensure!(others == 0, "{others} of {} were not {status}", self.answers.len());
        Ok(self)
    }
}
