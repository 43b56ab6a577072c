//! What a run stands on: replicas of chat-service over one database, a model that answers slowly enough to be interrupted, and
//! people.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use mock_llm::{MockLlm, Options, Script};
use rand::RngExt;
use rand::rngs::SmallRng;
use sea_orm::{ConnectionTrait, Database, DatabaseConnection};
use serde_json::json;
use testkit::{Actor, Engine, JWT_SECRETS, KEY_ENCRYPTION_KEYS, People, TestDatabase};
use tokio::time::sleep;

use super::replica::Replica;
use super::{Sent, checker, plan};

/// Who is asked, each over another wire.
pub const MODELS: [&str; 3] = ["llama-3.3-70b", "claude-haiku", "gemini"];

/// What their providers call them, and how long each takes for a word.
const PACES: [(&str, Duration); 3] = [
    ("llama-3.3-70b-versatile", Duration::from_millis(1)),
    ("claude-haiku-4-5", Duration::from_millis(15)),
    ("gemini-2.5-flash", Duration::from_millis(40)),
];

/// What a service promises after a crash.
const INTERRUPTED_WITHIN: Duration = Duration::from_secs(30);

/// Where nothing listens.
const NOWHERE: &str = "http://127.0.0.1:9";

/// How often to look at what must become true.
const LOOK: Duration = Duration::from_millis(20);

/// Gone, with all that it started, when dropped.
pub struct Scene {
    pub model: MockLlm,
    /// For the checker.
    pub database: DatabaseConnection,
    people: People,
    variables: Vec<(&'static str, String)>,
    replicas: Vec<Mutex<Option<Replica>>>,
    /// When the process at an address was killed.
    killed: Mutex<HashMap<String, Instant>>,
    questions: AtomicUsize,
    _database: Option<TestDatabase>,
}

impl Scene {
    /// So many replicas over a new database.
    pub async fn set(replicas: usize, more: Vec<(&'static str, String)>) -> Self {
        let database = TestDatabase::new(Engine::Postgres).await;
        let urls = vec![database.url(); replicas];
        let mut scene = Self::over(&urls, more).await;
        scene._database = Some(database);
        scene
    }

    /// A replica over each address of one database; the checker takes the first.
    pub async fn over(urls: &[&str], more: Vec<(&'static str, String)>) -> Self {
        let model = MockLlm::launch(Options { log: usize::MAX, ..Options::default() }).await;
        let model = model.unwrap();
        for (name, pace) in PACES {
            model.script_for(name, Script::echo().pace(pace));
        }
        let variables = [variables(&model), more].concat();
        let replicas = urls.iter().map(|url| {
            let database = ("DATABASE_URL", (*url).to_owned());
            Replica::start([variables.clone(), vec![database]].concat())
        });
        let replicas = join_all(replicas).await.into_iter().map(Some).map(Mutex::new).collect();
        Self {
            database: Database::connect(urls[0]).await.unwrap(),
            people: People::new(),
            variables: [variables, vec![("DATABASE_URL", urls[0].to_owned())]].concat(),
            killed: Mutex::default(),
            questions: AtomicUsize::new(1),
            model,
            replicas,
            _database: None,
        }
    }

    /// Somebody new.
    pub fn somebody(&self) -> Actor {
        self.people.somebody("")
    }

    /// Something to ask that nobody has asked before, of 1 to `words` words.
    pub fn question(&self, random: &mut SmallRng, words: usize) -> String {
        let number = self.questions.fetch_add(1, Ordering::Relaxed);
        let count = random.random_range(1..=words);
        format!("#{number} {}", plan::words(random, count))
    }

    /// The address of a process that lives, as far as is known; waits for one if need be.
    pub async fn address(&self, random: &mut SmallRng) -> String {
        loop {
            let living: Vec<String> = self
                .replicas
                .iter()
                .filter_map(|replica| Some(replica.lock().unwrap().as_ref()?.base_url.clone()))
                .collect();
            if !living.is_empty() {
                return living[random.random_range(0..living.len())].clone();
            }
            sleep(LOOK).await;
        }
    }

    /// How many replicas there are.
    pub fn size(&self) -> usize {
        self.replicas.len()
    }

    /// Kills a replica's process; when that was.
    pub fn kill(&self, index: usize) -> Instant {
        let replica = self.replicas[index].lock().unwrap().take().unwrap();
        let now = Instant::now();
        self.killed.lock().unwrap().insert(replica.base_url.clone(), now);
        tokio::task::block_in_place(|| drop(replica));
        now
    }

    /// Starts another process in the place of one that was killed.
    pub async fn restart(&self, index: usize) {
        let replica = Replica::start(self.variables.clone()).await;
        *self.replicas[index].lock().unwrap() = Some(replica);
    }

    /// When the process at `address` was killed, if it was.
    pub fn killed_at(&self, address: &str) -> Option<Instant> {
        self.killed.lock().unwrap().get(address).copied()
    }

    /// A new conversation of somebody's.
    pub async fn conversation(&self, user: &Actor, random: &mut SmallRng) -> String {
        let body = json!({"model": MODELS[random.random_range(0..MODELS.len())]});
        loop {
            let user = user.at(&self.address(random).await);
            let request = user.request(reqwest::Method::POST, "/conversations").json(&body);
            // The process may be killed, and the database be away.
            if let Ok(response) = request.send().await
                && let Ok(answer) = response.json::<serde_json::Value>().await
                && let Some(id) = answer["data"]["conversation"]["id"].as_str()
            {
                return id.to_owned();
            }
            sleep(LOOK).await;
        }
    }

    /// Waits until no reply is running any more, which must be soon after `since`.
    pub async fn settled(&self, since: Instant) {
        let running =
            "SELECT 1 AS one FROM chat.messages WHERE status IN ('pending', 'streaming') LIMIT 1";
        loop {
            let statement = sea_orm::Statement::from_string(sea_orm::DbBackend::Postgres, running);
            if self.database.query_one_raw(statement).await.unwrap().is_none() {
                return;
            }
            assert!(since.elapsed() < INTERRUPTED_WITHIN, "a reply is still running");
            sleep(LOOK).await;
        }
    }

    /// Fails the run if the checker has anything to object.
    pub async fn check(&self, story: &[Sent]) {
        let objections = checker::objections(&self.database, &self.model.requests(), story).await;
        assert!(objections.is_empty(), "{}", objections.join("\n"));
    }
}

fn variables(model: &MockLlm) -> Vec<(&'static str, String)> {
    let set = |name, value: &str| (name, value.to_owned());
    vec![
        set("HOST", "127.0.0.1"),
        set("PORT", "0"),
        set("JWT_SECRETS", JWT_SECRETS),
        set("KEY_ENCRYPTION_KEYS", KEY_ENCRYPTION_KEYS),
        set("AUTH_SERVICE_URL", NOWHERE),
        set("PROJECT_SERVICE_URL", NOWHERE),
        set("GROQ_BASE_URL", &model.base_url()),
        set("GROQ_API_KEY", "sk-soak"),
        set("ANTHROPIC_BASE_URL", &model.url()),
        set("ANTHROPIC_API_KEY", "sk-soak"),
        set("GOOGLE_BASE_URL", &model.url()),
        set("GOOGLE_API_KEY", "sk-soak"),
        set("RUST_LOG", &log()),
        set("OMNICHAT__SERVER__WORKERS", "2"),
        set("OMNICHAT__RATE_LIMITS__ENABLED", "false"),
        set("OMNICHAT__GENERATION__STREAMS_PER_USER", "1000"),
        set("OMNICHAT__MODELS__DISCOVER_SECONDS", "0"),
        set("OMNICHAT__CONTEXT__SUMMARIZE_AT", "0"),
    ]
}

/// What the processes say of themselves: nothing, unless somebody looks for the cause of an objection.
#[expect(clippy::disallowed_methods, reason = "a test's setting, not a service's")]
fn log() -> String {
    std::env::var("SOAK_LOG").unwrap_or_else(|_| "off".to_owned())
}
