//! Search, lists and reading among a million messages. Run by its name alone: to load them takes minutes.

use std::time::Duration;

use anyhow::Context as _;
use reqwest::{Client, StatusCode};
use sea_orm::{ConnectionTrait as _, Database, DatabaseConnection};
use testkit::{Engine, TestDatabase};

use crate::accounts;
use crate::load::{Outcome, Until, client, closed_loop, send};
use crate::million;
use crate::process::Process;
use crate::table::row;

/// Of a thousand, those who ask; as many at a time.
const PEOPLE: usize = 4;
const EACH: Until = Until::Asked(250);

/// Somebody who asks.
struct Person {
    token: String,
    id: String,
    /// What they ask for, in turns.
    paths: Vec<String>,
    asked: usize,
}

/// Prints three rows.
pub async fn measure() -> anyhow::Result<()> {
    let database = TestDatabase::new(Engine::Postgres).await;
    let shared = [
        ("DATABASE_URL", database.url().to_owned()),
        ("OMNICHAT__REGISTRATION__MODE", "open".to_owned()),
        ("OMNICHAT__RATE_LIMITS__ENABLED", "false".to_owned()),
    ];
    let auth = Process::start("auth-service", &[], &shared)?;
    let own = [("AUTH_SERVICE_URL", auth.base_url.clone())];
    let chat = Process::start("chat-service", &[], &[&shared[..], &own].concat())?;
    let http = client()?;
    let mut people = people(&http, &auth).await?;
    let connection = Database::connect(database.url()).await?;
    let ids: Vec<_> = people.iter().map(|person| person.id.as_str()).collect();
    million::load(&connection, &ids).await?;

    for person in &mut people {
        let texts = column(&connection, &person.id, "messages", "content").await?;
        person.paths = texts
            .iter()
            .enumerate()
            .map(search)
            .collect::<Option<_>>()
            .context("a text is short")?;
    }
    report("full-text search", &ask(&http, &chat, &mut people).await?, 150);
    for person in &mut people {
        person.paths = vec!["/conversations".to_owned()];
    }
    report("list of conversations", &ask(&http, &chat, &mut people).await?, 50);
    for person in &mut people {
        let ids = column(&connection, &person.id, "conversations", "id::text").await?;
        person.paths = ids.iter().map(|id| format!("/conversations/{id}")).collect();
    }
    report("opening of a conversation", &ask(&http, &chat, &mut people).await?, 50);
    Ok(())
}

async fn people(http: &Client, auth: &Process) -> anyhow::Result<Vec<Person>> {
    let mut people = Vec::new();
    for email in accounts::register(http, auth, PEOPLE).await? {
        let token = accounts::sign_in(http, auth, &email, "accessToken").await?;
        let (_, me) = send(http.get(auth.url("/users/me")).bearer_auth(&token)).await?;
        let id = me["data"]["user"]["id"].as_str().context("nobody")?.to_owned();
        people.push(Person { token, id, paths: Vec::new(), asked: 0 });
    }
    Ok(people)
}

/// Some of a person's rows, as text.
async fn column(
    connection: &DatabaseConnection,
    person: &str,
    table: &str,
    column: &str,
) -> anyhow::Result<Vec<String>> {
    let sql = format!(
        "SELECT {column} AS text FROM chat.{table} WHERE user_id = '{person}' ORDER BY random() LIMIT 100"
    );
    let statement = sea_orm::Statement::from_string(connection.get_database_backend(), sql);
    let rows = connection.query_all_raw(statement).await?;
    Ok(rows.iter().map(|row| row.try_get("", "text")).collect::<Result<_, _>>()?)
}

/// A search for what is in a text, in turns: a word, two words, a word's beginning, a phrase.
fn search((number, text): (usize, &String)) -> Option<String> {
    let words: Vec<&str> = text.split(' ').collect();
    let (one, next, other) = (words.get(20)?, words.get(21)?, words.get(40)?);
    let q = match number % 4 {
        0 => (*one).to_owned(),
        1 => format!("{one}+{other}"),
        2 => one[..3].to_owned(),
        _ => format!("%22{one}+{next}%22"),
    };
    Some(format!("/conversations?q={q}"))
}

async fn ask(http: &Client, chat: &Process, people: &mut [Person]) -> anyhow::Result<Outcome> {
    let outcome = closed_loop(people, EACH, async |person| {
        let path = &person.paths[person.asked % person.paths.len()];
        person.asked += 1;
        let (status, answer) = send(http.get(chat.url(path)).bearer_auth(&person.token)).await?;
        let is_empty = answer["data"]["conversations"].as_array().is_some_and(Vec::is_empty);
        anyhow::ensure!(!is_empty, "{path} finds nothing");
        Ok(status)
    });
    outcome.await?.all(StatusCode::OK)
}

fn report(what: &str, outcome: &Outcome, goal: u64) {
    row(
        &format!("chat-service: {what} among 1,000,000 messages, p95"),
        &format!(
            "{:.1} ms (p99 {:.1} ms; {:.0} a second)",
            outcome.p95().as_secs_f64() * 1e3,
            outcome.p99().as_secs_f64() * 1e3,
            outcome.per_second()
        ),
        &format!("≤ {goal} ms"),
        outcome.p95() <= Duration::from_millis(goal),
    );
}
