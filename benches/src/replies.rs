//! Replies: what a dead provider does to those of another, and what many that hang do to everything else.

use std::time::Duration;

use anyhow::Context as _;
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use mock_llm::{Break, Fault, MockLlm, Options, Script};
use reqwest::{Client, RequestBuilder, StatusCode};
use sea_orm::{ConnectionTrait as _, Database, DatabaseConnection};
use serde_json::{Value, json};
use testkit::{Engine, TestDatabase};
use tokio::time::{Instant, interval, sleep};
use tokio::try_join;

use crate::accounts;
use crate::load::{Outcome, Until, client, closed_loop, paced, send};
use crate::process::Process;
use crate::table::row;
use crate::wait;

/// Answers, and is asked by these.
const ALIVE: &str = "gpt-4o-mini";
const TALKERS: usize = 8;
/// One answers nothing, at the other nothing listens; each is asked by so many, with a pause after each failure.
const DEAD: [&str; 2] = ["claude-haiku", "gemini"];
const UNLUCKY: usize = 4;
const PAUSE: Duration = Duration::from_millis(500);
/// With and without them in turns, so that what else changes meanwhile changes both.
const ROUNDS: usize = 4;
const ROUND: Duration = Duration::from_secs(5);

const HANGING: usize = 1_000;
const AT_ONCE: usize = 16;
const READS: Duration = Duration::from_millis(10);
const READING: Duration = Duration::from_secs(10);
/// How often it is looked whether a connection is held, and how long one may be in a transaction.
const LOOKS: Duration = Duration::from_millis(200);
const LONG: &str = "1 second";

/// A chat-service and its providers.
struct Scene {
    http: Client,
    chat: Process,
    /// Gives the tokens' sessions, of which chat-service asks.
    _auth: Process,
    token: String,
    alive: MockLlm,
    _silent: MockLlm,
    database: TestDatabase,
}

/// Prints three rows.
pub async fn measure() -> anyhow::Result<()> {
    let scene = Scene::set().await?;
    scene.dead_provider().await?;
    scene.many_hanging().await
}

impl Scene {
    async fn set() -> anyhow::Result<Self> {
        // A file descriptor is spared for each connection.
        let launch = || MockLlm::launch(Options { resets: false, ..Options::default() });
        let (alive, silent) = try_join!(launch(), launch())?;
        alive.default_script(Script::generated(20).pace(Duration::from_millis(5)));
        silent.default_script(Script::default().fault(Fault::BeforeHead(Break::Silence)));

        let database = TestDatabase::new(Engine::Postgres).await;
        let shared = [
            ("DATABASE_URL", database.url().to_owned()),
            ("OMNICHAT__REGISTRATION__MODE", "open".to_owned()),
            ("OMNICHAT__RATE_LIMITS__ENABLED", "false".to_owned()),
        ];
        let auth = Process::start("auth-service", &[], &shared)?;
        let own = [
            ("AUTH_SERVICE_URL", auth.base_url.clone()),
            ("OPENAI_BASE_URL", alive.base_url()),
            ("OPENAI_API_KEY", "sk-bench".to_owned()),
            ("ANTHROPIC_BASE_URL", silent.url()),
            ("ANTHROPIC_API_KEY", "sk-ant-bench".to_owned()),
            ("GOOGLE_BASE_URL", "http://127.0.0.1:9".to_owned()),
            ("GOOGLE_API_KEY", "bench".to_owned()),
            // Each failure would be a line.
            ("RUST_LOG", "off".to_owned()),
            ("OMNICHAT__GENERATION__FIRST_TOKEN_SECONDS", "3".to_owned()),
            ("OMNICHAT__GENERATION__STREAMS_PER_USER", "2000".to_owned()),
        ];
        let chat = Process::start("chat-service", &[], &[&shared[..], &own].concat())?;
        let http = client()?;
        let email = &accounts::register(&http, &auth, 1).await?[0];
        let token = accounts::sign_in(&http, &auth, email, "accessToken").await?;
        Ok(Self { http, chat, _auth: auth, token, alive, _silent: silent, database })
    }

    /// Sends a request as the one person that there is.
    async fn send(&self, request: RequestBuilder) -> anyhow::Result<(StatusCode, Value)> {
        send(request.bearer_auth(&self.token)).await
    }

    /// A new conversation's address for messages.
    async fn conversation(&self, model: &str) -> anyhow::Result<String> {
        let request =
            self.http.post(self.chat.url("/conversations")).json(&json!({"model": model}));
        let (status, answer) = self.send(request).await?;
        let id = answer["data"]["conversation"]["id"].as_str();
        let id = id.with_context(|| format!("a conversation: {status} {answer}"))?;
        Ok(self.chat.url(&format!("/conversations/{id}/messages")))
    }

    /// A whole turn: a new conversation, a message, and its reply.
    async fn turn(&self, model: &str) -> anyhow::Result<StatusCode> {
        let address = self.conversation(model).await?;
        Ok(self.send(self.http.post(address).json(&json!({"content": "Hello"}))).await?.0)
    }

    async fn dead_provider(&self) -> anyhow::Result<()> {
        let (mut alone, mut beside, mut failures) = (Vec::new(), Vec::new(), 0);
        for round in 0..=ROUNDS {
            let (without, (with, failed)) =
                (self.talk().await?, try_join!(self.talk(), self.fail())?);
            // The first is for warming up.
            if round > 0 {
                alone.push(without);
                beside.push(with);
                failures += failed;
            }
        }
        let (alone, beside) = (Outcome::joined(alone), Outcome::joined(beside));
        let ratio = beside.p99().as_secs_f64() / alone.p99().as_secs_f64();
        row(
            "chat-service: p99 of whole replies while two other providers are dead, against without",
            &format!(
                "{ratio:.2} ({:.0} against {:.0} ms; {failures} replies of the dead failed meanwhile)",
                beside.p99().as_secs_f64() * 1e3,
                alone.p99().as_secs_f64() * 1e3,
            ),
            "< 1.10",
            ratio < 1.10,
        );
        Ok(())
    }

    /// Replies of the provider that lives.
    async fn talk(&self) -> anyhow::Result<Outcome> {
        let mut talkers = [(); TALKERS];
        let ask = async |_: &mut ()| self.turn(ALIVE).await;
        closed_loop(&mut talkers, Until::Elapsed(ROUND), ask).await?.all(StatusCode::OK)
    }

    /// Replies of those that do not; how many there were.
    async fn fail(&self) -> anyhow::Result<usize> {
        let mut unlucky: Vec<_> = DEAD.into_iter().cycle().take(DEAD.len() * UNLUCKY).collect();
        let ask = async |model: &mut &str| {
            let status = self.turn(model).await?;
            sleep(PAUSE).await;
            Ok(status)
        };
        let outcome = closed_loop(&mut unlucky, Until::Elapsed(ROUND), ask).await?;
        anyhow::ensure!(outcome.count(StatusCode::OK) == 0, "a dead provider has answered");
        Ok(outcome.len())
    }

    async fn many_hanging(&self) -> anyhow::Result<()> {
        let conversations: Vec<_> = stream::iter(0..HANGING)
            .map(|_| self.conversation(ALIVE))
            .buffer_unordered(AT_ONCE)
            .try_collect()
            .await?;
        let idle = self.read().await?;

        self.alive.default_script(Script::generated(20).fault(Fault::Silence { after_tokens: 1 }));
        let before = self.alive.stats().open;
        let begin = async |address: &String| {
            let body = json!({"content": "Hello", "stream": true});
            let request = self.http.post(address).bearer_auth(&self.token).json(&body);
            // The head comes once the reply is stored. Who leaves then loses nothing, and the reply goes on.
            let status = request.send().await?.status();
            anyhow::ensure!(status == StatusCode::OK, "beginning a reply: {status}");
            Ok(())
        };
        let begun = stream::iter(&conversations).map(begin).buffer_unordered(AT_ONCE);
        begun.try_collect::<()>().await?;
        let open = || self.alive.stats().open - before;
        wait::until("all replies hang", async || Ok(open() == HANGING)).await?;

        let database = Database::connect(self.database.url()).await?;
        let (busy, (held, looks)) = try_join!(self.read(), held(&database))?;
        anyhow::ensure!(open() == HANGING, "{} of {HANGING} replies hang still", open());
        row(
            &format!(
                "chat-service: database connections held over {LONG} with {HANGING} replies hanging"
            ),
            &format!("{held} (seen {looks} times)"),
            "0",
            held == 0,
        );
        let ratio = busy.p99().as_secs_f64() / idle.p99().as_secs_f64();
        row(
            "chat-service: p99 of `GET /conversations` meanwhile, against before",
            &format!(
                "{ratio:.2} ({:.1} against {:.1} ms)",
                busy.p99().as_secs_f64() * 1e3,
                idle.p99().as_secs_f64() * 1e3
            ),
            "≤ 2",
            ratio <= 2.0,
        );
        Ok(())
    }

    async fn read(&self) -> anyhow::Result<Outcome> {
        let ask = async || Ok(self.send(self.http.get(self.chat.url("/conversations"))).await?.0);
        paced(READS, READING, ask).await?.all(StatusCode::OK)
    }
}

/// How many connections were in a transaction for long, whenever it was looked, and how often that was.
async fn held(database: &DatabaseConnection) -> anyhow::Result<(i64, usize)> {
    let (mut held, mut looks) = (0, 0);
    let (started, mut turns) = (Instant::now(), interval(LOOKS));
    while started.elapsed() < READING {
        turns.tick().await;
        let statement = format!(
            "SELECT count(*) AS held FROM pg_stat_activity WHERE datname = current_database() \
             AND pid <> pg_backend_pid() AND xact_start < clock_timestamp() - interval '{LONG}'"
        );
        let found = database.query_one_raw(sea_orm::Statement::from_string(
            sea_orm::DbBackend::Postgres,
            statement,
        ));
        held += found.await?.context("a row")?.try_get::<i64>("", "held")?;
        looks += 1;
    }
    Ok((held, looks))
}
