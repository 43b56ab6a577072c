//! The composition root: settings and dependencies become a module.

mod composition;
mod models;
mod upkeep;

use std::sync::Arc;
use std::time::Duration;

use actix_web::web::{Data, ServiceConfig};
use async_trait::async_trait;
use chrono::TimeDelta;
use common::SystemEntropy;
use platform::cli::Service;
use platform::client::Sibling;
use platform::db::{Database, SchemaState};
use platform::http::Endpoints;
use platform::limits::{Limits, StrictStore};
use platform::revocations::SiblingFeed;
use platform::sealing::Sealer;
use platform::settings::{DatabaseSettings, Settings};
use platform::{Instance, Module, NotReady};

use self::composition::{Ground, engine, vault};
use self::models::{catalogue, models};
use crate::clients::ProjectService;
use crate::core::ChatSettings;
use crate::dependencies::ChatState;
use crate::generation::Engine;
use crate::migrations::Migrator;
use crate::repositories::SqlErrands;
use crate::routes;
use crate::services::{Errands, Models, ProjectAccess, Vault};

/// chat-service as a process of its own.
pub struct ChatService;

/// chat-service as a part of a process.
pub struct ChatModule {
    db: Database,
    limits: Limits,
    engine: Arc<Engine>,
    vault: Arc<Vault>,
    models: Arc<Models>,
    errands: Arc<Errands>,
    /// How often providers are asked which models they have, if they are.
    discover: Option<Duration>,
    /// How long it is kept what happened to keys.
    events: TimeDelta,
    instance: Instance,
    state: Data<ChatState>,
}

#[async_trait]
impl Service for ChatService {
    const NAME: &'static str = "chat-service";
    const TITLE: &'static str = "OmniChat chat-service";
    const DOCUMENT: &'static str = include_str!("../../../docs/openapi/chat.json");
    const DEFAULTS: &'static str = include_str!("../config/default.toml");

    fn endpoints() -> Endpoints {
        routes::endpoints()
    }

    async fn build(settings: &Settings, instance: &Instance) -> anyhow::Result<Arc<dyn Module>> {
        let projects = Sibling::project(settings, Self::NAME, instance)?;
        let projects = Arc::new(ProjectService::new(projects));
        let auth = Sibling::auth(settings, Self::NAME, instance)?;
        instance.revocations.follow(Arc::new(SiblingFeed::new(auth)));
        Ok(Arc::new(ChatModule::build(settings, instance, projects).await?))
    }
}

impl ChatModule {
    /// Puts the module together; `projects` is how project-service is asked.
    ///
    /// # Errors
    /// A setting is wrong, or the database cannot be reached.
    pub async fn build(
        settings: &Settings,
        instance: &Instance,
        projects: Arc<dyn ProjectAccess>,
    ) -> anyhow::Result<Self> {
        let chat = ChatSettings::from(settings)?;
        let catalogue = catalogue(&chat.models)?;
        let db = Database::connect(&DatabaseSettings::from(settings)?, "chat").await?;
        let vault = Arc::new(vault(settings, instance, &db)?);
        let models = Arc::new(models(&chat, catalogue, vault.clone())?);
        let strict = StrictStore::new(db.clone());
        let limits = Limits::new(settings, instance.clock.clone(), Some(strict))?;
        let events = chat.audit.keep();
        let engine = engine(&chat, &db, instance);
        let discover = chat.models.discover();
        let ground = Ground {
            db: &db,
            vault: &vault,
            models: models.clone(),
            engine: &engine,
            projects,
            sealer: Sealer::from(settings, Arc::new(SystemEntropy))?,
            instance,
        };
        let state = Data::new(ground.compose(&chat));
        let errands = Arc::new(Errands::new(
            Arc::new(SqlErrands::new(db.clone())),
            state.summaries.clone(),
            state.titles.clone(),
            instance.clone(),
        ));
        let instance = instance.clone();
        Ok(Self { db, limits, engine, vault, models, errands, discover, events, instance, state })
    }

    /// Its services, for a module in the same process.
    pub fn state(&self) -> Data<ChatState> {
        self.state.clone()
    }
}

#[async_trait]
impl Module for ChatModule {
    fn name(&self) -> &'static str {
        "chat"
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

    fn start(&self) {
        self.limits.start(&self.instance.tasks);
        self.engine.start();
        self.keep_house();
        self.state.load_jobs.start();
        self.state.imports.start();
        self.errands.start();
        if let Some(pause) = self.discover {
            self.keep_discovering(pause);
        }
    }

    fn measure(&self) {
        self.engine.measure();
    }

    async fn drain(&self, patience: Duration) {
        self.engine.drain(patience).await;
        self.vault.write_uses().await;
    }
}
