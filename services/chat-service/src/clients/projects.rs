use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use common::{ProjectId, PromptId, UserId};
use moka::future::Cache;
use platform::client::{Identity, Sibling, SiblingAnswer};
use reqwest::{Method, StatusCode};
use serde::Deserialize;
use serde_json::json;

use crate::services::{OnBehalf, ProjectAccess, ProjectAccessError, ProjectPrompt, ProjectPrompts};

/// How long a copy may serve while project-service is away.
const KEEP: Duration = Duration::from_secs(24 * 60 * 60);
/// How many bytes of prompts are kept.
const KEPT_BYTES: u64 = 64 * 1024 * 1024;
const PAGE: usize = 100;

/// project-service, asked on every send; what it said last is kept, to save the transfer while nothing has changed and to go
/// on while it is away.
pub struct ProjectService {
    sibling: Sibling,
    kept: Cache<(UserId, ProjectId), Arc<Kept>>,
}

struct Kept {
    etag: Option<String>,
    prompts: Vec<ProjectPrompt>,
}

impl Kept {
    /// About how many bytes it takes.
    fn size(&self) -> u32 {
        let texts: usize = self.prompts.iter().map(|prompt| prompt.content.len() + 64).sum();
        u32::try_from(texts).unwrap_or(u32::MAX)
    }
}

#[derive(Deserialize)]
struct Envelope {
    data: Prompts,
    pagination: Pagination,
}

#[derive(Deserialize)]
struct Prompts {
    prompts: Vec<Prompt>,
}

#[derive(Deserialize)]
struct Prompt {
    id: PromptId,
    version: u32,
    content: String,
}

#[derive(Deserialize)]
struct Pagination {
    cursor: Option<String>,
}

type BoxError = Box<dyn std::error::Error + Send + Sync>;

impl ProjectService {
    /// project-service behind `sibling`.
    pub fn new(sibling: Sibling) -> Self {
        let kept = Cache::builder()
            .max_capacity(KEPT_BYTES)
            .weigher(|_, kept: &Arc<Kept>| kept.size())
            .time_to_live(KEEP)
            .build();
        Self { sibling, kept }
    }

    /// What project-service says now: nothing new since the copy, or all prompts, or that there is no such project.
    async fn ask(
        &self,
        whom: &OnBehalf,
        project: ProjectId,
        copy: Option<&Kept>,
    ) -> Result<Option<Kept>, ProjectAccessError> {
        let mut path = format!(
            "/projects/{project}/prompts?isActive=true&orderBy=position&order=asc&limit={PAGE}"
        );
        let known = copy.and_then(|copy| copy.etag.as_deref());
        let mut prompts = Vec::new();
        // The first page's tag: should a prompt change before the last page is read, the next send reads them all anew.
        let mut first_tag = None;
        loop {
            let tag = if first_tag.is_none() { known } else { None };
            let answer = self.get(whom, &path, tag).await?;
            let etag = first_tag.get_or_insert(answer.etag);
            if answer.status == StatusCode::NOT_MODIFIED {
                return Ok(None);
            }
            let envelope: Envelope = serde_json::from_slice(&answer.body).map_err(unavailable)?;
            prompts.extend(envelope.data.prompts.into_iter().map(ProjectPrompt::from));
            let Some(cursor) = envelope.pagination.cursor else {
                return Ok(Some(Kept { etag: etag.take(), prompts }));
            };
            path = format!("{}&cursor={cursor}", path.split("&cursor=").next().unwrap_or_default());
        }
    }

    async fn get(
        &self,
        whom: &OnBehalf,
        path: &str,
        tag: Option<&str>,
    ) -> Result<SiblingAnswer, ProjectAccessError> {
        let mut headers = vec![("x-request-id", whom.request_id.as_str())];
        headers.extend(tag.map(|tag| ("if-none-match", tag)));
        let answer = self
            .sibling
            .call(Method::GET, path, Identity::Person(&whom.token), &headers)
            .await
            .map_err(unavailable)?;
        understood(answer)
    }
}

#[async_trait]
impl ProjectAccess for ProjectService {
    async fn prompts(
        &self,
        whom: &OnBehalf,
        project: ProjectId,
    ) -> Result<ProjectPrompts, ProjectAccessError> {
        let key = (whom.user, project);
        let copy = self.kept.get(&key).await;
        match (self.ask(whom, project, copy.as_deref()).await, copy) {
            (Ok(Some(fresh)), _) => {
                let prompts = fresh.prompts.clone();
                self.kept.insert(key, Arc::new(fresh)).await;
                Ok(ProjectPrompts { prompts, is_stale: false })
            }
            (Ok(None), Some(copy)) => {
                // Inserted again, so that the copy is good for another day.
                self.kept.insert(key, copy.clone()).await;
                Ok(ProjectPrompts { prompts: copy.prompts.clone(), is_stale: false })
            }
            (Err(ProjectAccessError::NotFound), _) => {
                self.kept.invalidate(&key).await;
                Err(ProjectAccessError::NotFound)
            }
            (Err(error @ ProjectAccessError::Unavailable(_)), Some(copy)) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "a kept copy of a project's prompts is used"
                );
                Ok(ProjectPrompts { prompts: copy.prompts.clone(), is_stale: true })
            }
            (Err(error), _) => Err(error),
            (Ok(None), None) => {
                Err(unavailable("project-service answered 304 to a request without an entity tag"))
            }
        }
    }

    async fn rename(
        &self,
        whom: &OnBehalf,
        project: ProjectId,
        name: &str,
    ) -> Result<(), ProjectAccessError> {
        let (path, identity) = (format!("/projects/{project}"), Identity::Person(&whom.token));
        let renamed =
            self.sibling.call_with(Method::PATCH, &path, identity, &json!({"name": name})).await;
        understood(renamed.map_err(unavailable)?).map(drop)
    }
}

/// What project-service says, if it is neither that there is no such project nor that it does not know the person.
fn understood(answer: SiblingAnswer) -> Result<SiblingAnswer, ProjectAccessError> {
    match answer.status {
        StatusCode::OK | StatusCode::NOT_MODIFIED => Ok(answer),
        StatusCode::NOT_FOUND => Err(ProjectAccessError::NotFound),
        StatusCode::UNAUTHORIZED => Err(ProjectAccessError::Unauthorized),
        other => Err(unavailable(format!("project-service answered {other}"))),
    }
}

fn unavailable(cause: impl Into<BoxError>) -> ProjectAccessError {
    ProjectAccessError::Unavailable(cause.into())
}

impl From<Prompt> for ProjectPrompt {
    fn from(prompt: Prompt) -> Self {
        Self { id: prompt.id, version: prompt.version, content: prompt.content }
    }
}
