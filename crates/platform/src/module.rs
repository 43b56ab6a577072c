//! A service as a part that can be put into a process: alone, or beside others.

use std::time::Duration;

use actix_web::web::ServiceConfig;
use async_trait::async_trait;

use crate::db::{Database, SchemaState};
use crate::outbox::Outbox;

/// Why a module cannot serve, in words for an operator.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub struct NotReady(pub String);

/// One service.
#[async_trait]
pub trait Module: Send + Sync {
    /// Its short name: `auth`, `project`, `chat`.
    fn name(&self) -> &'static str;

    /// Puts its state and routes into an HTTP worker. Called once for each.
    fn configure(&self, config: &mut ServiceConfig);

    /// Its database.
    fn database(&self) -> &Database;

    /// Brings its database to the newest schema.
    async fn migrate(&self) -> anyhow::Result<()>;

    /// Whether its own database answers and has the newest schema.
    async fn ready(&self) -> Result<(), NotReady>;

    /// How its database's schema differs from what this version makes.
    async fn schema(&self) -> anyhow::Result<SchemaState>;

    /// Starts its background work.
    fn start(&self) {}

    /// What it still has to tell its siblings, if it ever does.
    fn outbox(&self) -> Option<&Outbox> {
        None
    }

    /// Brings what it measures only when asked up to date.
    fn measure(&self) {}

    /// Lets running work come to its end, at most for `patience`, and saves what does not.
    async fn drain(&self, _patience: Duration) {}
}
