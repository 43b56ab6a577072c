//! Signing in and staying so: what hashing leaves of the CPU to auth-service and to those beside it, and how many refreshes.

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
/// A page of them.
const PROJECTS: usize = 20;
const REFRESHES: Duration = Duration::from_secs(10);

/// Prints four rows.
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
    let project = Process::start(
        "project-service",
        &[],
        &[
            ("DATABASE_URL", database.url().to_owned()),
            ("AUTH_SERVICE_URL", auth.base_url.clone()),
            ("OMNICHAT__RATE_LIMITS__ENABLED", "false".to_owned()),
        ],
    )?;
    let http = client()?;
    let emails = accounts::register(&http, &auth, PEOPLE).await?;
    let token = accounts::sign_in(&http, &auth, &emails[0], "accessToken").await?;
    let reader = Reader { http: http.clone(), project, token };
    reader.create().await?;
    logins(&http, &auth, &emails, &reader).await?;
    refreshes(&http, &auth, &emails).await
}

/// Somebody who looks at the list of projects while others sign in.
struct Reader {
    http: Client,
    project: Process,
    token: String,
}

impl Reader {
    async fn create(&self) -> anyhow::Result<()> {
        for _ in 0..PROJECTS {
            let request = self.http.post(self.project.url("/projects")).bearer_auth(&self.token);
            let (status, answer) = send(request.json(&json!({"name": "Bees"}))).await?;
            anyhow::ensure!(status == StatusCode::CREATED, "a project: {status} {answer}");
        }
        Ok(())
    }

    async fn read(&self) -> anyhow::Result<Outcome> {
        let list = async || {
            let request = self.http.get(self.project.url("/projects")).bearer_auth(&self.token);
            Ok(send(request).await?.0)
        };
        paced(PROBES, LOGINS, list).await?.all(StatusCode::OK)
    }
}

async fn logins(
    http: &Client,
    auth: &Process,
    emails: &[String],
    reader: &Reader,
) -> anyhow::Result<()> {
    let idle = reader.read().await?;
    let before = hash::cpu_time()?;
    let busy = auth.cpu_time()?;
    let ((logins, probes), reads) = try_join!(storm(http, auth, emails), reader.read())?;
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
    let ratio = reads.p99().as_secs_f64() / idle.p99().as_secs_f64();
    row(
        "project-service: p99 of `GET /projects` meanwhile, against before",
        &format!(
            "{ratio:.2} ({:.1} against {:.1} ms)",
            reads.p99().as_secs_f64() * 1e3,
            idle.p99().as_secs_f64() * 1e3
        ),
        "≤ 3",
        ratio <= 3.0,
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
