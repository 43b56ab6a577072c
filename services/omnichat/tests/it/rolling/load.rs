//! People who go on working, one request after the other on connections that are kept, whatever happens to the services.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use reqwest::Method;
use serde_json::{Value, json};
use testkit::Actor;
use tokio::task::JoinSet;

use super::super::person::PASSWORD;
use super::fleet::Fleet;

const KINDS: [&str; 4] = ["lists", "projects", "talks", "sessions"];

/// One of each kind.
pub const CLIENTS: usize = KINDS.len();

/// Somebody who has signed in.
#[derive(Clone)]
pub struct Somebody {
    api: String,
    actor: Actor,
    refresh_token: String,
    tally: Arc<Tally>,
}

/// What came of requests.
#[derive(Debug, Default)]
pub struct Tally {
    is_over: AtomicBool,
    pub answered: Mutex<BTreeMap<&'static str, usize>>,
    /// Requests that were sent again, since their connection was closed before any of an answer came.
    pub repeated: AtomicUsize,
    pub failed: Mutex<Vec<String>>,
}

/// The requests that go on until they are told to end.
pub struct Load {
    tally: Arc<Tally>,
    clients: JoinSet<()>,
}

impl Load {
    /// Begins.
    pub async fn start(fleet: &Fleet) -> Self {
        let tally = Arc::<Tally>::default();
        let mut clients = JoinSet::new();
        for what in KINDS {
            let email = format!("{what}@example.org");
            let mut somebody = Somebody::sign_up(fleet, &email, tally.clone()).await;
            clients.spawn(async move {
                while !somebody.tally.is_over.load(Ordering::Relaxed) {
                    let is_served = match what {
                        "lists" => somebody.reads().await,
                        "projects" => somebody.makes().await,
                        "talks" => somebody.talks().await,
                        _ => somebody.refreshes().await,
                    };
                    if is_served.is_none() {
                        break;
                    }
                }
            });
        }
        Self { tally, clients }
    }

    /// Ends it: what came of it.
    pub async fn end(self) -> Tally {
        self.tally.is_over.store(true, Ordering::Relaxed);
        self.clients.join_all().await;
        Arc::into_inner(self.tally).unwrap()
    }
}

impl Somebody {
    pub async fn sign_up(fleet: &Fleet, email: &str, tally: Arc<Tally>) -> Self {
        let stranger = Actor::anywhere(None);
        let credentials = json!({"email": email, "password": PASSWORD});
        stranger.post(&fleet.url("/auth/register"), credentials.clone()).await.expect(201);
        let session = stranger.post(&fleet.url("/auth/login"), credentials).await.expect(200);
        let token = |name| session.data(name).as_str().unwrap().to_owned();
        Self {
            api: fleet.url(""),
            actor: Actor::anywhere(Some(&token("accessToken"))),
            refresh_token: token("refreshToken"),
            tally,
        }
    }

    /// A person for streams, of whom nothing is counted.
    pub async fn alone(fleet: &Fleet, email: &str) -> (Actor, String) {
        let somebody = Self::sign_up(fleet, email, Arc::default()).await;
        (somebody.actor, somebody.api)
    }

    async fn reads(&mut self) -> Option<()> {
        for path in ["/projects", "/conversations", "/users/me"] {
            self.ask("lists", Method::GET, path, Value::Null).await?;
        }
        Some(())
    }

    async fn makes(&mut self) -> Option<()> {
        let made = self.ask("projects", Method::POST, "/projects", json!({"name": "Bees"})).await?;
        let path = format!("/projects/{}", made["project"]["id"].as_str()?);
        self.ask("projects", Method::DELETE, &path, Value::Null).await.map(drop)
    }

    async fn talks(&mut self) -> Option<()> {
        let made = self.ask("conversations", Method::POST, "/conversations", json!({})).await?;
        let path = format!("/conversations/{}/messages", made["conversation"]["id"].as_str()?);
        for question in ["What do bees say?", "And wasps?"] {
            self.ask("sends", Method::POST, &path, json!({"content": question})).await?;
        }
        Some(())
    }

    async fn refreshes(&mut self) -> Option<()> {
        let body = json!({"refreshToken": self.refresh_token});
        let session = self.ask("refreshes", Method::POST, "/auth/refresh", body).await?;
        self.refresh_token = session["refreshToken"].as_str()?.to_owned();
        Some(())
    }

    /// Sends a request; the answer's data, or `None` for whatever is no success.
    async fn ask(&self, kind: &'static str, how: Method, path: &str, body: Value) -> Option<Value> {
        let key = uuid::Uuid::new_v4().to_string();
        let send = async || {
            let request = self.actor.request(how.clone(), &format!("{}{path}", self.api));
            let request = if body.is_null() { request } else { request.json(&body) };
            let response = request.header("idempotency-key", &key).send().await?;
            Ok::<_, reqwest::Error>((response.status(), response.text().await?))
        };
        let mut answer = send().await;
        // What is closed between two requests may be closed under the second. Whoever has a key sends it again, as browsers do.
        if answer.as_ref().is_err_and(|error| error.is_request() && !error.is_connect()) {
            self.tally.repeated.fetch_add(1, Ordering::Relaxed);
            answer = send().await;
        }
        match answer {
            Ok((status, text)) if status.is_success() => {
                *self.tally.answered.lock().unwrap().entry(kind).or_default() += 1;
                Some(serde_json::from_str::<Value>(&text).unwrap()["data"].take())
            }
            other => {
                self.tally.failed.lock().unwrap().push(format!("{how} {path}: {other:?}"));
                None
            }
        }
    }
}
