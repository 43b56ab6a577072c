//! The composition root: settings and dependencies become a module.

use std::sync::Arc;
use std::time::Duration;

use actix_web::web::{Data, ServiceConfig};
use async_trait::async_trait;
use chrono::TimeDelta;
use common::SystemEntropy;
use platform::cli::Service;
use platform::client::Sibling;
use platform::db::{Creations, Database, SchemaState};
use platform::http::Endpoints;
use platform::limits::{Limits, StrictStore};
use platform::revocations::SiblingFeed;
use platform::sealing::Sealer;
use platform::settings::{DatabaseSettings, Settings, SettingsError};
use platform::{EarlierCreations, Instance, Module, NotReady};

use crate::clients::ProjectService;
use crate::core::{Catalogue, ChatSettings, DemoModel, ModelSettings};
use crate::dependencies::ChatState;
use crate::generation::{Engine, EngineSettings};
use crate::migrations::Migrator;
use crate::providers::{DEMO, Http, VENDORS};
use crate::repositories::{
    SqlApiKeys, SqlAttachments, SqlConversations, SqlDataKeys, SqlErrands, SqlIdempotency,
    SqlImports, SqlLoadJobs, SqlMessages, SqlPreferences, SqlReplies, SqlShares, SqlSubjects,
    SqlSummaries, SqlUsage,
};
use crate::routes;
use crate::services::{
    ApiKeys, Asking, Attachments, Completions, Conversations, ConversationsParts, DataKeys,
    Errands, Export, ExportParts, Imports, LoadJobs, Messages, MessagesParts, Models, Preferences,
    ProjectAccess, RingWrapper, Shares, Summaries, SummariesParts, Titles, UsageLedger, Users,
    Vault,
};

/// How often what this process has done with keys is written.
const KEY_USES: Duration = Duration::from_secs(2);
/// How often data keys are wrapped anew, where that is needed, and old events deleted.
const HOUSEKEEPING: Duration = Duration::from_secs(3_600);

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

    /// Asks providers which models they have, now and again and again.
    fn keep_discovering(&self, pause: Duration) {
        let tasks = &self.instance.tasks;
        let (models, stop) = (self.models.clone(), tasks.stopping().clone());
        let conditions = self.instance.conditions.clone();
        let discover = move || {
            let (models, stop, conditions) = (models.clone(), stop.clone(), conditions.clone());
            async move {
                stop.run_until_cancelled(models.discover(&conditions)).await;
            }
        };
        tasks.spawn(discover());
        tasks.repeat("discovery", pause, discover);
    }

    /// Looks after people's keys, and deletes what is old, from now on.
    fn keep_house(&self) {
        let tasks = &self.instance.tasks;
        let vault = self.vault.clone();
        tasks.repeat("key uses", KEY_USES, move || {
            let vault = vault.clone();
            async move { vault.write_uses().await }
        });
        let (vault, clock, events) = (self.vault.clone(), self.instance.clock.clone(), self.events);
        let (state, stop) = (self.state.clone(), tasks.stopping().clone());
        let keep_house = move || {
            let (vault, stop, before) = (vault.clone(), stop.clone(), clock.now() - events);
            let state = state.clone();
            async move {
                let keep_house = async {
                    tokio::join!(
                        vault.keep_house(before),
                        state.load_jobs.keep_house(),
                        state.imports.keep_house(),
                        state.conversations.keep_house(),
                        state.messages.keep_house()
                    )
                };
                stop.run_until_cancelled(keep_house).await;
            }
        };
        tasks.spawn(keep_house());
        tasks.repeat("housekeeping", HOUSEKEEPING, keep_house);
    }
}

/// What the services stand on.
struct Ground<'a> {
    db: &'a Database,
    vault: &'a Arc<Vault>,
    models: Arc<Models>,
    engine: &'a Arc<Engine>,
    projects: Arc<dyn ProjectAccess>,
    sealer: Sealer,
    instance: &'a Instance,
}

impl Ground<'_> {
    /// The services that ask models something outside of any reply.
    fn asking(&self, settings: &ChatSettings) -> (Arc<Summaries>, Arc<Titles>) {
        let Self { db, models, projects, .. } = self;
        let (engine, instance) = (self.engine.clone(), self.instance.clone());
        let clock = instance.clock.clone();
        let conversations = Arc::new(SqlConversations::new((*db).clone()));
        let messages = Arc::new(SqlMessages::new((*db).clone()));
        let usage = Arc::new(SqlUsage::new((*db).clone()));
        let asking = Arc::new(Asking::new(models.clone(), engine, usage, instance));
        let parts = SummariesParts {
            subjects: Arc::new(SqlSubjects::new((*db).clone())),
            messages: messages.clone(),
            summaries: Arc::new(SqlSummaries::new((*db).clone())),
            asking: asking.clone(),
            settings: settings.context,
        };
        let titles = Titles::new(conversations, messages, projects.clone(), asking, clock.clone());
        (Arc::new(Summaries::new(parts, clock)), Arc::new(titles))
    }

    /// The services over their repositories.
    fn compose(self, settings: &ChatSettings) -> ChatState {
        let (summaries, titles) = self.asking(settings);
        let Self { db, vault, models, engine, projects, sealer, instance } = self;
        let (clock, ids) = (instance.clock.clone(), instance.ids.clone());
        let creations = creations(db, instance);
        let usage = Arc::new(SqlUsage::new(db.clone()));
        let conversations = Arc::new(SqlConversations::new(db.clone()));
        let preferences = Arc::new(SqlPreferences::new(db.clone()));
        let attachments = Arc::new(SqlAttachments::new(db.clone()));
        let completions =
            Completions::new(projects.clone(), models.clone(), engine.clone(), ids.clone());
        let message_parts = MessagesParts {
            conversations: conversations.clone(),
            messages: Arc::new(SqlMessages::new(db.clone())),
            keys: Arc::new(SqlIdempotency::new(db.clone())),
            attachments: attachments.clone(),
            subjects: Arc::new(SqlSubjects::new(db.clone())),
            projects: projects.clone(),
            models: models.clone(),
            engine: engine.clone(),
            context: settings.context,
            titles: settings.titles,
        };
        let conversation_parts = ConversationsParts {
            conversations: conversations.clone(),
            preferences: preferences.clone(),
            creations: creations.clone(),
            projects,
            models: models.clone(),
            engine: engine.clone(),
            tasks: instance.tasks.clone(),
        };
        let users = Users::new(
            conversations,
            preferences.clone(),
            usage.clone(),
            vault.clone(),
            Arc::new(SqlImports::new(db.clone())),
            engine.clone(),
            instance.tasks.clone(),
        );
        let own_preferences =
            Preferences::new(preferences, models.clone(), vault.clone(), clock.clone());
        ChatState {
            load_jobs: load_jobs(db, &models, instance, settings),
            messages: Arc::new(Messages::new(message_parts, instance.clone())),
            summaries,
            titles,
            export: export(db, instance),
            imports: imports(db, &models, instance),
            attachments: Attachments::new(attachments),
            shares: shares(db, instance, creations, sealer),
            conversations: Conversations::new(conversation_parts, clock.clone(), ids),
            completions,
            preferences: own_preferences,
            usage: UsageLedger::new(usage, clock),
            users,
            api_keys: ApiKeys::new(vault.clone(), models.clone(), settings.providers.key_check()),
            models,
        }
    }
}

fn engine(settings: &ChatSettings, db: &Database, instance: &Instance) -> Arc<Engine> {
    Arc::new(Engine::new(
        Arc::new(SqlReplies::new(db.clone())),
        Arc::new(SqlMessages::new(db.clone())),
        Arc::new(SqlUsage::new(db.clone())),
        instance.clone(),
        EngineSettings {
            generation: settings.generation.clone(),
            budget: settings.budget,
            breaker: settings.breaker,
        },
    ))
}

fn catalogue(settings: &ModelSettings) -> anyhow::Result<Catalogue> {
    let catalogue = Catalogue::load(&settings.file)?;
    if catalogue.find(&settings.default).is_none() {
        return Err(SettingsError::malformed(
            "models.default",
            "the id of a model of the catalogue",
        )
        .into());
    }
    Ok(catalogue)
}

/// People's own keys, under data keys that the settings' ring wraps.
fn vault(settings: &Settings, instance: &Instance, db: &Database) -> anyhow::Result<Vault> {
    let entropy = Arc::new(SystemEntropy);
    let (clock, ids) = (instance.clock.clone(), instance.ids.clone());
    let wrapper = RingWrapper(Sealer::from(settings, entropy.clone())?);
    let data_keys = DataKeys::new(
        Arc::new(SqlDataKeys::new(db.clone())),
        Arc::new(wrapper),
        entropy,
        clock.clone(),
        ids.clone(),
    );
    Ok(Vault::new(Arc::new(SqlApiKeys::new(db.clone())), data_keys, clock, ids))
}

fn load_jobs(
    db: &Database,
    models: &Arc<Models>,
    instance: &Instance,
    settings: &ChatSettings,
) -> Arc<LoadJobs> {
    let jobs = Arc::new(SqlLoadJobs::new(db.clone()));
    Arc::new(LoadJobs::new(jobs, models.clone(), instance.clone(), settings.ollama.pull))
}

fn creations(db: &Database, instance: &Instance) -> EarlierCreations {
    EarlierCreations::new(Arc::new(Creations::new(db.clone())), instance.clock.clone())
}

fn export(db: &Database, instance: &Instance) -> Export {
    let parts = ExportParts {
        conversations: Arc::new(SqlConversations::new(db.clone())),
        messages: Arc::new(SqlMessages::new(db.clone())),
        attachments: Arc::new(SqlAttachments::new(db.clone())),
        shares: Arc::new(SqlShares::new(db.clone())),
        preferences: Arc::new(SqlPreferences::new(db.clone())),
        usage: Arc::new(SqlUsage::new(db.clone())),
    };
    Export::new(parts, instance.clock.clone())
}

fn imports(db: &Database, models: &Arc<Models>, instance: &Instance) -> Arc<Imports> {
    let imports = Arc::new(SqlImports::new(db.clone()));
    Arc::new(Imports::new(imports.clone(), imports, models.clone(), instance.clone()))
}

fn shares(
    db: &Database,
    instance: &Instance,
    creations: EarlierCreations,
    sealer: Sealer,
) -> Shares {
    Shares::new(
        Arc::new(SqlShares::new(db.clone())),
        Arc::new(SqlConversations::new(db.clone())),
        creations,
        sealer,
        Arc::new(SystemEntropy),
        instance.clock.clone(),
        instance.ids.clone(),
    )
}

fn models(
    settings: &ChatSettings,
    catalogue: Catalogue,
    vault: Arc<Vault>,
) -> anyhow::Result<Models> {
    let mut models = Models::new(catalogue, settings.models.default.clone(), vault);
    let connect = settings.providers.connect();
    let http = Http::new(connect, settings.providers.idle(), None)?;
    // While a model is being loaded nothing is heard of it.
    let patience = settings.generation.loading();
    for vendor in VENDORS {
        let configured = settings.providers.vendor(vendor.name);
        let Some(configured) = configured.filter(|vendor| !vendor.base_url.is_empty()) else {
            continue;
        };
        let key = configured.api_key().cloned();
        // A key that people have none of their own beside goes with whatever is asked.
        let everywhere = key.as_ref().filter(|_| vendor.key_name.is_none());
        let http = if vendor.requires_loading {
            Http::new(connect, patience, everywhere)?
        } else {
            http.clone()
        };
        models = models.with(vendor, http, &configured.base_url, key);
    }
    let has_demo = match settings.models.demo {
        DemoModel::Auto => !models.has_any(),
        DemoModel::On => true,
        DemoModel::Off => false,
    };
    Ok(if has_demo { models.with(&DEMO, http, DEMO.base_url, None) } else { models })
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
