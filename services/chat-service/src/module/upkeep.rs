//! What is done again and again, whatever is asked.

use std::time::Duration;

use super::ChatModule;

/// How often what this process has done with keys is written.
const KEY_USES: Duration = Duration::from_secs(2);
/// How often data keys are wrapped anew, where that is needed, and old events deleted.
const HOUSEKEEPING: Duration = Duration::from_secs(3_600);

impl ChatModule {
    /// Asks providers which models they have, now and again and again.
    pub(super) fn keep_discovering(&self, pause: Duration) {
        let tasks = &self.instance.tasks;
        let (models, stop) = (self.models.clone(), tasks.stopping().clone());
        let conditions = self.instance.conditions.clone();
        let discover = move || {
            let (models, stop, conditions) = (models.clone(), stop.clone(), conditions.clone());
            async move {
                stop.run_until_cancelled(models.discover(&conditions)).await;
            }
        };
        tasks.spawn(discover());
        tasks.repeat("discovery", pause, discover);
    }

    /// Looks after people's keys, and deletes what is old, from now on.
    pub(super) fn keep_house(&self) {
        let tasks = &self.instance.tasks;
        let vault = self.vault.clone();
        tasks.repeat("key uses", KEY_USES, move || {
            let vault = vault.clone();
            async move { vault.write_uses().await }
        });
        let (vault, clock, events) = (self.vault.clone(), self.instance.clock.clone(), self.events);
        let (state, stop) = (self.state.clone(), tasks.stopping().clone());
        let keep_house = move || {
            let (vault, stop, before) = (vault.clone(), stop.clone(), clock.now() - events);
            let state = state.clone();
            async move {
                let keep_house = async {
                    tokio::join!(
                        vault.keep_house(before),
                        state.load_jobs.keep_house(),
                        state.imports.keep_house(),
                        state.conversations.keep_house(),
                        state.messages.keep_house()
                    )
                };
                stop.run_until_cancelled(keep_house).await;
            }
        };
        tasks.spawn(keep_house());
        tasks.repeat("housekeeping", HOUSEKEEPING, keep_house);
    }
}
