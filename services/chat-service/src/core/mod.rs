//! Settings and the catalogue of models: what is known before anything is served.

mod catalogue;
mod settings;

pub use catalogue::{Catalogue, Model, Price};
pub use settings::{
    AuditSettings, BudgetSettings, ChatSettings, ContextSettings, DemoModel, GenerationSettings,
    ModelSettings, ProviderSettings,
};
