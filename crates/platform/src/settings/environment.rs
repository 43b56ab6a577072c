//! The environment's names for settings.

use config::{Config, Value};

use super::SettingsError;

/// Names that work as they are, and the settings they set.
const WELL_KNOWN: &[(&str, &str)] = &[
    ("HOST", "server.host"),
    ("PORT", "server.port"),
    ("PUBLIC_URL", "server.public_url"),
    ("ENVIRONMENT", "server.environment"),
    ("ALLOWED_ORIGINS", "server.allowed_origins"),
    ("TRUSTED_PROXIES", "server.trusted_proxies"),
    ("DATABASE_URL", "database.url"),
    ("DATABASE_READ_URL", "database.read_url"),
    ("RUST_LOG", "telemetry.log"),
    ("SENTRY_DSN", "telemetry.sentry_dsn"),
    ("OTEL_SERVICE_NAME", "telemetry.service"),
    ("OTEL_EXPORTER_OTLP_ENDPOINT", "telemetry.otlp_endpoint"),
    ("OTEL_EXPORTER_OTLP_HEADERS", "telemetry.otlp_headers"),
    ("JWT_SECRETS", "tokens.secrets"),
    ("JWT_SECRET", "tokens.secret"),
    ("KEY_ENCRYPTION_KEYS", "sealing.keys"),
    ("AUTH_SERVICE_URL", "siblings.auth_url"),
    ("PROJECT_SERVICE_URL", "siblings.project_url"),
    ("CHAT_SERVICE_URL", "siblings.chat_url"),
];

/// What each provider has, which works after the provider's name: `OPENAI_API_KEY` is `providers.openai.api_key`.
const OF_PROVIDERS: &[&str] = &["api_key", "base_url"];

/// Every section that some service has, so that one file or environment can serve all of them. A key of a section that
/// the running service does not have itself is left to the one that does.
pub const SECTIONS: &[&str] = &[
    "server",
    "database",
    "telemetry",
    "tokens",
    "sealing",
    "siblings",
    "breaker",
    "rate_limits",
    "registration",
    "passwords",
    "sessions",
    "audit",
    "models",
    "providers",
    "ollama",
    "generation",
    "context",
    "titles",
    "budget",
];

/// The section to which each service adds keys of its own.
const SHARED: &str = "rate_limits";

/// Every key that some service adds to it: the operations that have a limit.
pub const LIMITED: &[&str] = &[
    "register",
    "log_in",
    "verify_log_in",
    "refresh_session",
    "get_me",
    "change_password",
    "begin_second_factor",
    "enable_second_factor",
    "disable_second_factor",
    "delete_account",
    "export_account",
    "get_profile",
    "update_profile",
    "list_events",
    "check_session",
    "list_sessions",
    "delete_session",
    "create_token",
    "list_tokens",
    "delete_token",
    "list_projects",
    "create_project",
    "get_project",
    "update_project",
    "delete_project",
    "list_project_prompts",
    "create_prompt",
    "list_prompts",
    "get_prompt",
    "update_prompt",
    "delete_prompt",
    "list_prompt_versions",
    "get_prompt_version",
    "restore_prompt",
    "render_prompt",
    "list_conversations",
    "create_conversation",
    "get_conversation",
    "update_conversation",
    "delete_conversation",
    "generate_title",
    "generate_project_name",
    "summarize_thread",
    "list_messages",
    "send_message",
    "get_message",
    "stream_message",
    "cancel_message",
    "edit_message",
    "regenerate_message",
    "list_siblings",
    "select_message",
    "get_attachment",
    "export_conversation",
    "import_conversations",
    "get_import",
    "create_share",
    "list_shares",
    "delete_share",
    "get_shared_conversation",
    "list_models",
    "get_model_status",
    "load_model",
    "stream_model_load",
    "update_api_keys",
    "list_api_keys",
    "delete_api_key",
    "get_usage",
    "create_completion",
    "list_completion_models",
    "get_completion_model",
];

const PREFIX: &str = "OMNICHAT__";

/// A setting's key together with what it is called in the environment, for messages.
pub fn name_of(key: &str) -> String {
    let known = WELL_KNOWN.iter().find(|(_, known)| *known == key);
    let variable = known
        .map(|(name, _)| (*name).to_owned())
        .or_else(|| {
            let (provider, name) = key.strip_prefix("providers.")?.split_once('.')?;
            OF_PROVIDERS.contains(&name).then(|| format!("{provider}_{name}").to_uppercase())
        })
        .unwrap_or_else(|| format!("{PREFIX}{}", key.replace('.', "__").to_uppercase()));
    format!("{key} ({variable})")
}

/// The key that a name works for as it is.
fn well_known(name: &str) -> Option<String> {
    if let Some((_, key)) = WELL_KNOWN.iter().find(|(known, _)| *known == name) {
        return Some((*key).to_owned());
    }
    OF_PROVIDERS.iter().find_map(|key| {
        let provider = name.strip_suffix(&key.to_uppercase())?.strip_suffix('_')?;
        Some(format!("providers.{}.{key}", provider.to_lowercase()))
    })
}

/// The key that a variable sets; `None` if it sets none here.
pub(super) fn key_of(name: &str, defaults: &Config) -> Result<Option<String>, SettingsError> {
    let Some(rest) = name.strip_prefix(PREFIX) else {
        return Ok(well_known(name).filter(|key| defaults.get::<Value>(key).is_ok()));
    };
    let key = rest.to_lowercase().replace("__", ".");
    if is_a_siblings(&key, defaults) {
        return Ok(None);
    }
    match defaults.get::<Value>(&key) {
        Ok(value) if value.clone().into_table().is_err() => Ok(Some(key)),
        _ => Err(SettingsError::Unknown(name.to_owned())),
    }
}

/// Whether only another service has the section, or only another may have the key.
pub(super) fn is_a_siblings(key: &str, defaults: &Config) -> bool {
    let (section, name) = key.split_once('.').unwrap_or((key, ""));
    if defaults.get_table(section).is_err() {
        return SECTIONS.contains(&section);
    }
    section == SHARED && LIMITED.contains(&name) && defaults.get::<Value>(key).is_err()
}
