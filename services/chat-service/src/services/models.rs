use std::collections::HashMap;
use std::sync::Arc;

use secrecy::SecretString;

use crate::core::{Catalogue, Model, Offer};
use crate::providers::{Provider, Vendor};

/// The catalogue, and who provides its models.
pub struct Models {
    catalogue: Catalogue,
    providers: HashMap<&'static str, Configured>,
    default: String,
}

/// A provider, and how it may be asked.
struct Configured {
    vendor: &'static Vendor,
    provider: Arc<dyn Provider>,
    /// The operator's.
    key: Option<SecretString>,
    needs_key: bool,
}

/// A model, and how to ask it.
pub struct AvailableModel<'a> {
    /// What the catalogue says of it.
    pub model: &'a Model,
    /// What is known of its provider.
    pub vendor: &'static Vendor,
    /// Who provides it.
    pub provider: Arc<dyn Provider>,
    /// The key to use.
    pub key: Option<SecretString>,
}

/// Why a model cannot be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModelError {
    /// The catalogue has no such model.
    Unknown,
    /// Nobody has a key for its provider.
    Unavailable {
        /// The provider's name.
        provider: String,
    },
}

impl Models {
    /// The models of `catalogue`; `default` answers where nobody names another.
    pub fn new(catalogue: Catalogue, default: String) -> Self {
        Self { catalogue, providers: HashMap::new(), default }
    }

    /// With a provider at an address, and the operator's key for it.
    #[must_use]
    pub fn with(
        mut self,
        vendor: &'static Vendor,
        http: reqwest::Client,
        base_url: &str,
        key: Option<SecretString>,
    ) -> Self {
        let configured = Configured {
            vendor,
            provider: (vendor.make)(http, base_url),
            key,
            needs_key: vendor.needs_key && base_url == vendor.base_url,
        };
        self.providers.insert(vendor.name, configured);
        self
    }

    /// Whether there is a provider that anybody can ask.
    pub fn has_any(&self) -> bool {
        self.providers.values().any(|provider| provider.key.is_some() || !provider.needs_key)
    }

    /// Every model, and what asking it takes.
    pub fn list(&self) -> impl Iterator<Item = Offer<'_>> {
        self.catalogue.models().iter().map(|model| self.offer(model))
    }

    /// A model of the catalogue, whether or not it can be asked.
    pub fn find(&self, id: &str) -> Option<&Model> {
        self.catalogue.find(id)
    }

    /// The model for a new conversation: the configured default where it is available, else the first that is, else the
    /// default all the same, so that the first send says what is missing.
    pub fn default_model(&self) -> Option<&Model> {
        let default = self.find(&self.default);
        default
            .filter(|model| self.is_available(model))
            .or_else(|| self.catalogue.models().iter().find(|model| self.is_available(model)))
            .or(default)
    }

    /// A model and how to ask it.
    ///
    /// # Errors
    /// There is no such model, or its provider is not configured.
    pub fn resolve(&self, id: &str) -> Result<AvailableModel<'_>, ModelError> {
        let model = self.find(id).ok_or(ModelError::Unknown)?;
        let unavailable = || ModelError::Unavailable { provider: model.provider.clone() };
        let configured = self.askable(model).ok_or_else(unavailable)?;
        Ok(AvailableModel {
            model,
            vendor: configured.vendor,
            provider: configured.provider.clone(),
            key: configured.key.clone(),
        })
    }

    fn offer<'a>(&'a self, model: &'a Model) -> Offer<'a> {
        let configured = self.providers.get(model.provider.as_str());
        let needs_key = configured.is_none_or(|configured| configured.needs_key);
        let vendor = configured.map(|configured| configured.vendor);
        Offer {
            model,
            key_name: vendor.filter(|_| needs_key).and_then(|vendor| vendor.key_name),
            requires_loading: vendor.is_some_and(|vendor| vendor.requires_loading),
            is_available: self.is_available(model),
        }
    }

    fn is_available(&self, model: &Model) -> bool {
        self.askable(model).is_some()
    }

    fn askable(&self, model: &Model) -> Option<&Configured> {
        let configured = self.providers.get(model.provider.as_str())?;
        (configured.key.is_some() || !configured.needs_key).then_some(configured)
    }
}
