//! Plain requests against what the database alone can do: project-service and `pgbench`, in turns, on the same tables.

use std::time::Duration;

use reqwest::{Client, RequestBuilder, StatusCode};
use serde_json::json;
use testkit::TestDatabase;

use crate::load::{Outcome, Until, client, closed_loop, median, send};
use crate::people::{Person, people};
use crate::pgbench;
use crate::process::Process;
use crate::stage::durable;
use crate::table::row;

/// After a first round for warming up.
const ROUNDS: usize = 3;
const ROUND: Duration = Duration::from_secs(5);

const ROWS: usize = 20;
const READERS: usize = 16;
const WRITERS: usize = 32;

/// A project-service and its database.
struct Scene {
    http: Client,
    service: Process,
    database: TestDatabase,
}

/// What came of one round: requests, `pgbench`'s statements, and CPU time of a request in seconds.
struct Round {
    requests: f64,
    statements: f64,
    cpu: f64,
}

/// Prints two rows.
pub async fn measure() -> anyhow::Result<()> {
    let database = durable().await?;
    let shared = [
        ("DATABASE_URL", database.url().to_owned()),
        ("OMNICHAT__RATE_LIMITS__ENABLED", "false".to_owned()),
    ];
    let auth = Process::start("auth-service", &[], &shared)?;
    let own = [("AUTH_SERVICE_URL", auth.base_url.clone())];
    let service = Process::start("project-service", &[], &[&shared[..], &own].concat())?;
    let scene = Scene { http: client()?, service, database };
    scene.read().await?;
    scene.write().await
}

impl Scene {
    async fn read(&self) -> anyhow::Result<()> {
        let reader = &people(1)?[0];
        closed_loop(&mut [reader], Until::Asked(ROWS), async |reader| {
            Ok(send(self.create(reader)).await?.0)
        })
        .await?
        .all(StatusCode::CREATED)?;
        let list = || self.http.get(self.service.url("/projects")).bearer_auth(&reader.token);
        // The page that the service asks for: one row more, which says whether there is a next page.
        let statement = format!(
            "SELECT id, user_id, name, description, prompt_count, prompts_revision, created_at, updated_at \
             FROM project.projects WHERE user_id = '{}' ORDER BY updated_at DESC, id DESC LIMIT {}",
            reader.id,
            ROWS + 1
        );
        let requests: Vec<_> = (0..READERS).map(|_| list()).collect();
        let rounds = self.rounds(&requests, StatusCode::OK, &statement).await?;
        report(
            &format!("`GET /projects` with {ROWS} rows, a second, {READERS} at a time"),
            "the query",
            &rounds,
            0.5,
        );
        Ok(())
    }

    async fn write(&self) -> anyhow::Result<()> {
        let writers = people(WRITERS)?;
        let requests: Vec<_> = writers.iter().map(|writer| self.create(writer)).collect();
        let statement = format!(
            "INSERT INTO project.projects \
             (id, user_id, name, description, prompt_count, prompts_revision, created_at, updated_at) \
             VALUES (gen_random_uuid(), '{}', 'Bees', NULL, 0, 0, now(), now())",
            people(1)?[0].id
        );
        let rounds = self.rounds(&requests, StatusCode::CREATED, &statement).await?;
        report(
            &format!("`POST /projects`, a second, {WRITERS} at a time"),
            "single inserts",
            &rounds,
            0.6,
        );
        Ok(())
    }

    fn create(&self, person: &Person) -> RequestBuilder {
        let request = self.http.post(self.service.url("/projects"));
        request.bearer_auth(&person.token).json(&json!({"name": "Bees"}))
    }

    /// Each client sends its request again and again; then as many of `pgbench`'s the statement.
    async fn rounds(
        &self,
        requests: &[RequestBuilder],
        status: StatusCode,
        statement: &str,
    ) -> anyhow::Result<Vec<Round>> {
        let mut rounds = Vec::new();
        for number in 0..=ROUNDS {
            let busy = self.service.cpu_time()?;
            let outcome = ask(requests).await?.all(status)?;
            let busy = self.service.cpu_time()? - busy;
            let url = self.database.url();
            let statements = pgbench::per_second(url, statement, requests.len(), ROUND).await?;
            // The first is for warming up.
            if number > 0 {
                let cpu = busy.as_secs_f64() / outcome.len() as f64;
                rounds.push(Round { requests: outcome.per_second(), statements, cpu });
            }
        }
        Ok(rounds)
    }
}

async fn ask(requests: &[RequestBuilder]) -> anyhow::Result<Outcome> {
    let mut clients: Vec<_> = requests.iter().collect();
    closed_loop(&mut clients, Until::Elapsed(ROUND), async |request| {
        let request = request.try_clone().ok_or_else(|| anyhow::anyhow!("its body is bytes"))?;
        Ok(send(request).await?.0)
    })
    .await
}

fn report(what: &str, yardstick: &str, rounds: &[Round], goal: f64) {
    let of = |of: fn(&Round) -> f64| median(rounds.iter().map(of).collect());
    let ratio = of(|round| round.requests / round.statements);
    row(
        &format!("project-service: {what}, against {yardstick} in `pgbench`"),
        &format!(
            "{ratio:.2} ({:.0} against {:.0}; CPU {:.0} µs each)",
            of(|round| round.requests),
            of(|round| round.statements),
            of(|round| round.cpu) * 1e6
        ),
        &format!("≥ {goal}"),
        ratio >= goal,
    );
}
