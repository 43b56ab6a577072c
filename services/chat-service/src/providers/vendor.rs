//! Who provides models, and how a provider is made of its settings.

use std::sync::Arc;

use super::{Anthropic, Demo, Google, Http, Ollama, OpenAi, OpenRouter, Provider};

/// A provider that can be configured.
pub struct Vendor {
    /// What the catalogue and the settings call it.
    pub name: &'static str,
    /// What a person's own key for it is called in the API; `None`: people have none.
    pub key_name: Option<&'static str>,
    /// Where it listens unless the settings say otherwise; empty: nowhere.
    pub base_url: &'static str,
    /// Whether it asks for a key at that address. Anywhere else may do without.
    pub needs_key: bool,
    /// Whether its models must be loaded before they can answer.
    pub requires_loading: bool,
    /// The provider at an address.
    pub make: fn(Http, &str) -> Arc<dyn Provider>,
}

/// All of them, in the order in which their models are offered.
pub const VENDORS: &[Vendor] = &[
    Vendor {
        name: "openai",
        key_name: Some("openai"),
        base_url: "https://api.openai.com/v1",
        needs_key: true,
        requires_loading: false,
        make: |http, base_url| Arc::new(OpenAi::new(http, base_url)),
    },
    Vendor {
        name: "openrouter",
        key_name: Some("openrouter"),
        base_url: "https://openrouter.ai/api/v1",
        needs_key: true,
        requires_loading: false,
        make: |http, base_url| Arc::new(OpenRouter::new(http, base_url)),
    },
    Vendor {
        name: "groq",
        key_name: Some("groq"),
        base_url: "https://api.groq.com/openai/v1",
        needs_key: true,
        requires_loading: false,
        make: |http, base_url| Arc::new(OpenAi::new(http, base_url)),
    },
    Vendor {
        name: "anthropic",
        key_name: Some("claude"),
        base_url: "https://api.anthropic.com",
        needs_key: true,
        requires_loading: false,
        make: |http, base_url| Arc::new(Anthropic::new(http, base_url)),
    },
    Vendor {
        name: "google",
        key_name: Some("google"),
        base_url: "https://generativelanguage.googleapis.com",
        needs_key: true,
        requires_loading: false,
        make: |http, base_url| Arc::new(Google::new(http, base_url)),
    },
    Vendor {
        name: "ollama",
        key_name: None,
        base_url: "",
        needs_key: false,
        requires_loading: true,
        make: |http, base_url| Arc::new(Ollama::new(http, base_url)),
    },
];

/// The one that needs nothing.
pub const DEMO: Vendor = Vendor {
    name: "demo",
    key_name: None,
    base_url: "",
    needs_key: false,
    requires_loading: false,
    make: |_, _| Arc::new(Demo),
};
