//! A chat-service whose database keeps what it commits, and a model server, each in a process of its own.

use anyhow::Context as _;
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use mock_llm::Script;
use reqwest::{Client, RequestBuilder, StatusCode};
use sea_orm::{ConnectionTrait as _, Database, DatabaseConnection};
use serde_json::{Value, json};
use testkit::TestDatabase;

use crate::load::{client, send};
use crate::people::Person;
use crate::process::Process;

/// How many conversations are begun at a time.
const AT_ONCE: usize = 32;

/// What they are, and what they are started with.
pub struct Stage {
    pub http: Client,
    pub chat: Process,
    /// Speaks OpenAI's format.
    pub model: Process,
    /// Tells chat-service which sessions were ended.
    _auth: Process,
    pub database: TestDatabase,
    variables: Vec<(&'static str, String)>,
}

impl Stage {
    /// Starts them, chat-service with some settings of its own.
    pub async fn set(own: &[(&'static str, &str)]) -> anyhow::Result<Self> {
        let database = durable().await?;
        let model = Process::start("mock-llm", &["--no-resets", "--log", "100"], &[])?;
        let mut variables = vec![
            ("DATABASE_URL", database.url().to_owned()),
            ("OMNICHAT__RATE_LIMITS__ENABLED", "false".to_owned()),
        ];
        let auth = Process::start("auth-service", &[], &variables)?;
        variables.extend([
            ("AUTH_SERVICE_URL", auth.base_url.clone()),
            ("OPENAI_BASE_URL", model.url("/v1")),
            ("OPENAI_API_KEY", "sk-bench".to_owned()),
            ("OMNICHAT__GENERATION__STREAMS_PER_USER", "100000".to_owned()),
        ]);
        variables.extend(own.iter().map(|(name, value)| (*name, (*value).to_owned())));
        let chat = Process::start("chat-service", &[], &variables)?;
        Ok(Self { http: client()?, chat, model, _auth: auth, database, variables })
    }

    /// Starts another chat-service on the same database.
    pub fn replica(&self) -> anyhow::Result<Process> {
        Process::start("chat-service", &[], &self.variables)
    }

    /// What the model says from now on.
    pub async fn script(&self, script: &Script) -> anyhow::Result<()> {
        let request = self.http.put(self.model.url("/mock/scripts/default")).json(script);
        let (status, answer) = send(request).await?;
        anyhow::ensure!(status.is_success(), "a script: {status} {answer}");
        Ok(())
    }

    /// How many answers of the model are so: `open`, `clientLeft`.
    pub async fn count(&self, so: &str) -> anyhow::Result<u64> {
        let (_, stats) = send(self.http.get(self.model.url("/mock/stats"))).await?;
        stats[so].as_u64().with_context(|| format!("no {so} in {stats}"))
    }

    /// Begins a conversation; what came of it, and its address for messages.
    pub async fn begin(
        &self,
        person: &Person,
        model: &str,
    ) -> anyhow::Result<(StatusCode, Option<String>)> {
        let request = self.http.post(self.chat.url("/conversations"));
        let request = request.bearer_auth(&person.token).json(&json!({"model": model}));
        let (status, answer) = send(request).await?;
        let id = answer["data"]["conversation"]["id"].as_str();
        Ok((status, id.map(|id| self.chat.url(&format!("/conversations/{id}/messages")))))
    }

    /// The sending of a message in a conversation of a person's, whose reply is streamed.
    pub fn message(&self, address: &str, person: &Person) -> RequestBuilder {
        let body = json!({"content": "Hello", "stream": true});
        self.http.post(address).bearer_auth(&person.token).json(&body)
    }

    /// So many messages for new conversations of each person's, person by person.
    pub async fn messages(
        &self,
        people: &[Person],
        each: usize,
    ) -> anyhow::Result<Vec<Vec<RequestBuilder>>> {
        let begin = async |person: &Person| {
            let (status, address) = self.begin(person, MODEL).await?;
            let address = address.with_context(|| format!("a conversation: {status}"))?;
            anyhow::Ok(self.message(&address, person))
        };
        let of_each = people.iter().flat_map(|person| std::iter::repeat_n(person, each));
        let begun = stream::iter(of_each).map(begin).buffered(AT_ONCE);
        let mut begun = begun.try_collect::<Vec<_>>().await?.into_iter();
        Ok(people.iter().map(|_| begun.by_ref().take(each).collect()).collect())
    }
}

/// Who answers, unless it is said otherwise.
pub const MODEL: &str = "gpt-4o-mini";

/// A database that keeps what it commits; fails on somebody else's server that does not.
pub async fn durable() -> anyhow::Result<TestDatabase> {
    let database = TestDatabase::durable().await;
    let connection = Database::connect(database.url()).await?;
    for setting in ["fsync", "synchronous_commit"] {
        let value = shown(&connection, setting).await?;
        anyhow::ensure!(value == "on", "{setting} of the database's server is {value}");
    }
    connection.close().await?;
    Ok(database)
}

async fn shown(connection: &DatabaseConnection, setting: &str) -> anyhow::Result<String> {
    let statement = sea_orm::Statement::from_string(
        connection.get_database_backend(),
        format!("SELECT current_setting('{setting}') AS value"),
    );
    let row = connection.query_one_raw(statement).await?.context("a row")?;
    Ok(row.try_get("", "value")?)
}

/// What is sent to the floor, as chat-service asks the model for the first reply of a conversation.
pub fn completion(http: &Client, floor: &Process) -> RequestBuilder {
    let body: Value = json!({
        "model": MODEL,
        "messages": [{"role": "user", "content": "Hello"}],
        "stream": true,
        "stream_options": {"include_usage": true},
    });
    http.post(floor.url("/v1/chat/completions")).json(&body)
}
