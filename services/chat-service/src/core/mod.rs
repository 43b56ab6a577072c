//! Settings and the catalogue of models: what is known before anything is served.

mod catalogue;
mod settings;

pub use catalogue::{
    Capability, Catalogue, Model, Offer, Parameter, Price, TemperatureRange, slug,
};
pub use settings::{
    AuditSettings, BudgetSettings, ChatSettings, ContextSettings, DemoModel, GenerationSettings,
    ModelSettings, ProviderSettings, TitleSettings,
};
