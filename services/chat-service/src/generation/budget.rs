//! What people may spend on models in a day.

use std::sync::Arc;
use std::time::Duration;

use chrono::{Days, NaiveTime};
use common::domain::message::MessageError;
use common::repositories::{StoreError, UsageRepository};
use common::{Clock, UserId};

use super::call::Roster;
use super::registry::Registry;
use super::tab::Tab;
use crate::core::BudgetSettings;

/// Everybody's budget for a day of UTC. What counts is what the day's answers have cost, and what those cost so far that this
/// process is making; those of another replica count once they have ended.
#[derive(Clone)]
pub(super) struct Budget {
    usage: Arc<dyn UsageRepository>,
    registry: Arc<Registry>,
    clock: Arc<dyn Clock>,
    settings: BudgetSettings,
}

/// Holds what an answer costs while it is made against its owner's budget.
#[derive(Clone, Copy)]
pub(super) struct Meter<'a> {
    pub(super) budget: &'a Budget,
    pub(super) roster: &'a Roster,
}

impl Budget {
    pub(super) fn new(
        usage: Arc<dyn UsageRepository>,
        registry: Arc<Registry>,
        clock: Arc<dyn Clock>,
        settings: BudgetSettings,
    ) -> Self {
        Self { usage, registry, clock, settings }
    }

    /// Fails with `BudgetExceeded` once a person's day is spent.
    pub(super) async fn check(&self, owner: UserId) -> Result<(), MessageError> {
        if !self.is_spent(owner).await? {
            return Ok(());
        }
        let now = self.clock.now();
        let midnight = (now.date_naive() + Days::new(1)).and_time(NaiveTime::MIN).and_utc();
        let wait = (midnight - now).to_std().unwrap_or_default();
        // In whole seconds, so that nobody comes too early.
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        Err(MessageError::BudgetExceeded { wait: Duration::from_secs(seconds) })
    }

    /// Whether there is one.
    pub(super) fn is_limited(&self) -> bool {
        self.settings.daily().is_some()
    }

    async fn is_spent(&self, owner: UserId) -> Result<bool, StoreError> {
        let Some(daily) = self.settings.daily() else { return Ok(false) };
        // Read before what is running is summed: a reply that ends in between counts once at most.
        let spent = self.usage.spent(owner, self.clock.now().date_naive()).await?;
        Ok(spent.saturating_add(self.registry.cost_of(owner)) >= daily)
    }
}

impl Meter<'_> {
    /// Whether the owner's day is spent, with what has come of the answer. What costs nothing, or not yet, is never stopped.
    pub(super) async fn is_spent(self, tab: &Tab, text: &str, reasoning: &str) -> bool {
        let asked = self.roster.current();
        let (Some(price), Some(_)) = (asked.price, self.budget.settings.daily()) else {
            return false;
        };
        let tokens = asked.counted(text, reasoning);
        if tokens.completion() == 0 {
            return false;
        }
        tab.set_cost(price.cost_micro_usd(tokens));
        self.is_spent_elsewhere(tab).await
    }

    /// The same where nothing more has come: other answers may have spent it.
    pub(super) async fn is_spent_elsewhere(self, tab: &Tab) -> bool {
        if tab.cost() == 0 {
            return false;
        }
        self.budget.is_spent(tab.owner()).await.unwrap_or_else(|error| {
            tracing::warn!(error = &error as &dyn std::error::Error, user_id = %tab.owner(), "a budget is not checked");
            false
        })
    }
}
