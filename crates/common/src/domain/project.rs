//! A project: a named set of prompts that go in front of every conversation in it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::idempotency::CreationError;
use crate::repositories::StoreError;
use crate::{ProjectId, UserId};

/// A project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Project {
    /// Its id.
    pub id: ProjectId,
    /// Whose it is.
    pub owner: UserId,
    /// What it is called.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// How many prompts it has.
    pub prompt_count: u32,
    /// Grows with every change to its prompts: who has seen this figure has seen these prompts.
    pub prompts_revision: u64,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When its name or description last changed.
    pub updated_at: DateTime<Utc>,
}

/// What to change; what is `None` stays.
#[derive(Debug, Clone, Default)]
pub struct ProjectChanges {
    /// A new name.
    pub name: Option<String>,
    /// A new description, or none at all.
    pub description: Option<Option<String>>,
}

/// What a deletion took away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeletedProject {
    /// The project that is gone.
    pub id: ProjectId,
    /// How many prompts went with it.
    pub prompts: u64,
}

/// What can go wrong with a project.
#[derive(Debug, thiserror::Error)]
pub enum ProjectError {
    /// There is none of that id, or it is somebody else's.
    #[error("no such project")]
    NotFound,
    /// The account that it would belong to is gone.
    #[error("the owner is gone")]
    OwnerGone,
    /// Something else was asked or made with the request's key.
    #[error(transparent)]
    Creation(#[from] CreationError),
    /// The database failed.
    #[error("projects could not be read or written")]
    Store(#[from] StoreError),
}
