//! The composition root: settings and dependencies become a module.

use std::sync::Arc;
use std::time::Duration;

use actix_web::web::{Data, ServiceConfig};
use async_trait::async_trait;
use common::SystemEntropy;
use platform::cli::Service;
use platform::client::Sibling;
use platform::db::{Database, SchemaState};
use platform::http::Endpoints;
use platform::limits::{Limits, Quota, StrictStore};
use platform::outbox::Outbox;
use platform::sealing::Sealer;
use platform::settings::{DatabaseSettings, Settings};
use platform::{Instance, Module, NotReady};
use prometheus_client::metrics::gauge::Gauge;

use crate::clients::{DeletionCourier, HttpAccountData, HttpSettings};
use crate::core::settings::{AuthSettings, PasswordSettings, Registration};
use crate::dependencies::AuthState;
use crate::migrations::Migrator;
use crate::repositories::{
    SqlAudit, SqlRevocations, SqlSecondFactors, SqlSessions, SqlTokens, SqlUsers,
};
use crate::routes;
use crate::services::{
    AccountData, Audit, Export, ExportParts, HashingPool, Housekeeping, Passwords, Profiles,
    Revocations, SecondFactors, Sessions, SettingsAccess, Throttle, Tokens, Users,
};

/// How often what is over is deleted.
const HOUSEKEEPING: Duration = Duration::from_secs(3_600);

/// auth-service as a process of its own.
pub struct AuthService;

/// auth-service as a part of a process.
pub struct AuthModule {
    db: Database,
    limits: Limits,
    outbox: Outbox,
    courier: Arc<DeletionCourier>,
    instance: Instance,
    /// How much work on passwords runs or waits.
    hashing: Gauge,
    state: Data<AuthState>,
}

/// The services that auth-service calls.
pub struct Siblings {
    /// What project-service has of accounts.
    pub projects: Arc<dyn AccountData>,
    /// What chat-service has of them.
    pub chat: Arc<dyn AccountData>,
    /// chat-service's part of profiles.
    pub settings: Arc<dyn SettingsAccess>,
}

#[async_trait]
impl Service for AuthService {
    const NAME: &'static str = "auth-service";
    const TITLE: &'static str = "OmniChat auth-service";
    const DOCUMENT: &'static str = include_str!("../../../docs/openapi/auth.json");
    const DEFAULTS: &'static str = include_str!("../config/default.toml");

    fn endpoints() -> Endpoints {
        routes::endpoints()
    }

    async fn build(settings: &Settings, instance: &Instance) -> anyhow::Result<Arc<dyn Module>> {
        let siblings = Siblings::over_http(settings, instance)?;
        Ok(Arc::new(AuthModule::build(settings, instance, siblings).await?))
    }
}

impl Siblings {
    /// Those at the addresses of the settings.
    ///
    /// # Errors
    /// An address is none.
    pub fn over_http(settings: &Settings, instance: &Instance) -> anyhow::Result<Self> {
        let projects = Sibling::project(settings, AuthService::NAME, instance)?;
        let chat = Sibling::chat(settings, AuthService::NAME, instance)?;
        Ok(Self {
            projects: Arc::new(HttpAccountData(projects.deleting())),
            chat: Arc::new(HttpAccountData(chat.clone().deleting())),
            settings: Arc::new(HttpSettings(chat)),
        })
    }
}

impl AuthModule {
    /// Puts the module together.
    ///
    /// # Errors
    /// A setting is wrong, or the database cannot be reached.
    pub async fn build(
        settings: &Settings,
        instance: &Instance,
        siblings: Siblings,
    ) -> anyhow::Result<Self> {
        let ours = AuthSettings::from(settings)?;
        let db = Database::connect(&DatabaseSettings::from(settings)?, "auth").await?;
        let strict = StrictStore::new(db.clone());
        let limits = Limits::new(settings, instance.clock.clone(), Some(strict))?;
        let outbox = Outbox::new(db.clone(), instance.ids.clone());
        let ground = Ground {
            db: &db,
            outbox: &outbox,
            limits: &limits,
            sealer: Sealer::from(settings, Arc::new(SystemEntropy))?,
            siblings: &siblings,
            instance,
        };
        let state = ground.compose(ours)?;
        instance.revocations.follow(state.revocations.clone());
        let courier = DeletionCourier { projects: siblings.projects, chat: siblings.chat };
        let hashing = Gauge::default();
        instance.metrics.register(
            "password_work",
            "Passwords being hashed or waiting for it",
            hashing.clone(),
        );
        Ok(Self {
            db,
            limits,
            outbox,
            hashing,
            courier: Arc::new(courier),
            instance: instance.clone(),
            state: Data::new(state),
        })
    }

    /// Its services, for a module in the same process.
    pub fn state(&self) -> &AuthState {
        &self.state
    }
}

/// What the services stand on.
struct Ground<'a> {
    db: &'a Database,
    outbox: &'a Outbox,
    limits: &'a Limits,
    sealer: Sealer,
    siblings: &'a Siblings,
    instance: &'a Instance,
}

impl Ground<'_> {
    /// The services over their repositories.
    fn compose(self, settings: AuthSettings) -> anyhow::Result<AuthState> {
        let (db, instance) = (self.db, self.instance);
        let sessions = Arc::new(SqlSessions::new(db.clone()));
        let tokens = Arc::new(SqlTokens::new(db.clone()));
        let revocations = Arc::new(SqlRevocations::new(db.clone()));
        let events = Arc::new(SqlAudit::new(db.clone()));
        let entropy = Arc::new(SystemEntropy);
        let audit =
            Arc::new(Audit::new(events.clone(), settings.sessions.access, instance.clone()));
        let users = self.users(settings.passwords, settings.registration, &audit)?;
        let second_factors = Arc::new(SecondFactors::new(
            Arc::new(SqlSecondFactors::new(db.clone())),
            users.clone(),
            audit.clone(),
            self.sealer,
            entropy.clone(),
            instance.clone(),
        ));
        let export = ExportParts {
            users: users.clone(),
            sessions: sessions.clone(),
            tokens: tokens.clone(),
            events: events.clone(),
            projects: self.siblings.projects.clone(),
            chat: self.siblings.chat.clone(),
        };
        let housekeeping = Housekeeping {
            sessions: sessions.clone(),
            tokens: tokens.clone(),
            revocations: revocations.clone(),
            audit: events,
            second_factors: second_factors.clone(),
            idle: settings.sessions.idle,
            events: settings.audit,
            clock: instance.clock.clone(),
        };
        let revocations = Revocations::new(revocations, tokens.clone(), instance.clock.clone());
        Ok(AuthState {
            sessions: Sessions::new(
                sessions,
                users.clone(),
                second_factors.clone(),
                audit.clone(),
                settings.sessions,
                entropy,
                instance.clone(),
            ),
            revocations: Arc::new(revocations),
            tokens: Tokens::new(tokens, users.clone(), audit.clone(), instance.clone()),
            profiles: Profiles::new(users.clone(), self.siblings.settings.clone()),
            export: Export::new(export, instance.clock.clone()),
            second_factors,
            users,
            audit,
            housekeeping,
        })
    }

    fn users(
        &self,
        passwords: PasswordSettings,
        registration: Registration,
        audit: &Arc<Audit>,
    ) -> anyhow::Result<Arc<Users>> {
        let quota = Quota::per_minute(passwords.tries_per_minute);
        let pool = HashingPool::new(&passwords, Arc::new(SystemEntropy))?;
        Ok(Arc::new(Users::new(
            Arc::new(SqlUsers::new(self.db.clone(), self.outbox.clone())),
            Passwords::new(pool, passwords),
            registration,
            Throttle::new(self.limits.clone(), quota, self.instance.clone()),
            audit.clone(),
            self.instance.clone(),
        )))
    }
}

#[async_trait]
impl Module for AuthModule {
    fn name(&self) -> &'static str {
        "auth"
    }

    fn configure(&self, config: &mut ServiceConfig) {
        config.app_data(self.state.clone());
        routes::endpoints().configure(config, &self.limits);
    }

    fn database(&self) -> &Database {
        &self.db
    }

    async fn migrate(&self) -> anyhow::Result<()> {
        Ok(self.db.migrate::<Migrator>().await?)
    }

    async fn ready(&self) -> Result<(), NotReady> {
        self.db.ready::<Migrator>().await
    }

    async fn schema(&self) -> anyhow::Result<SchemaState> {
        Ok(self.db.schema::<Migrator>().await?)
    }

    fn outbox(&self) -> Option<&Outbox> {
        Some(&self.outbox)
    }

    fn measure(&self) {
        let load = self.state.users.password_load();
        self.hashing.set(i64::try_from(load).unwrap_or(i64::MAX));
    }

    fn start(&self) {
        self.limits.start(&self.instance.tasks);
        self.outbox.start(&self.instance.tasks, self.courier.clone());
        let state = self.state.clone();
        self.instance.tasks.repeat("housekeeping", HOUSEKEEPING, move || {
            let state = state.clone();
            async move { state.housekeeping.run().await }
        });
    }
}
