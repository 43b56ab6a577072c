use std::sync::Arc;

use crate::services::{
    ApiKeys, Attachments, Completions, Conversations, Export, Imports, LoadJobs, Messages, Models,
    Preferences, Shares, Summaries, Titles, UsageLedger, Users,
};

/// The services that handlers call.
pub struct ChatState {
    /// Conversations.
    pub conversations: Conversations,
    /// Messages and replies.
    pub messages: Arc<Messages>,
    /// What models know in short.
    pub summaries: Arc<Summaries>,
    /// What conversations and projects are called.
    pub titles: Arc<Titles>,
    /// What is attached to messages.
    pub attachments: Attachments,
    /// Conversations as files.
    pub export: Export,
    /// Conversations out of files.
    pub imports: Arc<Imports>,
    /// Conversations as they were, for whoever has a token.
    pub shares: Shares,
    /// Answers that are passed on.
    pub completions: Completions,
    /// People's own keys.
    pub api_keys: ApiKeys,
    /// The catalogue.
    pub models: Arc<Models>,
    /// Models on their way.
    pub load_jobs: Arc<LoadJobs>,
    /// What people want where their requests do not say.
    pub preferences: Preferences,
    /// What people use of models.
    pub usage: UsageLedger,
    /// The people whose things these are.
    pub users: Users,
}
