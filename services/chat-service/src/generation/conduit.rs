use std::fmt::Display;

use common::CompletionId;
use common::domain::message::ReplyFailure;
use parking_lot::Mutex;
use tokio::sync::mpsc;

use super::frames::Progress;
use super::outlet::Outlet;
use super::relay::{Piece, RelayEnd};
use crate::providers::Delta;

/// Hands an answer to the one client that waits for it, and knows what has come, to be counted.
pub(super) struct Conduit {
    id: CompletionId,
    pieces: mpsc::Sender<Piece>,
    said: Mutex<Said>,
}

#[derive(Default)]
struct Said {
    /// The text, and what is to be called with what.
    text: String,
    reasoning: String,
}

impl Conduit {
    pub(super) fn new(id: CompletionId, pieces: mpsc::Sender<Piece>) -> Self {
        Self { id, pieces, said: Mutex::default() }
    }

    pub(super) fn id(&self) -> CompletionId {
        self.id
    }

    /// Text and reasoning so far.
    pub(super) fn texts(&self) -> (String, String) {
        let said = self.said.lock();
        (said.text.clone(), said.reasoning.clone())
    }

    /// Whether nothing has come.
    pub(super) fn is_silent(&self) -> bool {
        let said = self.said.lock();
        said.text.is_empty() && said.reasoning.is_empty()
    }

    /// Waits until the client has left.
    pub(super) async fn left(&self) {
        self.pieces.closed().await;
    }

    /// Tells how it ended.
    pub(super) async fn end(&self, end: Result<RelayEnd, ReplyFailure>) {
        let _has_left = self.pieces.send(Piece::End(end)).await;
    }
}

impl Outlet for Conduit {
    fn id(&self) -> impl Display {
        self.id
    }

    fn show(&self, piece: Delta) {
        {
            let mut said = self.said.lock();
            match &piece {
                Delta::Text(text) => said.text.push_str(text),
                Delta::Reasoning(text) => said.reasoning.push_str(text),
                Delta::ToolCall(call) => {
                    said.text.extend(call.name.as_deref());
                    said.text.push_str(&call.arguments);
                }
                Delta::Usage(_) | Delta::Finish(_) => return,
            }
        }
        // There is room, which was waited for, unless the client has left.
        let _has_left = self.pieces.try_send(Piece::Delta(piece));
    }

    fn has_shown(&self) -> bool {
        !self.is_silent()
    }

    /// The format has no words for it.
    fn announce(&self, _: Progress, _: &str) {}

    /// The client says what the model is to know, and is told if that is too much.
    fn may_trim(&self) -> bool {
        false
    }

    async fn has_room(&self) {
        let _has_left = self.pieces.reserve().await;
    }
}
