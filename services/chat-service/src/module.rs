//! The composition root: settings and dependencies become a module.

use std::sync::Arc;
use std::time::Duration;

use actix_web::web::{Data, ServiceConfig};
use async_trait::async_trait;
use platform::cli::Service;
use platform::client::{Sibling, http_client};
use platform::db::Database;
use platform::http::Endpoints;
use platform::limits::{Limits, StrictStore};
use platform::revocations::SiblingFeed;
use platform::settings::{DatabaseSettings, Settings, SettingsError, SiblingSettings};
use platform::{Instance, Module, NotReady};

use crate::clients::ProjectService;
use crate::core::{Catalogue, ChatSettings, DemoModel, ProviderSettings};
use crate::dependencies::ChatState;
use crate::generation::Engine;
use crate::migrations::Migrator;
use crate::providers::{DEMO, VENDORS};
use crate::repositories::{SqlConversations, SqlMessages, SqlPreferences, SqlReplies, SqlUsage};
use crate::routes;
use crate::services::{
    Conversations, ConversationsParts, Messages, MessagesParts, Models, Preferences, ProjectAccess,
    Users,
};

/// chat-service as a process of its own.
pub struct ChatService;

/// chat-service as a part of a process.
pub struct ChatModule {
    db: Database,
    limits: Limits,
    engine: Engine,
    instance: Instance,
    state: Data<ChatState>,
}

#[async_trait]
impl Service for ChatService {
    const NAME: &'static str = "chat-service";
    const TITLE: &'static str = "OmniChat chat-service";
    const DEFAULTS: &'static str = include_str!("../config/default.toml");

    fn endpoints() -> Endpoints {
        routes::endpoints()
    }

    async fn build(settings: &Settings, instance: &Instance) -> anyhow::Result<Arc<dyn Module>> {
        let siblings = SiblingSettings::from(settings)?;
        let projects = Sibling::new(
            "project-service",
            &siblings.project_url,
            http_client(Duration::from_secs(1))?,
            &siblings,
            Self::NAME,
            instance.clone(),
        );
        let projects = Arc::new(ProjectService::new(projects));
        let auth = Sibling::new(
            "auth-service",
            &siblings.auth_url,
            http_client(Duration::from_secs(1))?,
            &siblings,
            Self::NAME,
            instance.clone(),
        );
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
        let models = Arc::new(models(&chat)?);
        let db = Database::connect(&DatabaseSettings::from(settings)?, "chat").await?;
        let strict = StrictStore::new(db.clone());
        let limits = Limits::new(settings, instance.clock.clone(), Some(strict))?;
        let messages = Arc::new(SqlMessages::new(db.clone()));
        let replies = Arc::new(SqlReplies::new(db.clone()));
        let usage = Arc::new(SqlUsage::new(db.clone()));
        let engine = Engine::new(
            replies,
            messages.clone(),
            usage.clone(),
            instance.clone(),
            chat.generation,
            chat.budget,
        );
        let conversations = Arc::new(SqlConversations::new(db.clone()));
        let preferences = Arc::new(SqlPreferences::new(db.clone()));
        let message_parts = MessagesParts {
            conversations: conversations.clone(),
            messages,
            preferences: preferences.clone(),
            projects: projects.clone(),
            models: models.clone(),
            engine: engine.clone(),
            context: chat.context,
        };
        let conversation_parts = ConversationsParts {
            conversations: conversations.clone(),
            preferences: preferences.clone(),
            projects,
            models: models.clone(),
            engine: engine.clone(),
            tasks: instance.tasks.clone(),
        };
        let (clock, ids) = (instance.clock.clone(), instance.ids.clone());
        let state = Data::new(ChatState {
            messages: Messages::new(message_parts, clock.clone(), ids.clone()),
            conversations: Conversations::new(conversation_parts, clock.clone(), ids),
            preferences: Preferences::new(preferences.clone(), models.clone(), clock),
            users: Users::new(
                conversations,
                preferences,
                usage,
                engine.clone(),
                instance.tasks.clone(),
            ),
            models,
        });
        Ok(Self { db, limits, engine, instance: instance.clone(), state })
    }

    /// Its services, for a module in the same process.
    pub fn state(&self) -> Data<ChatState> {
        self.state.clone()
    }
}

fn models(settings: &ChatSettings) -> anyhow::Result<Models> {
    let catalogue = Catalogue::load(&settings.models.file)?;
    let default = &settings.models.default;
    if catalogue.find(default).is_none() {
        return Err(SettingsError::malformed(
            "models.default",
            "the id of a model of the catalogue",
        )
        .into());
    }
    let mut models = Models::new(catalogue, default.clone());
    let http = provider_client(&settings.providers)?;
    for vendor in VENDORS {
        let configured = settings.providers.vendor(vendor.name);
        let Some(configured) = configured.filter(|vendor| !vendor.base_url.is_empty()) else {
            continue;
        };
        let key = configured.api_key().cloned();
        models = models.with(vendor, http.clone(), &configured.base_url, key);
    }
    let has_demo = match settings.models.demo {
        DemoModel::Auto => !models.has_any(),
        DemoModel::On => true,
        DemoModel::Off => false,
    };
    Ok(if has_demo { models.with(&DEMO, http, DEMO.base_url, None) } else { models })
}

/// What providers are called with: no redirect is followed, and no answer unpacked.
fn provider_client(settings: &ProviderSettings) -> reqwest::Result<reqwest::Client> {
    reqwest::Client::builder()
        .connect_timeout(settings.connect())
        .read_timeout(settings.idle())
        .redirect(reqwest::redirect::Policy::none())
        .tcp_nodelay(true)
        .no_proxy()
        .build()
}

#[async_trait]
impl Module for ChatModule {
    fn name(&self) -> &'static str {
        "chat"
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
        self.engine.start();
    }

    async fn drain(&self, patience: Duration) {
        self.engine.drain(patience).await;
    }
}
