//! The services over their repositories.

use std::sync::Arc;

use common::SystemEntropy;
use platform::db::{Creations, Database};
use platform::sealing::Sealer;
use platform::settings::Settings;
use platform::{EarlierCreations, Instance};

use crate::core::ChatSettings;
use crate::dependencies::ChatState;
use crate::generation::{Engine, EngineSettings};
use crate::repositories::{
    SqlApiKeys, SqlAttachments, SqlConversations, SqlDataKeys, SqlIdempotency, SqlImports,
    SqlLoadJobs, SqlMessages, SqlPreferences, SqlReplies, SqlShares, SqlSubjects, SqlSummaries,
    SqlUsage,
};
use crate::services::{
    ApiKeys, Asking, Attachments, Completions, Conversations, ConversationsParts, DataKeys, Export,
    ExportParts, Imports, LoadJobs, Messages, MessagesParts, Models, Preferences, ProjectAccess,
    RingWrapper, Shares, Summaries, SummariesParts, Titles, UsageLedger, Users, Vault,
};

/// What the services stand on.
pub(super) struct Ground<'a> {
    pub(super) db: &'a Database,
    pub(super) vault: &'a Arc<Vault>,
    pub(super) models: Arc<Models>,
    pub(super) engine: &'a Arc<Engine>,
    pub(super) projects: Arc<dyn ProjectAccess>,
    pub(super) sealer: Sealer,
    pub(super) instance: &'a Instance,
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
    pub(super) fn compose(self, settings: &ChatSettings) -> ChatState {
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

pub(super) fn engine(settings: &ChatSettings, db: &Database, instance: &Instance) -> Arc<Engine> {
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

/// People's own keys, under data keys that the settings' ring wraps.
pub(super) fn vault(
    settings: &Settings,
    instance: &Instance,
    db: &Database,
) -> anyhow::Result<Vault> {
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
