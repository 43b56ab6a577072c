use std::sync::Arc;

use common::domain::asking::AskError;
use common::domain::message::MessageError;
use common::repositories::UsageRepository;
use common::{ProjectId, UserId};
use platform::Instance;

use super::composer::{Ask, candidate, model_error};
use super::models::AvailableModel;
use super::{Models, context};
use crate::core::Capability;
use crate::generation::{Candidate, Engine};
use crate::providers::{PromptMessage, PromptRole, ProviderError, ProviderErrorKind};

/// How freely a model answers: rather not.
const TEMPERATURE: f64 = 0.3;

/// Asks models something outside of any reply. It counts against the budget of who it is for, and stands in the ledger.
pub struct Asking {
    models: Arc<Models>,
    engine: Arc<Engine>,
    usage: Arc<dyn UsageRepository>,
    instance: Instance,
}

/// What a model is asked.
pub struct Inquiry {
    /// For whom.
    pub owner: UserId,
    /// The project whose conversation it is about.
    pub project: Option<ProjectId>,
    /// What the model is to do.
    pub rules: &'static str,
    /// With what.
    pub content: String,
    /// At most so many tokens of answer. A model that thinks first takes more.
    pub most_tokens: u32,
}

impl Asking {
    pub fn new(
        models: Arc<Models>,
        engine: Arc<Engine>,
        usage: Arc<dyn UsageRepository>,
        instance: Instance,
    ) -> Self {
        Self { models, engine, usage, instance }
    }

    /// A model that a person can ask.
    pub async fn model(&self, owner: UserId, id: &str) -> Result<AvailableModel, AskError> {
        let resolved = self.models.resolve(owner, id).await;
        Ok(resolved.map_err(|error| model_error(error, id))?)
    }

    /// What a model says, which is never nothing.
    pub async fn ask(&self, model: &AvailableModel, inquiry: Inquiry) -> Result<String, AskError> {
        if self.engine.is_closed() {
            return Err(MessageError::Draining.into());
        }
        let Inquiry { owner, project, rules, content, most_tokens } = inquiry;
        self.engine.check_budget(owner).await?;
        let messages = [
            PromptMessage::text(PromptRole::System, rules),
            PromptMessage::text(PromptRole::User, content),
        ];
        let count = |text: &str| model.provider.count_tokens(&model.model.upstream, text);
        let tokens = context::tokens(&messages, count);
        let max_tokens = (!model.model.can(Capability::Reasoning)).then_some(most_tokens);
        let ask = Ask { messages: messages.into(), temperature: TEMPERATURE, max_tokens };
        let candidate = candidate(&self.engine, model, &ask, tokens);
        // Not on the request: what was asked must be paid for, whether or not somebody waits for the answer.
        let asking = self.instance.tasks.spawn(self.answer(owner, project, candidate));
        asking.await.unwrap_or(Err(MessageError::Internal.into()))
    }

    fn answer(
        &self,
        owner: UserId,
        project: Option<ProjectId>,
        candidate: Candidate,
    ) -> impl Future<Output = Result<String, AskError>> + use<> {
        let (engine, usage) = (self.engine.clone(), self.usage.clone());
        let Instance { clock, ids, tasks, .. } = self.instance.clone();
        async move {
            let answer = tasks.stopping().run_until_cancelled(engine.complete(&candidate, project));
            let answer = answer.await.ok_or(MessageError::Draining)?;
            let (completion, entry) = answer.map_err(|error| failed(&error))?;
            if let Some(entry) = entry {
                usage.add(owner, ids.next(), &entry, clock.now().date_naive()).await?;
            }
            if completion.text.trim().is_empty() {
                return Err(failed(&ProviderError::new(ProviderErrorKind::Protocol)));
            }
            Ok(completion.text)
        }
    }
}

fn failed(error: &ProviderError) -> AskError {
    tracing::warn!(%error, "a model does not answer what it is asked outside of a reply");
    AskError::Failed(error.into())
}
