use serde::Serialize;
use utoipa::ToSchema;

use crate::core::Offer;

#[derive(Debug, Serialize, ToSchema)]
pub struct CompletionModels {
    /// `list`.
    object: &'static str,
    data: Vec<CompletionModel>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct CompletionModel {
    /// What the catalogue calls it.
    id: String,
    /// `model`.
    object: &'static str,
    /// 0: nobody says when it was made.
    created: i64,
    /// Its provider.
    owned_by: String,
}

impl From<Vec<Offer>> for CompletionModels {
    fn from(offers: Vec<Offer>) -> Self {
        let available = offers.iter().filter(|offer| offer.is_available);
        Self { object: "list", data: available.map(CompletionModel::from).collect() }
    }
}

impl From<&Offer> for CompletionModel {
    fn from(Offer { model, .. }: &Offer) -> Self {
        Self { id: model.id.clone(), object: "model", created: 0, owned_by: model.provider.clone() }
    }
}
