use std::sync::Arc;
use std::time::Duration;

use common::ErrorCode;
use common::domain::message::{FinishReason, ReplyFailure};
use common::domain::usage::Tokens;
use futures_util::stream::{Stream, unfold};
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::call::Roster;
use crate::providers::{Completion, Delta};

/// So many pieces may wait for a client; while they do, no more is read of the provider.
const WAITING: usize = 64;

/// An answer that is being passed on. Dropping it ends the call to the model.
pub struct Relay {
    pieces: mpsc::Receiver<Piece>,
    /// What has come, and was not given yet.
    ready: Vec<Piece>,
    roster: Arc<Roster>,
}

/// A piece of an answer, or its end.
#[derive(Debug)]
pub enum Piece {
    /// More of it; never its usage or why it stopped.
    Delta(Delta),
    /// Nothing follows.
    End(Result<RelayEnd, ReplyFailure>),
}

/// Pieces that are ready together.
#[derive(Debug)]
pub struct Batch {
    /// The model that answers.
    pub model: String,
    /// The pieces, in their order.
    pub pieces: Vec<Piece>,
}

/// A whole answer.
#[derive(Debug)]
pub struct Whole {
    /// The model that has answered.
    pub model: String,
    /// What it says.
    pub completion: Completion,
    /// How it ended.
    pub end: RelayEnd,
}

/// How an answer ended that is whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RelayEnd {
    /// Why the model stopped.
    pub finish_reason: FinishReason,
    /// What it took: the provider's figure, else as we count.
    pub tokens: Tokens,
}

impl Relay {
    /// An answer of whoever of `roster` is at it, and where it is to be handed in.
    pub(super) fn new(roster: Arc<Roster>) -> (mpsc::Sender<Piece>, Self) {
        let (sender, pieces) = mpsc::channel(WAITING);
        (sender, Self { pieces, ready: Vec::new(), roster })
    }

    /// Waits until there is something to pass on, at most for `patience`.
    ///
    /// # Errors
    /// It has failed, and nothing had come.
    pub async fn begun(&mut self, patience: Duration) -> Result<(), ReplyFailure> {
        let begun = self.pieces.recv_many(&mut self.ready, WAITING);
        let _begun_or_not = timeout(patience, begun).await;
        match self.ready.as_slice() {
            [Piece::End(Err(failure))] => Err(failure.clone()),
            _ => Ok(()),
        }
    }

    /// Its pieces, together those that are ready together.
    pub fn batches(self) -> impl Stream<Item = Batch> {
        unfold(self, async |mut relay| {
            if relay.ready.is_empty()
                && relay.pieces.recv_many(&mut relay.ready, WAITING).await == 0
            {
                return None;
            }
            let model = relay.roster.current().model.clone();
            Some((Batch { model, pieces: std::mem::take(&mut relay.ready) }, relay))
        })
    }

    /// Waits for the whole.
    ///
    /// # Errors
    /// It is not whole.
    pub async fn whole(mut self) -> Result<Whole, ReplyFailure> {
        let mut completion = Completion::default();
        while let Some(piece) = self.pieces.recv().await {
            match piece {
                Piece::Delta(delta) => completion = completion.with(delta),
                Piece::End(end) => {
                    let model = self.roster.current().model.clone();
                    return end.map(|end| Whole { model, completion, end });
                }
            }
        }
        Err(internal())
    }
}

/// Our own fault.
pub(super) fn internal() -> ReplyFailure {
    let message = "Something went wrong on our side while the answer was made. Try again.";
    ReplyFailure::new(ErrorCode::InternalError, message, true)
}

#[cfg(test)]
mod tests {
    use futures_util::StreamExt;

    use super::super::{Afterwards, Asked, Candidate, ModelCall};
    use super::*;
    use crate::providers::{CompletionRequest, Demo};

    fn a_relay() -> (mpsc::Sender<Piece>, Relay) {
        let asked = Asked {
            model: "demo".to_owned(),
            upstream: "demo".to_owned(),
            vendor: "demo",
            provider: Arc::new(Demo),
            prompt_tokens: 0,
            price: None,
            must_load: false,
            first_token: Duration::ZERO,
        };
        let wanted = Candidate { asked, request: CompletionRequest::default() };
        let call = ModelCall {
            wanted,
            fallbacks: Vec::new(),
            project: None,
            prompt_stale: false,
            afterwards: Afterwards::default(),
        };
        Relay::new(Arc::new(Roster::of(call).0))
    }

    fn text(text: &str) -> Piece {
        Piece::Delta(Delta::Text(text.to_owned()))
    }

    #[tokio::test(start_paused = true)]
    async fn who_has_waited_long_enough_waits_on_with_the_stream() {
        let (sender, mut relay) = a_relay();
        assert_eq!(relay.begun(Duration::from_secs(10)).await, Ok(()));
        sender.send(Piece::End(Err(internal()))).await.unwrap();
        drop(sender);
        let batches: Vec<_> = relay.batches().collect().await;
        assert!(matches!(batches[0].pieces[..], [Piece::End(Err(_))]));
    }

    #[tokio::test]
    async fn what_fails_at_once_is_told_at_once_and_what_has_come_is_kept() {
        let (sender, mut relay) = a_relay();
        sender.send(Piece::End(Err(internal()))).await.unwrap();
        assert_eq!(relay.begun(Duration::from_secs(10)).await, Err(internal()));

        let (sender, mut relay) = a_relay();
        for piece in [text("a"), text("b"), Piece::End(Err(internal()))] {
            sender.send(piece).await.unwrap();
        }
        drop(sender);
        assert_eq!(relay.begun(Duration::from_secs(10)).await, Ok(()));
        let batches: Vec<_> = relay.batches().collect().await;
        assert_eq!((batches.len(), batches[0].pieces.len()), (1, 3), "all that was ready");
    }
}
