//! Plays one whole conversation in the terminal: the all-in-one on a folder of its own, a person, a project with a prompt,
//! two questions whose answers stream, and one connection that breaks and is resumed.
#![expect(clippy::print_stdout, reason = "showing is what it is for")]

use std::io::Write as _;

use anyhow::Context as _;
use eventsource_stream::Eventsource as _;
use futures_util::StreamExt as _;
use omnichat::{DOCUMENT, DataDir, modules};
use platform::Instance;
use platform::http::{Paths, Server};
use platform::settings::ServerSettings;
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};

/// Somebody at a terminal.
struct Person {
    http: Client,
    base: String,
    token: String,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let settings = DataDir::open(folder.path().join("data"))?.settings(None)?;
    let instance = Instance::new(&settings)?;
    let modules = modules(&settings, &instance).await?;
    for module in &modules {
        module.migrate().await?;
    }
    let server_settings = ServerSettings { port: 0, ..settings.section("server")? };
    let server =
        Server::new(instance, DOCUMENT, modules, Paths::Gateway).start(&server_settings)?;
    println!(
        "OmniChat runs on http://{} for the length of this demonstration.\n",
        server.address()
    );

    let mut person = Person {
        http: Client::builder().build()?,
        base: format!("http://{}/api", server.address()),
        token: String::new(),
    };
    person.sign_in().await?;
    person.talk().await?;
    server.stop().await;
    println!(
        "\nThat was all. `make run` starts it for you to use; README.md has the same steps for curl."
    );
    Ok(())
}

impl Person {
    async fn sign_in(&mut self) -> anyhow::Result<()> {
        let credentials =
            json!({"email": "ada@example.org", "password": "correct horse battery staple"});
        self.post("/auth/register", credentials.clone()).await?;
        println!("✓ registered ada@example.org");
        let session = self.post("/auth/login", credentials).await?;
        self.token = session["accessToken"].as_str().context("a token")?.to_owned();
        println!("✓ logged in");
        Ok(())
    }

    async fn talk(&self) -> anyhow::Result<()> {
        let project = self.post("/projects", json!({"name": "Bees"})).await?;
        let project = project["project"]["id"].as_str().context("a project")?.to_owned();
        println!("✓ made a project: Bees");
        let prompt = json!({"name": "tone", "content": "Answer as a beekeeper would."});
        self.post(&format!("/projects/{project}/prompts"), prompt).await?;
        println!("✓ gave it a prompt: Answer as a beekeeper would.");
        let conversation = self.post("/conversations", json!({"projectId": project})).await?;
        let conversation =
            conversation["conversation"]["id"].as_str().context("a conversation")?.to_owned();

        let path = format!("/conversations/{conversation}/messages");
        println!("\nada: What do bees say?");
        let send = self.request(reqwest::Method::POST, &path);
        self.show(send.json(&json!({"content": "What do bees say?", "stream": true})), None)
            .await?;

        println!("\nada: And wasps? (this time the connection breaks in the middle)");
        let send = self.request(reqwest::Method::POST, &path);
        let seen = self
            .show(send.json(&json!({"content": "And wasps?", "stream": true})), Some(12))
            .await?;
        println!("\n  … the connection is gone; resuming after {} …", seen.1);
        let resume = self.request(reqwest::Method::GET, &format!("/messages/{}/stream", seen.0));
        self.show(resume.header("last-event-id", &seen.1), None).await?;

        let history = self.data(self.request(reqwest::Method::GET, &path)).await?;
        let count = history["messages"].as_array().map_or(0, Vec::len);
        println!("\n✓ found the conversation again: {count} messages, every word of them stored");
        Ok(())
    }

    /// Prints a reply as it comes, or only so many events of it; its id, and the last event's.
    async fn show(
        &self,
        request: RequestBuilder,
        events: Option<usize>,
    ) -> anyhow::Result<(String, String)> {
        let stream = request.send().await?.error_for_status()?.bytes_stream().eventsource();
        let mut stream = stream.take(events.unwrap_or(usize::MAX));
        let (mut message, mut last) = (String::new(), String::new());
        while let Some(event) = stream.next().await {
            let event = event?;
            let data: Value = serde_json::from_str(&event.data)?;
            match event.event.as_str() {
                "message_start" => print!("{}: ", data["modelId"].as_str().unwrap_or_default()),
                "token" => print!("{}", data["token"].as_str().unwrap_or_default()),
                "message_complete" => println!("  ({} tokens)", data["totalTokens"]),
                _ => {}
            }
            std::io::stdout().flush()?;
            if let Some(id) = data["messageId"].as_str() {
                message = id.to_owned();
            }
            last = event.id;
        }
        Ok((message, last))
    }

    fn request(&self, method: reqwest::Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base));
        if self.token.is_empty() { request } else { request.bearer_auth(&self.token) }
    }

    async fn post(&self, path: &str, body: Value) -> anyhow::Result<Value> {
        self.data(self.request(reqwest::Method::POST, path).json(&body)).await
    }

    async fn data(&self, request: RequestBuilder) -> anyhow::Result<Value> {
        let mut answer: Value = request.send().await?.error_for_status()?.json().await?;
        Ok(answer["data"].take())
    }
}
