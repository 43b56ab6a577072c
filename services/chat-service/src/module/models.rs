//! The models that can be asked, and the providers that have them.

use std::sync::Arc;

use platform::settings::SettingsError;

use crate::core::{Catalogue, ChatSettings, DemoModel, ModelSettings};
use crate::providers::{DEMO, Http, VENDORS};
use crate::services::{Models, Vault};

pub(super) fn catalogue(settings: &ModelSettings) -> anyhow::Result<Catalogue> {
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

pub(super) fn models(
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
