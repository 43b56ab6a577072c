//! Limits: whether several processes together admit what one would, and what a refusal costs.

use std::time::Duration;

use reqwest::{Client, StatusCode};
use serde_json::json;
use testkit::{Engine, TestDatabase};

use crate::accounts;
use crate::hash;
use crate::load::{Until, client, closed_loop, send};
use crate::process::Process;
use crate::table::row;

const GUESSES: usize = 200;
const GUESSES_ADMITTED: usize = 10;
const CREATIONS: usize = 2_000;
const CREATIONS_A_MINUTE: usize = 500;
const CLIENTS: usize = 50;
const CALLERS: [usize; 2] = [16, 64];
const REFUSALS: Duration = Duration::from_secs(5);

/// Prints four rows.
pub async fn measure() -> anyhow::Result<()> {
    let http = client()?;
    guesses(&http).await?;
    creations(&http).await?;
    refusals(&http).await
}

/// Many wrong passwords for one account, all at once, at three processes.
async fn guesses(http: &Client) -> anyhow::Result<()> {
    let database = TestDatabase::new(Engine::Postgres).await;
    let processes = replicas("auth-service", 3, &database, &[("LOG_IN", 1_000_000)])?;
    let email = &accounts::register(http, &processes[0], 1).await?[0];

    let one = hash::cpu_time()?;
    let busy = cpu_time(&processes)?;
    let mut clients: Vec<_> = processes.iter().cycle().take(GUESSES).collect();
    let guesses = closed_loop(&mut clients, Until::Asked(1), async |process| {
        let body = json!({"email": email, "password": "correct house battery staple"});
        Ok(send(http.post(process.url("/auth/login")).json(&body)).await?.0)
    })
    .await?;
    let at_most = (cpu_time(&processes)? - busy).as_secs_f64() / one.as_secs_f64();

    let hashed = guesses.count(StatusCode::UNAUTHORIZED);
    let refused = guesses.count(StatusCode::TOO_MANY_REQUESTS);
    row(
        &format!("auth-service × 3: of {GUESSES} wrong passwords at once for one account, hashed"),
        &format!("{hashed} ({refused} refused; CPU time of {at_most:.1} hashes in all)"),
        &format!("≤ {GUESSES_ADMITTED}"),
        hashed <= GUESSES_ADMITTED && hashed + refused == GUESSES,
    );
    Ok(())
}

/// More than a person may make, at four processes.
async fn creations(http: &Client) -> anyhow::Result<()> {
    let database = TestDatabase::new(Engine::Postgres).await;
    let auth = replicas("auth-service", 1, &database, &[])?;
    let email = &accounts::register(http, &auth[0], 1).await?[0];
    let token = accounts::sign_in(http, &auth[0], email, "accessToken").await?;
    drop(auth);
    let processes =
        replicas("project-service", 4, &database, &[("CREATE_PROJECT", CREATIONS_A_MINUTE)])?;

    let mut clients: Vec<_> = processes.iter().cycle().take(CLIENTS).collect();
    let each = Until::Asked(CREATIONS / CLIENTS);
    let creations = closed_loop(&mut clients, each, async |process| {
        let body = json!({"name": "Bees"});
        Ok(send(http.post(process.url("/projects")).bearer_auth(&token).json(&body)).await?.0)
    })
    .await?;

    let admitted = creations.count(StatusCode::CREATED);
    let refused = creations.count(StatusCode::TOO_MANY_REQUESTS);
    let seconds = creations.elapsed.as_secs_f64();
    // One more for each interval that has passed, as the clock of one process would have it.
    let bound = CREATIONS_A_MINUTE + (seconds * CREATIONS_A_MINUTE as f64 / 60.0) as usize + 1;
    row(
        &format!(
            "project-service × 4: of {CREATIONS} projects against {CREATIONS_A_MINUTE} a minute, admitted"
        ),
        &format!("{admitted} (in {seconds:.1} s; {refused} refused)"),
        &format!("{CREATIONS_A_MINUTE} to {bound}"),
        (CREATIONS_A_MINUTE..=bound).contains(&admitted) && admitted + refused == CREATIONS,
    );
    Ok(())
}

/// Logins of an address that has had its share, first few and then many at a time.
async fn refusals(http: &Client) -> anyhow::Result<()> {
    let database = TestDatabase::new(Engine::Postgres).await;
    let auth = replicas("auth-service", 1, &database, &[("LOG_IN", 1)])?.remove(0);
    let log_in = async |_: &mut ()| {
        let body = json!({"email": "nobody@example.org", "password": "correct horse"});
        Ok(send(http.post(auth.url("/auth/login")).json(&body)).await?.0)
    };
    // The one that may pass; the next may in a minute.
    closed_loop(&mut [()], Until::Asked(1), log_in).await?.all(StatusCode::UNAUTHORIZED)?;
    for callers in CALLERS {
        let busy = auth.cpu_time()?;
        let until = Until::Elapsed(REFUSALS);
        let refusals = closed_loop(&mut vec![(); callers], until, log_in).await?;
        let busy = auth.cpu_time()? - busy;

        let refused = refusals.count(StatusCode::TOO_MANY_REQUESTS);
        let hashed = refusals.count(StatusCode::UNAUTHORIZED);
        row(
            &format!("auth-service: logins over the limit, {callers} at a time, p99 of refusals"),
            &format!(
                "{:.1} ms ({:.0} a second, CPU {:.0} µs each, {hashed} hashed)",
                refusals.p99().as_secs_f64() * 1e3,
                refusals.per_second(),
                busy.as_secs_f64() * 1e6 / refused as f64
            ),
            "< 20 ms, 0 hashed",
            refusals.p99() < Duration::from_millis(20) && hashed == 0,
        );
    }
    Ok(())
}

/// Some processes of a service on one database, with limits a minute.
fn replicas(
    program: &str,
    how_many: usize,
    database: &TestDatabase,
    limits: &[(&str, usize)],
) -> anyhow::Result<Vec<Process>> {
    let limits: Vec<_> = limits
        .iter()
        .map(|(operation, limit)| {
            (format!("OMNICHAT__RATE_LIMITS__{operation}"), limit.to_string())
        })
        .collect();
    let mut variables = vec![
        ("DATABASE_URL", database.url().to_owned()),
        ("OMNICHAT__REGISTRATION__MODE", "open".to_owned()),
    ];
    variables.extend(limits.iter().map(|(name, limit)| (name.as_str(), limit.clone())));
    (0..how_many).map(|_| Process::start(program, &[], &variables)).collect()
}

/// What all of them have used.
fn cpu_time(processes: &[Process]) -> anyhow::Result<Duration> {
    processes.iter().map(Process::cpu_time).sum()
}
