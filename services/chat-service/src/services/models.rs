use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use common::UserId;
use common::domain::api_key::{ApiKeyError, KeyName};
use common::repositories::StoreError;
use futures_util::future::join_all;
use parking_lot::RwLock;
use platform::conditions::{Conditions, Outside};
use secrecy::SecretString;
use tokio::time::timeout;

use super::Vault;
use crate::core::{Capability, Catalogue, Model, Offer, TemperatureRange, slug};
use crate::generation::Asked;
use crate::providers::{DiscoveredModel, Http, KeyCheck, Provider, Vendor};

/// The models that there are, and who provides them.
pub struct Models {
    /// What the operator has written.
    written: Catalogue,
    /// With what the providers had when they were last asked. Read by every request, and never waited for.
    known: RwLock<Known>,
    providers: HashMap<&'static str, Configured>,
    vault: Arc<Vault>,
    default: String,
}

struct Known {
    catalogue: Arc<Catalogue>,
    discovered: BTreeMap<&'static str, Vec<Model>>,
}

/// A provider, and how it may be asked.
struct Configured {
    vendor: &'static Vendor,
    provider: Arc<dyn Provider>,
    /// What people's own keys for it are called.
    key_name: Option<KeyName>,
    /// The operator's.
    key: Option<SecretString>,
    needs_key: bool,
}

/// What a provider says to its operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProviderState {
    /// There is no key of the operator's; people can have their own.
    WithoutKey,
    /// It answers, and takes the operator's key or asks for none.
    Ready,
    /// It does not take the operator's key, or asks for one where there is none.
    Rejected,
    /// It does not answer.
    Unreachable,
}

/// A model, and how to ask it.
pub struct AvailableModel {
    /// What the catalogue says of it.
    pub model: Arc<Model>,
    /// What is known of its provider.
    pub vendor: &'static Vendor,
    /// Who provides it.
    pub provider: Arc<dyn Provider>,
    /// The key to use.
    pub key: Option<SecretString>,
}

/// A model that must be loaded before it can answer.
pub struct Loadable {
    /// What is known of it.
    pub model: Arc<Model>,
    /// Who loads it.
    pub provider: Arc<dyn Provider>,
}

/// Why a model cannot be asked.
#[derive(Debug)]
pub enum ModelError {
    /// The catalogue has no such model.
    Unknown,
    /// Neither the operator nor the person has a key for its provider.
    Unavailable {
        /// The provider's name.
        provider: String,
    },
    /// The person's own key cannot be had.
    Key {
        /// The provider's name.
        provider: String,
        /// Why not.
        error: ApiKeyError,
    },
}

impl AvailableModel {
    /// It, asked to read so many tokens; the first of its answer may take so long.
    pub fn asked(&self, prompt_tokens: u32, first_token: Duration) -> Asked {
        Asked {
            model: self.model.id.clone(),
            upstream: self.model.upstream.clone(),
            vendor: self.vendor.name,
            provider: self.provider.clone(),
            prompt_tokens,
            price: self.model.price,
            must_load: self.vendor.requires_loading,
            first_token,
        }
    }
}

impl Models {
    /// The models of `catalogue`; `default` answers where nobody names another. People's own keys are in `vault`.
    pub fn new(catalogue: Catalogue, default: String, vault: Arc<Vault>) -> Self {
        let known = Arc::new(catalogue.clone());
        let known = Known { catalogue: known, discovered: BTreeMap::new() };
        Self {
            written: catalogue,
            known: RwLock::new(known),
            providers: HashMap::new(),
            vault,
            default,
        }
    }

    /// With a provider at an address, and the operator's key for it.
    #[must_use]
    pub fn with(
        mut self,
        vendor: &'static Vendor,
        http: Http,
        base_url: &str,
        key: Option<SecretString>,
    ) -> Self {
        let configured = Configured {
            vendor,
            provider: (vendor.make)(http, base_url),
            key_name: vendor.key_name.and_then(KeyName::parse),
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

    /// Who takes people's keys of a name.
    pub fn provider(&self, name: KeyName) -> Option<Arc<dyn Provider>> {
        let configured = self.providers.values().find(|one| one.key_name == Some(name))?;
        Some(configured.provider.clone())
    }

    /// Asks every provider once whether it takes the operator's key; what each says within a time.
    pub async fn check(&self, patience: Duration) -> BTreeMap<&'static str, ProviderState> {
        // Where no key is needed, one that nobody has is taken as well as none.
        let none = SecretString::from("none");
        let checks = self.providers.values().map(|configured| async {
            let key = configured.key.as_ref();
            let state = if key.is_none() && configured.needs_key {
                ProviderState::WithoutKey
            } else {
                let asked = configured.provider.validate(key.unwrap_or(&none));
                match timeout(patience, asked).await {
                    Ok(KeyCheck::Valid) => ProviderState::Ready,
                    Ok(KeyCheck::Rejected) => ProviderState::Rejected,
                    Ok(KeyCheck::Unreachable) | Err(_) => ProviderState::Unreachable,
                }
            };
            (configured.vendor.name, state)
        });
        join_all(checks).await.into_iter().collect()
    }

    /// Asks all providers what they have that nobody wrote down. One that does not answer has what it had.
    pub async fn discover(&self, conditions: &Conditions) {
        let discoveries = self.providers.values().map(|configured| async {
            let name = configured.vendor.name;
            let discovered = configured.provider.discover().await;
            if configured.vendor.requires_loading {
                conditions.note(Outside::Ollama, discovered.is_ok());
            }
            (name, discovered)
        });
        for (name, discovered) in join_all(discoveries).await {
            match discovered {
                Ok(models) => self.know(name, models),
                Err(error) => tracing::warn!(%error, provider = name, "models are not discovered"),
            }
        }
    }

    fn know(&self, provider: &'static str, models: Vec<DiscoveredModel>) {
        let models = models.into_iter().map(|model| as_written(provider, model)).collect();
        let mut known = self.known.write();
        known.discovered.insert(provider, models);
        let all = self.written.with(known.discovered.values().flatten().cloned());
        known.catalogue = Arc::new(all);
    }

    /// Every model, and what asking it takes a person.
    pub async fn list(&self, user: UserId) -> Result<Vec<Offer>, StoreError> {
        let own = self.vault.names(user).await?;
        Ok(self.catalogue().models().iter().map(|model| self.offer(model, &own)).collect())
    }

    /// A model, and what asking it takes a person.
    pub async fn offered(&self, user: UserId, id: &str) -> Result<Option<Offer>, StoreError> {
        let Some(model) = self.find(id) else { return Ok(None) };
        Ok(Some(self.offer(&model, &self.vault.names(user).await?)))
    }

    /// A model that must be loaded before it can answer; `None` if it is not one of those.
    pub fn loadable(&self, id: &str) -> Option<Loadable> {
        let model = self.find(id)?;
        let configured = self.providers.get(model.provider.as_str())?;
        let provider = configured.provider.clone();
        configured.vendor.requires_loading.then_some(Loadable { model, provider })
    }

    /// A model, whether or not it can be asked.
    pub fn find(&self, id: &str) -> Option<Arc<Model>> {
        self.catalogue().find(id).cloned()
    }

    fn catalogue(&self) -> Arc<Catalogue> {
        self.known.read().catalogue.clone()
    }

    /// The model for a person's new conversation: the configured default where it is available, else the first that is, else the
    /// default all the same, so that the first send says what is missing.
    pub async fn default_model(&self, user: UserId) -> Result<Option<Arc<Model>>, StoreError> {
        let own = self.vault.names(user).await?;
        let catalogue = self.catalogue();
        let default = catalogue.find(&self.default);
        let mut models = default.into_iter().chain(catalogue.models());
        Ok(models.find(|model| self.is_available(model, &own)).or(default).cloned())
    }

    /// A model and how a person can ask it: with the person's own key, else with the operator's.
    ///
    /// # Errors
    /// There is no such model, its provider is not configured, or the person's own key cannot be had. That one is never passed
    /// over: who has a key does not want to ask with another's.
    pub async fn resolve(&self, user: UserId, id: &str) -> Result<AvailableModel, ModelError> {
        let model = self.find(id).ok_or(ModelError::Unknown)?;
        let provider = || model.provider.clone();
        let unavailable = || ModelError::Unavailable { provider: provider() };
        let configured = self.providers.get(model.provider.as_str()).ok_or_else(unavailable)?;
        let own = match configured.key_name {
            Some(name) => self.vault.open(user, name).await,
            None => Ok(None),
        };
        let own = own.map_err(|error| ModelError::Key { provider: provider(), error })?;
        let key = own.or_else(|| configured.key.clone());
        if key.is_none() && configured.needs_key {
            return Err(unavailable());
        }
        let provider = configured.provider.clone();
        Ok(AvailableModel { model, vendor: configured.vendor, provider, key })
    }

    fn offer(&self, model: &Arc<Model>, own: &[KeyName]) -> Offer {
        let configured = self.providers.get(model.provider.as_str());
        let needs_key = configured.is_none_or(|configured| configured.needs_key);
        let vendor = configured.map(|configured| configured.vendor);
        Offer {
            model: model.clone(),
            key_name: vendor.filter(|_| needs_key).and_then(|vendor| vendor.key_name),
            requires_loading: vendor.is_some_and(|vendor| vendor.requires_loading),
            is_available: self.is_available(model, own),
        }
    }

    /// Whether a model can be asked by who has keys of these names.
    fn is_available(&self, model: &Model, own: &[KeyName]) -> bool {
        self.providers.get(model.provider.as_str()).is_some_and(|configured| {
            configured.key.is_some()
                || !configured.needs_key
                || configured.key_name.is_some_and(|name| own.contains(&name))
        })
    }
}

/// A model as the catalogue would say it, had anybody written it down.
fn as_written(provider: &str, model: DiscoveredModel) -> Model {
    let DiscoveredModel { upstream, context_length, vision, tools, reasoning } = model;
    let capabilities = [
        vision.then_some(Capability::Vision),
        tools.then_some(Capability::Tools),
        reasoning.then_some(Capability::Reasoning),
    ];
    Model {
        id: slug(&upstream),
        name: upstream.strip_suffix(":latest").unwrap_or(&upstream).to_owned(),
        provider: provider.to_owned(),
        upstream,
        context_length,
        max_output_tokens: context_length,
        capabilities: capabilities.into_iter().flatten().collect(),
        temperature: TemperatureRange::default(),
        price: None,
        drop: Vec::new(),
        fallbacks: Vec::new(),
    }
}
