use std::sync::Arc;

use common::domain::completion::CompletionError;
use common::domain::message::MessageError;
use common::{CompletionId, Ids, ProjectId, UserId};
use tokio::join;
use tokio::task::spawn_blocking;

use super::composer::model_error;
use super::context;
use super::models::AvailableModel;
use super::{Models, OnBehalf, ProjectAccess};
use crate::core::{Capability, Model, Parameter, TemperatureRange};
use crate::generation::{Afterwards, Candidate, Engine, ModelCall, Question, Relay};
use crate::providers::{CompletionRequest, PromptMessage, PromptRole};

/// No text has more bytes than so many for each of its tokens, unless there is nothing in it to be read.
const BYTES_PER_TOKEN: usize = 16;

/// Answers for programs that keep their conversations themselves.
pub struct Completions {
    projects: Arc<dyn ProjectAccess>,
    models: Arc<Models>,
    engine: Arc<Engine>,
    ids: Ids,
}

impl Completions {
    pub fn new(
        projects: Arc<dyn ProjectAccess>,
        models: Arc<Models>,
        engine: Arc<Engine>,
        ids: Ids,
    ) -> Self {
        Self { projects, models, engine, ids }
    }

    /// Asks a model, with the active prompts of a project in front, if one is named. The answer goes on while somebody listens.
    pub async fn ask(
        &self,
        whom: &OnBehalf,
        model: &str,
        project: Option<ProjectId>,
        mut question: Question,
    ) -> Result<(CompletionId, Relay), CompletionError> {
        let (found, rules, within_budget) = join!(
            self.models.resolve(whom.user, model),
            self.rules(whom, project),
            self.engine.check_budget(whom.user)
        );
        // What is not there comes before what may not be done with it.
        let (rules, found) = (rules?, found.map_err(|error| model_error(error, model))?);
        within_budget?;
        let needed = needed(&question);
        match needed.iter().find(|capability| !found.model.can(**capability)) {
            Some(Capability::Vision) => return Err(CompletionError::SeesNoImages),
            Some(_) => return Err(CompletionError::CallsNoTools),
            None => {}
        }
        if let Some(rules) = rules {
            let said = question.messages.iter().cloned();
            question.messages = std::iter::once(rules).chain(said).collect();
        }
        let limit = found.model.context_length;
        let wanted = self.candidate(&found, &question).await?;
        let call = ModelCall {
            wanted: wanted.ok_or(MessageError::ContextTooLong { limit })?,
            fallbacks: self.fallbacks(whom.user, &found.model, &question, &needed).await?,
            project,
            prompt_stale: false,
            afterwards: Afterwards::default(),
        };
        let id = self.ids.next();
        Ok((id, self.engine.relay(whom.user, id, call)?))
    }

    /// A project's active prompts, as one message.
    async fn rules(
        &self,
        whom: &OnBehalf,
        project: Option<ProjectId>,
    ) -> Result<Option<PromptMessage>, MessageError> {
        let Some(project) = project else { return Ok(None) };
        let prompts = self.projects.prompts(whom, project).await?.prompts;
        let texts: Vec<_> = prompts.iter().map(|prompt| prompt.content.as_str()).collect();
        let is_any = !texts.is_empty();
        Ok(is_any.then(|| PromptMessage::text(PromptRole::System, texts.join("\n\n"))))
    }

    /// Those that may stand in for a model: who can do as much, and read as much.
    async fn fallbacks(
        &self,
        user: UserId,
        model: &Model,
        question: &Question,
        needed: &[Capability],
    ) -> Result<Vec<Candidate>, MessageError> {
        let mut candidates = Vec::with_capacity(model.fallbacks.len());
        for id in &model.fallbacks {
            let Ok(fallback) = self.models.resolve(user, id).await else { continue };
            if needed.iter().all(|capability| fallback.model.can(*capability)) {
                candidates.extend(self.candidate(&fallback, question).await?);
            }
        }
        Ok(candidates)
    }

    /// A model and what it is asked; `None` if that is more than it can read.
    async fn candidate(
        &self,
        available: &AvailableModel,
        question: &Question,
    ) -> Result<Option<Candidate>, MessageError> {
        let AvailableModel { model, key, .. } = available;
        let Some(prompt_tokens) = count(available, question).await? else {
            return Ok(None);
        };
        let TemperatureRange { min, max, .. } = model.temperature;
        let takes = |parameter| model.takes(parameter);
        let temperature = question.temperature.filter(|_| takes(Parameter::Temperature));
        let request = CompletionRequest {
            model: model.upstream.clone(),
            messages: question.messages.clone(),
            temperature: temperature.map(|temperature| temperature.clamp(min, max)),
            max_tokens: question.max_tokens.map(|tokens| tokens.min(model.max_output_tokens)),
            stop: if takes(Parameter::Stop) { question.stop.clone() } else { Vec::new() },
            context_length: model.context_length,
            tools: question.tools.clone(),
            key: key.clone(),
        };
        let first_token = self.engine.first_token(available.vendor.requires_loading);
        Ok(Some(Candidate { asked: available.asked(prompt_tokens, first_token), request }))
    }
}

/// What a model must be able to do to be asked a question.
fn needed(question: &Question) -> Vec<Capability> {
    let messages = &question.messages;
    let is_about_tools = |message: &PromptMessage| {
        message.role == PromptRole::Tool || !message.tool_calls.is_empty()
    };
    let tools = question.tools.is_some() || messages.iter().any(is_about_tools);
    let vision = messages.iter().any(|message| !message.images.is_empty());
    let needed = [tools.then_some(Capability::Tools), vision.then_some(Capability::Vision)];
    needed.into_iter().flatten().collect()
}

/// About how many tokens a model is sent, images apart; `None` if that is more than it can read.
async fn count(
    available: &AvailableModel,
    question: &Question,
) -> Result<Option<u32>, MessageError> {
    let (window, messages) = (available.model.context_length, question.messages.clone());
    let tools = question.tools.as_ref().map_or_else(String::new, |tools| tools.tools.to_string());
    let called = messages.iter().flat_map(|message| &message.tool_calls);
    let called: Vec<String> =
        called.map(|call| format!("{} {}", call.name, call.arguments)).chain([tools]).collect();
    let said = messages.iter().map(|message| message.content.len());
    let bytes: usize = said.chain(called.iter().map(String::len)).sum();
    // Counting takes time, and is not worth it then.
    if bytes / BYTES_PER_TOKEN > usize::try_from(window).unwrap_or(usize::MAX) {
        return Ok(None);
    }
    let (provider, upstream) = (available.provider.clone(), available.model.upstream.clone());
    let counting = spawn_blocking(move || {
        let count = |text: &str| provider.count_tokens(&upstream, text);
        let called = called.iter().map(|call| count(call)).fold(0, u32::saturating_add);
        context::tokens(&messages, count).saturating_add(called)
    });
    let tokens = counting.await.map_err(|_| MessageError::Internal)?;
    Ok((tokens <= window).then_some(tokens))
}
