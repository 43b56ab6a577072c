use serde::Serialize;
use utoipa::ToSchema;

use crate::core::{Capability, Model, Offer, Price, TemperatureRange};

#[derive(Debug, Serialize, ToSchema)]
pub struct ModelsData {
    pub models: Vec<ModelResponse>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ModelResponse {
    id: String,
    name: String,
    provider: String,
    /// What the key is called that asking it takes, under `/profile/api-keys`; null where it takes none.
    #[schema(required)]
    api_key_required: Option<&'static str>,
    /// Whether it must be loaded before it can answer.
    requires_loading: bool,
    /// `text`, and what else it can do.
    capabilities: Vec<CapabilityResponse>,
    /// Tokens that it can read and write in all.
    context_length: u32,
    /// Tokens that it can write.
    max_output_tokens: u32,
    /// US dollars per 1,000 tokens; null where unknown.
    #[schema(required)]
    pricing: Option<PricingResponse>,
    temperature_range: TemperatureRangeResponse,
    /// Whether it can be asked now.
    available: bool,
}

#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum CapabilityResponse {
    Text,
    Vision,
    Tools,
    Reasoning,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PricingResponse {
    input: f64,
    output: f64,
    /// For what is read from the provider's cache, where that has a price of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    cached_input: Option<f64>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct TemperatureRangeResponse {
    min: f64,
    max: f64,
    step: f64,
    default: f64,
}

impl From<Offer> for ModelResponse {
    fn from(offer: Offer) -> Self {
        let Model { id, name, provider, context_length, max_output_tokens, .. } = &*offer.model;
        let more = offer.model.capabilities.iter().copied().map(CapabilityResponse::from);
        Self {
            id: id.clone(),
            name: name.clone(),
            provider: provider.clone(),
            api_key_required: offer.key_name,
            requires_loading: offer.requires_loading,
            capabilities: std::iter::once(CapabilityResponse::Text).chain(more).collect(),
            context_length: *context_length,
            max_output_tokens: *max_output_tokens,
            pricing: offer.model.price.map(Into::into),
            temperature_range: offer.model.temperature.into(),
            available: offer.is_available,
        }
    }
}

impl From<Capability> for CapabilityResponse {
    fn from(capability: Capability) -> Self {
        match capability {
            Capability::Vision => Self::Vision,
            Capability::Tools => Self::Tools,
            Capability::Reasoning => Self::Reasoning,
        }
    }
}

impl From<Price> for PricingResponse {
    fn from(Price { input, output, cached_input, .. }: Price) -> Self {
        Self { input, output, cached_input }
    }
}

impl From<TemperatureRange> for TemperatureRangeResponse {
    fn from(TemperatureRange { min, max, step, default }: TemperatureRange) -> Self {
        Self { min, max, step, default }
    }
}
