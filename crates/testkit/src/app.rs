//! A running service, on a free port and a database of its own.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use common::auth::{AccessClaims, ServiceClaims};
use common::{Clock, ManualClock, SystemClock, UserId};
use platform::cli::Service;
use platform::http::{Paths, RunningServer, Server};
use platform::settings::{ServerSettings, Settings, Sources};
use platform::{Instance, Module};

use crate::people::access_token;
use crate::{Actor, Engine, TestDatabase};

/// The secret that the tests' services share.
pub const JWT_SECRETS: &str = "test:9vZk2Qx7Lw4Rt1Yb8Nc5Mf3Hg6Js0Dp2KeUaXoViTz";

/// The key under which the tests' services seal secrets.
pub const KEY_ENCRYPTION_KEYS: &str = "test:Q7rT2yLp9XcV4bNm8KjH1gFd6SaZ3wEo5UiRtYqWxPk=";

/// A process that stops waits for connections to close, though nothing comes on them.
const IDLE: Duration = Duration::from_millis(100);

/// What a process of some modules says that it serves.
const OF_ALL: &str = include_str!("../../../docs/openapi/omnichat.json");

/// A running process and what it stands on. Gone when dropped.
pub struct TestApp {
    /// `http://127.0.0.1:port`.
    pub base_url: String,
    /// What the process is made of.
    pub instance: Instance,
    http: reqwest::Client,
    server: Option<RunningServer>,
    _database: Option<TestDatabase>,
}

/// The settings of a service in a test: a free port on this machine, and a database, with `more` over them.
pub fn settings(
    defaults: &[&'static str],
    database: &TestDatabase,
    more: &[(&str, &str)],
) -> Settings {
    let base = [
        ("HOST", "127.0.0.1"),
        ("PORT", "0"),
        ("DATABASE_URL", database.url()),
        ("JWT_SECRETS", JWT_SECRETS),
        ("KEY_ENCRYPTION_KEYS", KEY_ENCRYPTION_KEYS),
        ("OMNICHAT__SERVER__WORKERS", "2"),
        ("OMNICHAT__SERVER__DRAIN_SECONDS", "2"),
        ("OMNICHAT__DATABASE__MAX_CONNECTIONS", "5"),
        ("OMNICHAT__RATE_LIMITS__ENABLED", "false"),
    ];
    Sources::new(defaults).variables(base.into_iter().chain(more.iter().copied())).load().unwrap()
}

impl TestApp {
    /// Starts a service alone, on the machine's clock.
    pub async fn start<S: Service>(engine: Engine, more: &[(&str, &str)]) -> Self {
        Self::start_at::<S>(engine, Arc::new(SystemClock), more).await
    }

    /// Starts a service alone, on a clock that the test moves.
    pub async fn start_at<S: Service>(
        engine: Engine,
        clock: Arc<dyn Clock>,
        more: &[(&str, &str)],
    ) -> Self {
        let database = TestDatabase::new(engine).await;
        let settings = settings(&[S::DEFAULTS], &database, more);
        let instance = Instance::with_clock(&settings, clock).unwrap();
        let module = S::build(&settings, &instance).await.unwrap();
        let mut app =
            Self::serve_as(S::DOCUMENT, &settings, instance, vec![module], Paths::Bare).await;
        app._database = Some(database);
        app
    }

    /// Migrates and serves some modules.
    pub async fn serve(
        settings: &Settings,
        instance: Instance,
        modules: Vec<Arc<dyn Module>>,
        paths: Paths,
    ) -> Self {
        Self::serve_as(OF_ALL, settings, instance, modules, paths).await
    }

    async fn serve_as(
        document: &'static str,
        settings: &Settings,
        instance: Instance,
        modules: Vec<Arc<dyn Module>>,
        paths: Paths,
    ) -> Self {
        for module in &modules {
            module.migrate().await.unwrap();
        }
        let server_settings: ServerSettings = settings.section("server").unwrap();
        let server = Server::new(instance.clone(), document, modules, paths)
            .start(&server_settings)
            .unwrap();
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .pool_idle_timeout(IDLE)
            .build()
            .unwrap();
        let base_url = format!("http://{}", server.address());
        Self { base_url, instance, http, server: Some(server), _database: None }
    }

    /// Somebody without a credential.
    pub fn anonymous(&self) -> Actor {
        Actor::new(self.http.clone(), self.base_url.clone(), None)
    }

    /// Somebody with a token of their own choosing.
    pub fn bearer(&self, token: &str) -> Actor {
        Actor::new(self.http.clone(), self.base_url.clone(), Some(token.to_owned()))
    }

    /// A new person with a valid access token, whom auth-service need not know.
    pub fn user(&self) -> Actor {
        self.user_with_id(self.instance.ids.next())
    }

    /// The same person with a token that claims something else.
    pub fn with_claims(&self, actor: &Actor, change: impl FnOnce(&mut AccessClaims)) -> Actor {
        let mut claims = self.instance.keys.verify_access(actor.token()).unwrap();
        change(&mut claims);
        let token = self.instance.keys.sign_access(&claims).unwrap();
        self.bearer(secrecy::ExposeSecret::expose_secret(&token))
    }

    /// A person of a given id.
    pub fn user_with_id(&self, id: UserId) -> Actor {
        let Instance { clock, ids, keys, .. } = &self.instance;
        let token = access_token(id, clock.now(), ids, keys);
        Actor::new(self.http.clone(), self.base_url.clone(), Some(token))
    }

    /// A sibling service.
    pub fn service(&self, name: &str) -> Actor {
        let now = self.instance.clock.now();
        let claims = ServiceClaims {
            sub: name.to_owned(),
            jti: self.instance.ids.next(),
            iat: now.timestamp(),
            nbf: now.timestamp(),
            exp: (now + TimeDelta::minutes(1)).timestamp(),
        };
        let token = self.instance.keys.sign_service(&claims).unwrap();
        Actor::new(
            self.http.clone(),
            self.base_url.clone(),
            Some(secrecy::ExposeSecret::expose_secret(&token).to_owned()),
        )
    }

    /// Stops it as SIGTERM does.
    pub async fn stop(mut self) {
        if let Some(server) = self.server.take() {
            server.stop().await;
        }
    }
}

/// A clock that stands at a fixed day until it is moved.
pub fn a_clock() -> ManualClock {
    ManualClock::at(chrono::DateTime::from_timestamp(1_800_000_000, 0).unwrap())
}
