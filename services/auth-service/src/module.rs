//! The composition root: settings and dependencies become a module.

use std::sync::Arc;

use actix_web::web::{Data, ServiceConfig};
use async_trait::async_trait;
use common::SystemEntropy;
use platform::cli::Service;
use platform::db::Database;
use platform::http::Endpoints;
use platform::limits::{Limits, StrictStore};
use platform::settings::{DatabaseSettings, Settings};
use platform::{Instance, Module, NotReady};

use crate::core::settings::AuthSettings;
use crate::dependencies::AuthState;
use crate::migrations::Migrator;
use crate::repositories::{SqlSessions, SqlUsers};
use crate::routes;
use crate::services::{HashingPool, Passwords, Sessions, Users};

/// auth-service as a process of its own.
pub struct AuthService;

/// auth-service as a part of a process.
pub struct AuthModule {
    db: Database,
    limits: Limits,
    instance: Instance,
    state: Data<AuthState>,
}

#[async_trait]
impl Service for AuthService {
    const NAME: &'static str = "auth-service";
    const TITLE: &'static str = "OmniChat auth-service";
    const DEFAULTS: &'static str = include_str!("../config/default.toml");

    fn endpoints() -> Endpoints {
        routes::endpoints()
    }

    async fn build(settings: &Settings, instance: &Instance) -> anyhow::Result<Arc<dyn Module>> {
        Ok(Arc::new(AuthModule::build(settings, instance).await?))
    }
}

impl AuthModule {
    /// Puts the module together.
    ///
    /// # Errors
    /// A setting is wrong, or the database cannot be reached.
    pub async fn build(settings: &Settings, instance: &Instance) -> anyhow::Result<Self> {
        let ours = AuthSettings::from(settings)?;
        let db = Database::connect(&DatabaseSettings::from(settings)?, "auth").await?;
        let strict = StrictStore::new(db.clone());
        let limits = Limits::new(settings, instance.clock.clone(), Some(strict))?;
        let entropy = Arc::new(SystemEntropy);
        let pool = HashingPool::new(&ours.passwords, entropy.clone())?;
        let users = Arc::new(Users::new(
            Arc::new(SqlUsers::new(db.clone())),
            Passwords::new(pool, ours.passwords),
            ours.registration,
            instance.clock.clone(),
            instance.ids.clone(),
        ));
        let sessions = Sessions::new(
            Arc::new(SqlSessions::new(db.clone())),
            users.clone(),
            instance.keys.clone(),
            ours.sessions,
            instance.clock.clone(),
            instance.ids.clone(),
            entropy,
        );
        Ok(Self {
            db,
            limits,
            instance: instance.clone(),
            state: Data::new(AuthState { users, sessions }),
        })
    }

    /// Its services, for a module in the same process.
    pub fn state(&self) -> &AuthState {
        &self.state
    }
}

#[async_trait]
impl Module for AuthModule {
    fn name(&self) -> &'static str {
        "auth"
    }

    fn endpoints(&self) -> Endpoints {
        routes::endpoints()
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

    fn start(&self) {
        self.limits.start(&self.instance.tasks);
    }
}
