//! What a reply's end gives rise to.

use common::domain::errand::{Errand, ErrandKind};
use common::domain::message::{MessageStatus, ReplyEnd};
use platform::Instance;

use super::Reply;
use super::call::Asked;

/// What is to be asked in the background once a reply is whole.
#[derive(Debug, Clone, Default)]
pub struct Afterwards {
    /// From how many tokens of context and reply on the older part is to be summarised; `None`: never.
    pub summarize_from: Option<u32>,
    /// The model that is to name the conversation, if one is.
    pub title_by: Option<String>,
}

impl Afterwards {
    /// The errands for the end of a reply, where `wanted` was to make it.
    pub(super) fn errands(
        self,
        instance: &Instance,
        reply: &Reply,
        end: &ReplyEnd,
        wanted: &Asked,
    ) -> Vec<Errand> {
        if end.status != MessageStatus::Complete {
            return Vec::new();
        }
        let errand = |(kind, model): (ErrandKind, String)| Errand {
            id: instance.ids.next(),
            owner: end.owner,
            conversation: end.conversation,
            model,
            kind,
            attempts: 0,
            created_at: end.at,
        };
        let is_long =
            |from: &u32| wanted.prompt_tokens.saturating_add(wanted.count(&end.content)) >= *from;
        let is_own = reply.pending.context.is_some_and(|context| context.own_history);
        let kind = if is_own { ErrandKind::OwnSummary } else { ErrandKind::Summary };
        let summary = self.summarize_from.filter(is_long).map(|_| (kind, wanted.model.clone()));
        let title = self.title_by.map(|model| (ErrandKind::Title, model));
        summary.into_iter().chain(title).map(errand).collect()
    }
}
