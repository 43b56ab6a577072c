//! The composition root: three modules that call each other in process.

use std::sync::Arc;

use auth_service::{AuthModule, AuthService, Siblings};
use chat_service::{ChatModule, ChatService};
use platform::cli::Service;
use platform::http::Endpoints;
use platform::settings::Settings;
use platform::{Instance, Module};
use project_service::{ProjectModule, ProjectService};

use crate::adapters::{
    InProcessChatData, InProcessConversations, InProcessProjectData, InProcessProjects,
    InProcessSettings,
};

/// The title of the document, for the test that writes it.
pub const TITLE: &str = "OmniChat";

/// The OpenAPI document of all three, without what siblings alone may call.
pub const DOCUMENT: &str = include_str!("../../../docs/openapi/omnichat.json");

/// The services' defaults, and over them the all-in-one's own.
pub const DEFAULTS: &[&str] = &[
    AuthService::DEFAULTS,
    ProjectService::DEFAULTS,
    ChatService::DEFAULTS,
    include_str!("../config/default.toml"),
];

/// What everybody may call.
pub fn endpoints() -> impl Iterator<Item = Endpoints> {
    [AuthService::endpoints(), ProjectService::endpoints(), ChatService::endpoints()]
        .into_iter()
        .map(Endpoints::without_internal)
}

/// The three modules, each as what it is.
pub struct Parts {
    /// auth-service.
    pub auth: AuthModule,
    /// project-service.
    pub project: ProjectModule,
    /// chat-service.
    pub chat: ChatModule,
}

/// The three modules.
///
/// # Errors
/// A setting is wrong, or a database cannot be reached.
pub async fn modules(
    settings: &Settings,
    instance: &Instance,
) -> anyhow::Result<Vec<Arc<dyn Module>>> {
    let Parts { auth, project, chat } = parts(settings, instance).await?;
    Ok(vec![Arc::new(auth), Arc::new(project), Arc::new(chat)])
}

/// The three modules, for who needs more of one than the server does.
///
/// # Errors
/// As [`modules`].
pub async fn parts(settings: &Settings, instance: &Instance) -> anyhow::Result<Parts> {
    let conversations = Arc::new(InProcessConversations::default());
    let project = ProjectModule::build(settings, instance, conversations.clone()).await?;
    let chat =
        ChatModule::build(settings, instance, Arc::new(InProcessProjects::new(project.state())))
            .await?;
    conversations.connect(chat.state());
    let siblings = Siblings {
        projects: Arc::new(InProcessProjectData(project.state())),
        chat: Arc::new(InProcessChatData(chat.state())),
        settings: Arc::new(InProcessSettings(chat.state())),
    };
    let auth = AuthModule::build(settings, instance, siblings).await?;
    Ok(Parts { auth, project, chat })
}
