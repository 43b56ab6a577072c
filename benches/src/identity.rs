//! Signing in and staying so: what auth-service does with the CPU that hashing leaves it, and how many refreshes.

use std::time::Duration;

use reqwest::{Client, StatusCode};
use serde_json::json;
use testkit::{Engine, TestDatabase};
use tokio::try_join;

use crate::accounts::{self, PASSWORD};
use crate::hash;
use crate::load::{Outcome, Until, client, closed_loop, paced, send};
use crate::process::Process;
use crate::table::row;

/// Enough to keep the hashing threads busy, and few enough to find a place in the queue.
const PEOPLE: usize = 24;
const LOGINS: Duration = Duration::from_secs(15);
const PROBES: Duration = Duration::from_millis(20);
const REFRESHES: Duration = Duration::from_secs(10);

/// Prints three rows.
pub async fn measure() -> anyhow::Result<()> {
    let database = TestDatabase::new(Engine::Postgres).await;
    let auth = Process::start(
        "auth-service",
        &[],
        &[
            ("DATABASE_URL", database.url().to_owned()),
            ("OMNICHAT__REGISTRATION__MODE", "open".to_owned()),
            ("OMNICHAT__RATE_LIMITS__ENABLED", "false".to_owned()),
        ],
    )?;
    let http = client()?;
    let emails = accounts::register(&http, &auth, PEOPLE).await?;
    logins(&http, &auth, &emails).await?;
    refreshes(&http, &auth, &emails).await
}

async fn logins(http: &Client, auth: &Process, emails: &[String]) -> anyhow::Result<()> {
    let before = hash::cpu_time()?;
    let busy = auth.cpu_time()?;
    let (logins, probes) = storm(http, auth, emails).await?;
    let busy = auth.cpu_time()? - busy;
    let one = before.min(hash::cpu_time()?);

    let threads = std::thread::available_parallelism()?.get().saturating_sub(1).max(1);
    let possible = threads as f64 / one.as_secs_f64();
    let share = logins.per_second() / possible;
    let each = busy.as_secs_f64() * 1e3 / logins.count(StatusCode::OK) as f64;
    row(
        "auth-service: logins a second, against hashing threads ÷ CPU time of one hash",
        &format!(
            "{share:.2} ({:.1} against {threads} ÷ {} ms; CPU {each:.0} ms a login)",
            logins.per_second(),
            one.as_millis()
        ),
        "≥ 0.9",
        share >= 0.9,
    );
    row(
        "auth-service: `/health/live` meanwhile, p99",
        &format!("{:.1} ms", probes.p99().as_secs_f64() * 1e3),
        "≤ 50 ms",
        probes.p99() <= Duration::from_millis(50),
    );
    Ok(())
}

/// Everybody signs in again and again, while somebody asks whether the process lives.
async fn storm(
    http: &Client,
    auth: &Process,
    emails: &[String],
) -> anyhow::Result<(Outcome, Outcome)> {
    let mut people = emails.to_vec();
    let logins = closed_loop(&mut people, Until::Elapsed(LOGINS), async |email| {
        let body = json!({"email": email, "password": PASSWORD});
        Ok(send(http.post(auth.url("/auth/login")).json(&body)).await?.0)
    });
    let probes =
        paced(PROBES, LOGINS, async || Ok(send(http.get(auth.url("/health/live"))).await?.0));
    let (logins, probes) = try_join!(logins, probes)?;
    Ok((logins.all(StatusCode::OK)?, probes.all(StatusCode::OK)?))
}

/// Each session spends its token for the next, and that for the next.
async fn refreshes(http: &Client, auth: &Process, emails: &[String]) -> anyhow::Result<()> {
    let mut tokens = Vec::new();
    for email in emails {
        tokens.push(accounts::sign_in(http, auth, email, "refreshToken").await?);
    }
    let busy = auth.cpu_time()?;
    let refreshes = closed_loop(&mut tokens, Until::Elapsed(REFRESHES), async |token| {
        let body = json!({"refreshToken": token});
        let (status, answer) = send(http.post(auth.url("/auth/refresh")).json(&body)).await?;
        if status == StatusCode::OK {
            *token = accounts::token(&answer, "refreshToken")?;
        }
        Ok(status)
    })
    .await?
    .all(StatusCode::OK)?;
    let each =
        (auth.cpu_time()? - busy).as_secs_f64() * 1e6 / refreshes.count(StatusCode::OK) as f64;
    row(
        &format!("auth-service: refreshes a second, {} sessions at a time", tokens.len()),
        &format!(
            "{:.0} (p99 {:.0} ms; CPU {each:.0} µs each)",
            refreshes.per_second(),
            refreshes.p99().as_secs_f64() * 1e3
        ),
        "≥ 600",
        refreshes.per_second() >= 600.0,
    );
    Ok(())
}
