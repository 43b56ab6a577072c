//! Three processes behind the gateway, of which one after the other is replaced.

use std::mem::replace;
use std::time::Duration;

use mock_llm::MockLlm;
use tokio::task::spawn_blocking;
use tokio::time::{sleep, timeout};

use testkit::{Engine, TestDatabase};

use super::super::deployment::Process;
use super::super::gateway::nginx::{Nginx, Upstreams};
use super::name::Name;

const PAUSE: Duration = Duration::from_millis(20);
const PATIENCE: Duration = Duration::from_secs(30);

/// How long a process that is told to end lets replies go on, in seconds.
const DRAIN: &str = "5";

/// How requests are led to a new process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// The gateway is told its address and reads its configuration anew, as on one machine.
    Reload,
    /// The gateway knows a name, and what is behind that changes, as on Kubernetes. Its connections stay where they lead.
    Name,
}

pub struct Fleet {
    way: Way,
    gateway: Nginx,
    places: [Place; 3],
    _database: TestDatabase,
}

/// A service's process, and the name under which the others know it.
struct Place {
    service: &'static str,
    variables: Vec<(&'static str, String)>,
    process: Process,
    name: Name,
}

/// A process that is no longer sent anything, and has been told to end.
pub struct Leaving(Process);

impl Fleet {
    /// `None` where nginx is missing.
    pub async fn start(model: &MockLlm, way: Way) -> Option<Self> {
        let database = TestDatabase::new(Engine::Postgres).await;
        let names = [Name::new().await, Name::new().await, Name::new().await];
        let [auth, project, chat] =
            names.each_ref().map(|name| format!("http://{}", name.address()));
        let variables = vec![
            ("PORT", "0".to_owned()),
            ("DATABASE_URL", database.url().to_owned()),
            ("AUTH_SERVICE_URL", auth),
            ("PROJECT_SERVICE_URL", project),
            ("CHAT_SERVICE_URL", chat),
            ("OPENAI_BASE_URL", model.base_url()),
            ("TRUSTED_PROXIES", "127.0.0.1".to_owned()),
            ("OMNICHAT__REGISTRATION__MODE", "open".to_owned()),
            ("OMNICHAT__PASSWORDS__ROUNDS", "1000".to_owned()),
            ("OMNICHAT__RATE_LIMITS__ENABLED", "false".to_owned()),
            ("OMNICHAT__GENERATION__STREAMS_PER_USER", "1000".to_owned()),
            ("OMNICHAT__SERVER__DRAIN_SECONDS", DRAIN.to_owned()),
            // A machine with other work makes requests slow, not failed.
            ("OMNICHAT__DATABASE__ACQUIRE_SECONDS", "30".to_owned()),
        ];
        let services = ["auth-service", "project-service", "chat-service"];
        let mut names = names.into_iter();
        let places = services.map(|service| {
            let process = Process::start(service, variables.clone());
            let name = names.next().unwrap();
            name.point(process.address());
            Place { service, variables: variables.clone(), process, name }
        });
        let addresses = places.each_ref().map(|place| match way {
            Way::Reload => place.process.address().to_owned(),
            Way::Name => place.name.address(),
        });
        let [auth, project, chat] = addresses.each_ref().map(String::as_str);
        let upstreams = Upstreams { auth, project, chat };
        let gateway =
            Nginx::start_with(&upstreams, &[("error_log stderr alert", "error_log stderr error")])?;
        Some(Self { way, gateway, places, _database: database })
    }

    /// Where `path` is served.
    pub fn url(&self, path: &str) -> String {
        format!("{}/api{path}", self.gateway.base_url)
    }

    /// Puts a new process in the place of one: beside it first, then before it, and tells the old one to end.
    pub async fn replace(&mut self, service: &str) -> Leaving {
        let place = self.places.iter_mut().find(|place| place.service == service).unwrap();
        let new = Process::start(place.service, place.variables.clone());
        is_ready(&new, true).await;
        if self.way == Way::Reload {
            self.gateway.point(place.process.address(), new.address()).await;
        }
        place.name.point(new.address());
        let old = replace(&mut place.process, new);
        old.ask_to_stop();
        Leaving(old)
    }
}

impl Leaving {
    /// Waits until it says that it is.
    pub async fn says_so(&self) {
        is_ready(&self.0, false).await;
    }

    /// Waits for its end.
    pub async fn ended(self) {
        timeout(PATIENCE, spawn_blocking(move || self.0.ended())).await.unwrap().unwrap();
    }
}

/// Waits until a process says that it is ready, or that it is not.
async fn is_ready(process: &Process, wanted: bool) {
    let url = format!("{}/health/ready", process.base_url());
    let says = async {
        while reqwest::get(&url).await.is_ok_and(|answer| answer.status() == 200) != wanted {
            sleep(PAUSE).await;
        }
    };
    timeout(PATIENCE, says).await.unwrap();
}
