use serde::Serialize;
use utoipa::ToSchema;

use crate::core::{Model, Price};

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
    /// Tokens that it can read and write in all.
    context_length: u32,
    /// Tokens that it can write.
    max_output_tokens: u32,
    /// US dollars per 1,000 tokens; null where unknown.
    #[schema(required)]
    pricing: Option<PricingResponse>,
    /// Whether it can be asked now.
    available: bool,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct PricingResponse {
    input: f64,
    output: f64,
}

impl From<(&Model, bool)> for ModelResponse {
    fn from((model, available): (&Model, bool)) -> Self {
        Self {
            id: model.id.clone(),
            name: model.name.clone(),
            provider: model.provider.clone(),
            context_length: model.context_length,
            max_output_tokens: model.max_output_tokens,
            pricing: model.price.map(|Price { input, output }| PricingResponse { input, output }),
            available,
        }
    }
}
