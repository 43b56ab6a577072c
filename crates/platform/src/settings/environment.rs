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
    ("RUST_LOG", "telemetry.log"),
    ("JWT_SECRETS", "tokens.secrets"),
    ("JWT_SECRET", "tokens.secret"),
    ("KEY_ENCRYPTION_KEYS", "sealing.keys"),
    ("AUTH_SERVICE_URL", "siblings.auth_url"),
    ("PROJECT_SERVICE_URL", "siblings.project_url"),
    ("CHAT_SERVICE_URL", "siblings.chat_url"),
    ("OPENAI_API_KEY", "providers.openai.api_key"),
    ("OPENAI_BASE_URL", "providers.openai.base_url"),
    ("OPENROUTER_API_KEY", "providers.openrouter.api_key"),
    ("OPENROUTER_BASE_URL", "providers.openrouter.base_url"),
    ("ANTHROPIC_API_KEY", "providers.anthropic.api_key"),
    ("ANTHROPIC_BASE_URL", "providers.anthropic.base_url"),
    ("GOOGLE_API_KEY", "providers.google.api_key"),
    ("GOOGLE_BASE_URL", "providers.google.base_url"),
    ("OLLAMA_BASE_URL", "providers.ollama.base_url"),
];

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
    "list_messages",
    "send_message",
    "get_message",
    "stream_message",
    "cancel_message",
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
    let variable = WELL_KNOWN.iter().find(|(_, known)| *known == key).map_or_else(
        || format!("{PREFIX}{}", key.replace('.', "__").to_uppercase()),
        |(name, _)| (*name).to_owned(),
    );
    format!("{key} ({variable})")
}

/// The key that a variable sets; `None` if it sets none here.
pub(super) fn key_of(name: &str, defaults: &Config) -> Result<Option<String>, SettingsError> {
    if let Some((_, key)) = WELL_KNOWN.iter().find(|(known, _)| *known == name) {
        return Ok(defaults.get::<Value>(key).is_ok().then(|| (*key).to_owned()));
    }
    let Some(rest) = name.strip_prefix(PREFIX) else {
        return Ok(None);
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
