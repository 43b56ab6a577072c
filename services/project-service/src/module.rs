//! The composition root: settings and dependencies become a module.

use std::sync::Arc;
use std::time::Duration;

use actix_web::web::{Data, ServiceConfig};
use async_trait::async_trait;
use platform::cli::Service;
use platform::client::Sibling;
use platform::db::{Creations, Database, SchemaState};
use platform::http::Endpoints;
use platform::limits::{Limits, StrictStore};
use platform::outbox::Outbox;
use platform::revocations::SiblingFeed;
use platform::settings::{DatabaseSettings, Settings};
use platform::{EarlierCreations, Instance, Module, NotReady};

use crate::clients::{ChatService, DeletionCourier};
use crate::dependencies::ProjectState;
use crate::migrations::Migrator;
use crate::repositories::{SqlProjects, SqlPrompts};
use crate::routes;
use crate::services::{Conversations, Export, Projects, Prompts};

/// How often old keys of requests are deleted.
const HOUSEKEEPING: Duration = Duration::from_secs(3_600);

/// project-service as a process of its own.
pub struct ProjectService;

/// project-service as a part of a process.
pub struct ProjectModule {
    db: Database,
    limits: Limits,
    outbox: Outbox,
    courier: Arc<DeletionCourier>,
    instance: Instance,
    state: Data<ProjectState>,
}

#[async_trait]
impl Service for ProjectService {
    const NAME: &'static str = "project-service";
    const TITLE: &'static str = "OmniChat project-service";
    const DOCUMENT: &'static str = include_str!("../../../docs/openapi/project.json");
    const DEFAULTS: &'static str = include_str!("../config/default.toml");

    fn endpoints() -> Endpoints {
        routes::endpoints()
    }

    async fn build(settings: &Settings, instance: &Instance) -> anyhow::Result<Arc<dyn Module>> {
        let chat = Sibling::chat(settings, Self::NAME, instance)?.deleting();
        let auth = Sibling::auth(settings, Self::NAME, instance)?;
        instance.revocations.follow(Arc::new(SiblingFeed::new(auth)));
        Ok(Arc::new(ProjectModule::build(settings, instance, Arc::new(ChatService(chat))).await?))
    }
}

impl ProjectModule {
    /// Puts the module together; `conversations` is how chat-service is told of deleted projects.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn build(
        settings: &Settings,
        instance: &Instance,
        conversations: Arc<dyn Conversations>,
    ) -> anyhow::Result<Self> {
        let db = Database::connect(&DatabaseSettings::from(settings)?, "project").await?;
        let strict = StrictStore::new(db.clone());
        let limits = Limits::new(settings, instance.clock.clone(), Some(strict))?;
        let outbox = Outbox::new(db.clone(), instance.ids.clone());
        let projects = Arc::new(SqlProjects::new(db.clone(), outbox.clone()));
        let prompts = Arc::new(SqlPrompts::new(db.clone()));
        let (clock, ids) = (instance.clock.clone(), instance.ids.clone());
        let creations = Arc::new(Creations::new(db.clone()));
        let creations = EarlierCreations::new(creations, clock.clone());
        let state = Data::new(ProjectState {
            projects: Projects::new(projects.clone(), creations.clone(), instance.clone()),
            prompts: Prompts::new(prompts.clone(), creations, clock, ids),
            export: Export::new(projects, prompts),
        });
        let courier = Arc::new(DeletionCourier(conversations));
        Ok(Self { db, limits, outbox, courier, instance: instance.clone(), state })
    }

    /// Its services, for a module in the same process.
    pub fn state(&self) -> Data<ProjectState> {
        self.state.clone()
    }
}

#[async_trait]
impl Module for ProjectModule {
    fn name(&self) -> &'static str {
        "project"
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

    fn start(&self) {
        self.limits.start(&self.instance.tasks);
        self.outbox.start(&self.instance.tasks, self.courier.clone());
        let state = self.state.clone();
        self.instance.tasks.repeat("housekeeping", HOUSEKEEPING, move || {
            let state = state.clone();
            async move { state.projects.keep_house().await }
        });
    }
}
