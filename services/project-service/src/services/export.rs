//! All that a user owns, read page by page: an export of any size takes the memory of one page.

use std::sync::Arc;

use common::domain::export::ProjectRecord;
use common::domain::prompt::{Prompt, PromptError};
use common::repositories::{
    ProjectFilter, ProjectRepository, ProjectSort, PromptFilter, PromptRepository, PromptSort,
    StoreError,
};
use common::{PromptId, UserId};
use futures_util::stream::{self, Stream, StreamExt, TryStreamExt};
use platform::pages;

const PAGE: u32 = 100;

/// Reads all that a user owns.
#[derive(Clone)]
pub struct Export {
    projects: Arc<dyn ProjectRepository>,
    prompts: Arc<dyn PromptRepository>,
}

impl Export {
    pub fn new(projects: Arc<dyn ProjectRepository>, prompts: Arc<dyn PromptRepository>) -> Self {
        Self { projects, prompts }
    }

    /// Projects, then prompts, each followed by its versions; oldest first.
    pub fn records(self, owner: UserId) -> impl Stream<Item = Result<ProjectRecord, PromptError>> {
        let projects = {
            let this = self.clone();
            pages(PAGE, move |page| {
                let this = this.clone();
                async move {
                    let filter = ProjectFilter { search: None, sort: ProjectSort::CreatedAt };
                    this.projects.list(owner, &filter, page).await
                }
            })
            .map_ok(ProjectRecord::Project)
        };
        let prompts =
            self.clone().prompts(owner).and_then(move |prompt| {
                let versions = self.clone().versions(owner, prompt.id);
                async move {
                    Ok(stream::once(async { Ok(ProjectRecord::Prompt(prompt)) }).chain(versions))
                }
            });
        projects.chain(prompts.try_flatten()).map_err(PromptError::from)
    }

    fn prompts(self, owner: UserId) -> impl Stream<Item = Result<Prompt, StoreError>> {
        pages(PAGE, move |page| {
            let this = self.clone();
            async move {
                let filter = PromptFilter {
                    project: None,
                    search: None,
                    active: None,
                    sort: PromptSort::CreatedAt,
                };
                this.prompts.list(owner, &filter, page).await
            }
        })
    }

    fn versions(
        self,
        owner: UserId,
        prompt: PromptId,
    ) -> impl Stream<Item = Result<ProjectRecord, StoreError>> {
        pages(PAGE, move |page| {
            let this = self.clone();
            async move { this.prompts.versions(owner, prompt, page).await }
        })
        .map_ok(move |version| ProjectRecord::Version(prompt, version))
    }
}
