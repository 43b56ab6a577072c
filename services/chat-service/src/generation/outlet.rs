//! Where an answer goes as it comes, so that asking again or asking another is the same for whatever becomes of it.

use std::fmt::Display;

use super::frames::Progress;
use crate::providers::Delta;

/// Shows an answer to whoever waits for it. What was shown cannot be taken back: from then on nobody else may answer.
pub(super) trait Outlet: Sync {
    /// What the log calls it.
    fn id(&self) -> impl Display;

    /// Shows a piece of text, of reasoning, or of a call of a tool.
    fn show(&self, piece: Delta);

    /// Whether anything was shown.
    fn has_shown(&self) -> bool;

    /// Tells what is being done before the first token, where there are words for it.
    fn announce(&self, progress: Progress, detail: &str);

    /// Whether the oldest messages may be left out where the model finds them too many.
    fn may_trim(&self) -> bool;

    /// Waits until there is room for more.
    fn has_room(&self) -> impl Future<Output = ()> + Send;
}
