//! A long conversation among a million messages against a short one in an empty table. Run by its name alone: to load them
//! takes minutes.

use std::time::Duration;

use mock_llm::Script;
use reqwest::{RequestBuilder, StatusCode};
use sea_orm::{ConnectionTrait as _, Database, DatabaseConnection};
use tokio::time::Instant;

use crate::load::{median, send};
use crate::million;
use crate::people::{Person, people};
use crate::stage::Stage;
use crate::streamed::whole;
use crate::table::row;

const LONG: usize = 5_000;
const SHORT: usize = 50;
const CONVERSATION: &str = "00000000-0000-7000-9001-000000000000";

const PAGES: usize = 500;
const SENDS: usize = 100;
const TOKENS: usize = 50;

/// Summaries would be made beside what is measured.
const OWN: [(&str, &str); 1] = [("OMNICHAT__CONTEXT__SUMMARIZE_AT", "0")];

/// Somebody with one conversation.
struct Scene {
    stage: Stage,
    person: Person,
    pages: Vec<f64>,
    sends: Vec<f64>,
}

/// Prints two rows.
pub async fn measure() -> anyhow::Result<()> {
    let mut long = Scene::set(LONG, true).await?;
    let mut short = Scene::set(SHORT, false).await?;
    for _ in 0..PAGES {
        long.page().await?;
        short.page().await?;
    }
    for _ in 0..SENDS {
        long.send().await?;
        short.send().await?;
    }
    report("a page", &long.pages, &short.pages);
    report("a send and its reply", &long.sends, &short.sends);
    Ok(())
}

impl Scene {
    /// With a conversation of so many messages, among a million others or alone.
    async fn set(messages: usize, is_among_others: bool) -> anyhow::Result<Self> {
        let stage = Stage::set(&OWN).await?;
        stage.script(&Script::generated(TOKENS)).await?;
        let person = people(1)?.remove(0);
        let connection = Database::connect(stage.database.url()).await?;
        if is_among_others {
            million::load(&connection, &[]).await?;
        }
        load(&connection, &person, messages).await?;
        Ok(Self { stage, person, pages: Vec::new(), sends: Vec::new() })
    }

    async fn page(&mut self) -> anyhow::Result<()> {
        let request = self.stage.http.get(self.address()).bearer_auth(&self.person.token);
        let asked = Instant::now();
        let (status, answer) = send(request).await?;
        self.pages.push(milliseconds(asked.elapsed()));
        let is_full = answer["data"]["messages"].as_array().is_some_and(|page| page.len() == SHORT);
        anyhow::ensure!(status == StatusCode::OK && is_full, "a page: {status} {answer}");
        Ok(())
    }

    async fn send(&mut self) -> anyhow::Result<()> {
        self.sends.push(milliseconds(whole(self.message()).await?.whole));
        Ok(())
    }

    fn message(&self) -> RequestBuilder {
        self.stage.message(&self.address(), &self.person)
    }

    fn address(&self) -> String {
        self.stage.chat.url(&format!("/conversations/{CONVERSATION}/messages"))
    }
}

async fn load(
    connection: &DatabaseConnection,
    person: &Person,
    messages: usize,
) -> anyhow::Result<()> {
    let load = include_str!("history/load.sql")
        .replace("$PERSON", &person.id.to_string())
        .replace("$CONVERSATION", CONVERSATION)
        .replace("$MESSAGES", &messages.to_string());
    connection.execute_unprepared(&load).await?;
    connection.execute_unprepared("VACUUM ANALYZE chat.messages").await?;
    Ok(())
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn report(what: &str, long: &[f64], short: &[f64]) {
    let [long, short] = [long, short].map(|times| median(times.to_vec()));
    let ratio = long / short;
    row(
        &format!(
            "chat-service: {what} in a conversation of {LONG} messages among 1,000,000, p50, \
             against one of {SHORT} in an empty table"
        ),
        &format!("{ratio:.2} ({long:.1} against {short:.1} ms)"),
        "≤ 1.5",
        ratio <= 1.5,
    );
}
