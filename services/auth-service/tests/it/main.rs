//! auth-service over HTTP, on both databases.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod audit;
mod bad_input;
mod browsers;
mod export;
mod internal;
mod isolation;
mod layers;
mod limits;
mod openapi;
mod outbox;
mod passwords;
mod profile;
mod rotation;
mod second_factors;
mod sessions;
mod tokens;
mod users;

use std::collections::BTreeSet;
use std::ops::Deref;
use std::sync::Arc;

use auth_service::{AuthModule, AuthService, Siblings};
use common::{Clock, ManualClock, SystemClock};
use platform::cli::Service;
use platform::http::Paths;
use platform::settings::Settings;
use platform::{Instance, Module};
use sea_orm::{ConnectionTrait, Statement, TryGetable};
use serde_json::{Value, json};
use testkit::{Actor, Engine, Reply, TestApp, TestDatabase, a_clock};

use export::Shelf;
use profile::Desk;

const PASSWORD: &str = "correct horse battery staple";

/// The service where anybody may register, with hashes that cost little.
const CHEAP: &[(&str, &str)] =
    &[("OMNICHAT__REGISTRATION__MODE", "open"), ("OMNICHAT__PASSWORDS__ROUNDS", "1000")];

/// Nobody is at the siblings' addresses.
const ALONE: &[(&str, &str)] =
    &[("PROJECT_SERVICE_URL", "http://127.0.0.1:1"), ("CHAT_SERVICE_URL", "http://127.0.0.1:1")];

/// The running service, and a look behind its back.
struct Auth {
    app: TestApp,
    module: Arc<AuthModule>,
}

/// The service and a database of its own.
struct Started {
    auth: Auth,
    _database: TestDatabase,
}

impl Auth {
    /// Starts the service on a database that is there already.
    async fn on(database: &TestDatabase, clock: Arc<dyn Clock>, more: &[(&str, &str)]) -> Self {
        let (settings, instance, _) = Self::prepare(database, clock, more);
        let (projects, chat) = (Arc::new(Shelf::empty()), Arc::new(Shelf::empty()));
        let siblings = Siblings { projects, chat, settings: Arc::new(Desk::default()) };
        Self::build(settings, instance, siblings).await
    }

    /// The same, and no chat-service beside.
    async fn alone_on(database: &TestDatabase) -> Self {
        let (settings, instance, siblings) = Self::prepare(database, Arc::new(SystemClock), &[]);
        Self::build(settings, instance, siblings).await
    }

    fn prepare(
        database: &TestDatabase,
        clock: Arc<dyn Clock>,
        more: &[(&str, &str)],
    ) -> (Settings, Instance, Siblings) {
        let settings =
            testkit::settings(&[AuthService::DEFAULTS], database, &[CHEAP, ALONE, more].concat());
        let instance = Instance::with_clock(&settings, clock).unwrap();
        let siblings = Siblings::over_http(&settings, &instance).unwrap();
        (settings, instance, siblings)
    }

    async fn build(settings: Settings, instance: Instance, siblings: Siblings) -> Self {
        let module = Arc::new(AuthModule::build(&settings, &instance, siblings).await.unwrap());
        let app = TestApp::serve(&settings, instance, vec![module.clone()], Paths::Bare).await;
        Self { app, module }
    }

    async fn register(&self, email: &str) -> Reply {
        let body = json!({"email": email, "password": PASSWORD, "displayName": "Ada"});
        self.anonymous().post("/auth/register", body).await
    }

    async fn log_in(&self, email: &str, password: &str) -> Reply {
        let body = json!({"email": email, "password": password});
        self.anonymous().post("/auth/login", body).await
    }

    async fn refresh(&self, token: &str) -> Reply {
        self.anonymous().post("/auth/refresh", json!({"refreshToken": token})).await
    }

    /// The refresh token of a new session.
    async fn a_session(&self, email: &str) -> String {
        token(&self.log_in(email, PASSWORD).await.expect(200))
    }

    /// Somebody with a new session.
    async fn signed_in(&self, email: &str) -> Actor {
        let session = self.log_in(email, PASSWORD).await.expect(200);
        self.bearer(session.data("accessToken").as_str().unwrap())
    }

    /// The session of somebody.
    fn session(&self, actor: &Actor) -> String {
        self.instance.keys.read_access(actor.token()).unwrap().sid.to_string()
    }

    /// How many hashes a piece of work costs.
    async fn hashes<T>(&self, work: impl Future<Output = T>) -> (T, u64) {
        let before = self.module.state().users.hashes();
        let result = work.await;
        (result, self.module.state().users.hashes() - before)
    }

    async fn sql(&self, statement: &str) {
        self.module.database().connection().execute_unprepared(statement).await.unwrap();
    }

    /// The one value that a query gives.
    async fn value<T: TryGetable>(&self, query: &str) -> T {
        let connection = self.module.database().connection();
        let statement = Statement::from_string(connection.get_database_backend(), query);
        connection.query_one_raw(statement).await.unwrap().unwrap().try_get_by_index(0).unwrap()
    }
}

impl Deref for Auth {
    type Target = TestApp;

    fn deref(&self) -> &TestApp {
        &self.app
    }
}

impl Deref for Started {
    type Target = Auth;

    fn deref(&self) -> &Auth {
        &self.auth
    }
}

async fn start(engine: Engine) -> Started {
    start_with(engine, &[]).await
}

async fn start_with(engine: Engine, more: &[(&str, &str)]) -> Started {
    start_at(engine, Arc::new(SystemClock), more).await
}

async fn start_at(engine: Engine, clock: Arc<dyn Clock>, more: &[(&str, &str)]) -> Started {
    let database = TestDatabase::new(engine).await;
    Started { auth: Auth::on(&database, clock, more).await, _database: database }
}

/// The service with one account, on a clock that the test moves.
async fn with_ada(engine: Engine) -> (Started, ManualClock) {
    let clock = a_clock();
    let auth = start_at(engine, Arc::new(clock.clone()), &[]).await;
    auth.register("ada@example.org").await.expect(201);
    (auth, clock)
}

/// The refresh token of an answer.
fn token(reply: &Reply) -> String {
    reply.data("refreshToken").as_str().unwrap().to_owned()
}

/// What of an answer must not differ between two refusals: the error itself and the names of the headers.
fn refusal(reply: &Reply) -> (u16, Value, BTreeSet<String>) {
    let headers = reply.headers.keys().map(ToString::to_string).collect();
    (reply.status.as_u16(), reply.json["error"].clone(), headers)
}
