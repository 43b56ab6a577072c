//! The shapes in which OmniChat runs, as one thing to call.

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;

use common::auth::KeyRing;
use mock_llm::MockLlm;
use omnichat::{DEFAULTS, modules};
use platform::Instance;
use platform::http::Paths;
use testkit::{Actor, Engine, JWT_SECRETS, KEY_ENCRYPTION_KEYS, TestApp, TestDatabase, settings};

use super::gateway::nginx::{Nginx, Upstreams};
use super::roles::Roles;

/// What all processes share.
pub const SECRETS: [(&str, &str); 2] =
    [("JWT_SECRETS", JWT_SECRETS), ("KEY_ENCRYPTION_KEYS", KEY_ENCRYPTION_KEYS)];

/// How OmniChat is deployed.
#[derive(Debug, Clone, Copy)]
pub enum Shape {
    AllInOneOnSqlite,
    AllInOneOnPostgres,
    ThreeProcesses,
    /// Three processes as they are shipped: each with its own role at the database, behind the gateway. Where nginx is missing, or
    /// no role can be made, without it.
    BehindNginx,
}

impl Shape {
    pub async fn deploy(self, model: &MockLlm) -> Deployment {
        match self {
            Self::AllInOneOnSqlite => Deployment::all_in_one(Engine::Sqlite, model).await,
            Self::AllInOneOnPostgres => Deployment::all_in_one(Engine::Postgres, model).await,
            Self::ThreeProcesses => Deployment::three_processes(model).await,
            Self::BehindNginx => Deployment::behind_nginx(model).await,
        }
    }
}

/// Something that serves the whole API.
pub enum Deployment {
    /// One process, under `/api`, as a browser would call it.
    AllInOne { app: Box<TestApp>, database: TestDatabase },
    /// A process for each service; without nginx the test is the gateway.
    ThreeProcesses(Box<Services>),
}

/// A process for each service, on one Postgres.
pub struct Services {
    auth: Process,
    project: Process,
    chat: Process,
    gateway: Option<Nginx>,
    keys: KeyRing,
    roles: Option<Roles>,
    database: TestDatabase,
}

/// A service in a process of its own, killed when dropped.
pub struct Process {
    name: &'static str,
    variables: Vec<(&'static str, String)>,
    child: Mutex<Child>,
    base_url: String,
}

impl Deployment {
    /// All modules in this process.
    pub async fn all_in_one(engine: Engine, model: &MockLlm) -> Self {
        Self::all_in_one_on(TestDatabase::new(engine).await, model).await
    }

    /// The same, on a database that is there.
    pub async fn all_in_one_on(database: TestDatabase, model: &MockLlm) -> Self {
        let base_url = model.base_url();
        let more =
            [("OPENAI_BASE_URL", base_url.as_str()), ("OMNICHAT__PASSWORDS__ROUNDS", "1000")];
        let settings = settings(DEFAULTS, &database, &more);
        let instance = Instance::new(&settings).unwrap();
        let modules = modules(&settings, &instance).await.unwrap();
        let app = TestApp::serve(&settings, instance, modules, Paths::Gateway).await;
        Self::AllInOne { app: Box::new(app), database }
    }

    /// Brings a database to today's schema, as its start does.
    pub async fn migrate(database: &TestDatabase) {
        let settings = settings(DEFAULTS, database, &[]);
        let instance = Instance::new(&settings).unwrap();
        for module in modules(&settings, &instance).await.unwrap() {
            module.migrate().await.unwrap();
        }
    }

    /// Three processes on one Postgres.
    pub async fn three_processes(model: &MockLlm) -> Self {
        Self::ThreeProcesses(Box::new(Services::start(model, |_| None).await))
    }

    /// The same, each in its own role, behind the gateway.
    pub async fn behind_nginx(model: &MockLlm) -> Self {
        let mut services = Services::start(model, Roles::make).await;
        services.gateway = Nginx::start(&Upstreams {
            auth: services.auth.address(),
            project: services.project.address(),
            chat: services.chat.address(),
        });
        Self::ThreeProcesses(Box::new(services))
    }

    /// The ring with which its processes sign.
    pub fn keys(&self) -> &KeyRing {
        match self {
            Self::AllInOne { app, .. } => &app.instance.keys,
            Self::ThreeProcesses(services) => &services.keys,
        }
    }

    /// The roles in which its processes run, if they have some.
    pub fn roles(&self) -> Option<&Roles> {
        match self {
            Self::AllInOne { .. } => None,
            Self::ThreeProcesses(services) => services.roles.as_ref(),
        }
    }

    /// Its database.
    pub fn database(&self) -> &TestDatabase {
        match self {
            Self::AllInOne { database, .. } => database,
            Self::ThreeProcesses(services) => &services.database,
        }
    }

    /// Where auth-, project- and chat-service listen, each by itself: `127.0.0.1:port`.
    pub fn addresses(&self) -> [&str; 3] {
        match self {
            Self::AllInOne { .. } => panic!("one process is all there is"),
            Self::ThreeProcesses(services) => {
                [&services.auth, &services.project, &services.chat].map(Process::address)
            }
        }
    }

    /// chat-service, where it has a process of its own.
    pub fn chat(&self) -> &Process {
        match self {
            Self::AllInOne { .. } => panic!("one process is all there is"),
            Self::ThreeProcesses(services) => &services.chat,
        }
    }

    /// Where `path` is served.
    pub fn url(&self, path: &str) -> String {
        let base = match self {
            Self::AllInOne { app, .. } => return format!("{}/api{path}", app.base_url),
            Self::ThreeProcesses(services) => {
                let Services { auth, project, chat, gateway, .. } = &**services;
                if let Some(gateway) = gateway {
                    return format!("{}/api{path}", gateway.base_url);
                }
                if path.starts_with("/profile/api-keys") {
                    &chat.base_url
                } else if ["/auth", "/users", "/profile"]
                    .iter()
                    .any(|prefix| path.starts_with(prefix))
                {
                    &auth.base_url
                } else if ["/projects", "/prompts"].iter().any(|prefix| path.starts_with(prefix)) {
                    &project.base_url
                } else {
                    &chat.base_url
                }
            }
        };
        format!("{base}{path}")
    }

    /// Somebody with or without a token.
    pub fn actor(&self, token: Option<&str>) -> Actor {
        Actor::anywhere(token)
    }
}

impl Services {
    async fn start(model: &MockLlm, make_roles: impl Fn(&str) -> Option<Roles>) -> Self {
        let database = TestDatabase::new(Engine::Postgres).await;
        let roles = make_roles(database.url());
        let [auth, project, chat] = free_ports();
        let address = |port: u16| format!("http://127.0.0.1:{port}");
        let start = |name: &'static str, port: u16| {
            let service = name.trim_end_matches("-service");
            let url = roles.as_ref().map_or(database.url().to_owned(), |roles| {
                migrate(name, &roles.owner(service));
                roles.server(service)
            });
            Process::start(
                name,
                vec![
                    ("PORT", port.to_string()),
                    ("DATABASE_URL", url),
                    ("OMNICHAT__DATABASE__MIGRATE_ON_START", roles.is_none().to_string()),
                    ("AUTH_SERVICE_URL", address(auth)),
                    ("PROJECT_SERVICE_URL", address(project)),
                    ("CHAT_SERVICE_URL", address(chat)),
                    ("OPENAI_BASE_URL", model.base_url()),
                    ("TRUSTED_PROXIES", "127.0.0.1".to_owned()),
                    ("OMNICHAT__REGISTRATION__MODE", "open".to_owned()),
                    ("OMNICHAT__PASSWORDS__ROUNDS", "1000".to_owned()),
                ],
            )
        };
        Self {
            auth: start("auth-service", auth),
            project: start("project-service", project),
            chat: start("chat-service", chat),
            gateway: None,
            keys: Instance::new(&settings(DEFAULTS, &database, &[])).unwrap().keys,
            roles,
            database,
        }
    }
}

impl Process {
    /// Starts a service's binary and waits until it listens.
    pub fn start(name: &'static str, variables: Vec<(&'static str, String)>) -> Self {
        let (child, base_url) = spawn(name, &variables);
        Self { name, variables, child: Mutex::new(child), base_url }
    }

    /// Where it listens.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// `127.0.0.1:port`.
    pub fn address(&self) -> &str {
        self.base_url.trim_start_matches("http://")
    }

    /// Ends it as a power cut would.
    pub fn kill(&self) {
        let mut child = self.child.lock().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// Asks it to end, and waits until it has.
    pub fn stop(&self) {
        self.ask_to_stop();
        self.ended();
    }

    /// Asks it to end.
    pub fn ask_to_stop(&self) {
        let id = self.child.lock().unwrap().id().to_string();
        assert!(Command::new("kill").arg(&id).status().unwrap().success(), "kill {id}");
    }

    /// Waits until it has.
    pub fn ended(&self) {
        let status = self.child.lock().unwrap().wait().unwrap();
        assert!(status.success(), "{} did not end well", self.name);
    }

    /// Starts it again where it was.
    pub fn revive(&self) {
        *self.child.lock().unwrap() = spawn(self.name, &self.variables).0;
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Brings a service's schema up to date, as the one that owns it.
pub fn migrate(name: &str, url: &str) {
    let output = command(name).arg("migrate").envs(SECRETS).env("DATABASE_URL", url).output();
    let output = output.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// A service's process, and where it listens.
fn spawn(name: &str, variables: &[(&'static str, String)]) -> (Child, String) {
    let mut child = command(name)
        .envs(SECRETS)
        .envs([("HOST", "127.0.0.1"), ("RUST_LOG", "warn")])
        .envs(variables.iter().map(|(name, value)| (name, value)))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let announced =
        lines.find_map(|line| line.unwrap().split("listens on ").nth(1).map(str::to_owned));
    let address = announced.unwrap_or_else(|| panic!("{name} did not start"));
    let address = address.split(": ").next().unwrap();
    (child, format!("http://{address}"))
}

/// A service's binary, without this process's environment.
pub fn command(name: &str) -> Command {
    let program = binary(name);
    let mut command = Command::new(&program);
    command.env_clear().current_dir("/").stdin(Stdio::null());
    command
}

/// Beside this test's own: `target/<profile>/<name>`.
fn binary(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let path = test.parent().unwrap().parent().unwrap().join(name);
    assert!(path.exists(), "{} is not built: test with `cargo test --workspace`", path.display());
    path
}

/// Ports that were free a moment ago, all at once so that they differ.
pub fn free_ports() -> [u16; 3] {
    let listeners = [(); 3].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    listeners.map(|listener| listener.local_addr().unwrap().port())
}
