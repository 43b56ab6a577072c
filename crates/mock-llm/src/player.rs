//! Sends a tape: waits, cuts and ends as its script says.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{self, Stream};
use tokio::time::{Instant, sleep, sleep_until};

use crate::Script;
use crate::chunking::Cutter;
use crate::log::Turn;
use crate::plan::Ending;
use crate::recorded::Ended;
use crate::socket::Socket;
use crate::tape::Tape;

/// The body was broken off on purpose.
#[derive(Debug, thiserror::Error)]
#[error("broken off, as the script says")]
pub(crate) struct BrokenOff;

/// An answer on its way.
pub(crate) struct Player {
    tape: Arc<Tape>,
    pace: Duration,
    drip: Duration,
    cutter: Cutter,
    turn: Turn,
    /// How the log is to remember the answer when it has come to its end.
    end: Ended,
    /// The connection, where it is to be reset.
    socket: Option<Socket>,
    /// Bytes handed over, in this lap.
    position: usize,
    /// Events handed over whole, in this lap.
    events: usize,
    laps: usize,
    /// Gates passed.
    passed: usize,
    /// Up to here, bytes may go without another wait.
    ready: usize,
    /// When the last token was due.
    due: Option<Instant>,
    over: bool,
}

impl Player {
    /// Starts at the beginning of the tape. An answer that is not a stream has waited already,
    /// and comes in one go.
    pub(crate) fn new(
        script: &Script,
        tape: Arc<Tape>,
        turn: Turn,
        socket: Option<Socket>,
    ) -> Self {
        let waited = tape.shape.whole;
        Self {
            pace: if waited && !tape.is_endless() { Duration::ZERO } else { script.pace },
            drip: script.drip,
            cutter: Cutter::new(script.chunking),
            turn,
            end: if script.fault.is_some() { Ended::Faulted } else { Ended::Finished },
            socket,
            position: 0,
            events: 0,
            laps: 0,
            passed: if waited { tape.holds.len() } else { 0 },
            ready: 0,
            due: None,
            over: false,
            tape,
        }
    }

    /// The body of the response.
    pub(crate) fn play(self) -> impl Stream<Item = Result<Bytes, BrokenOff>> {
        stream::unfold(self, |mut player| async move {
            let piece = player.next().await?;
            Some((piece, player))
        })
    }

    async fn next(&mut self) -> Option<Result<Bytes, BrokenOff>> {
        while !self.over {
            if self.position < self.ready {
                return Some(Ok(self.piece().await));
            }
            if let Some((at, gate)) = self.tape.holds.get(self.passed)
                && *at <= self.events
            {
                gate.pass().await;
                self.passed += 1;
            } else if self.events < self.tape.marks.len() {
                self.wait_for_pace().await;
                self.ready = self.reach();
                self.note_progress();
            } else if let Err(broken) = self.end().await {
                return Some(Err(broken));
            }
        }
        None
    }

    /// The next piece of what is ready.
    async fn piece(&mut self) -> Bytes {
        if self.cutter.flushes() {
            // the server writes to the socket only when the body has nothing more to give
            tokio::task::yield_now().await;
        }
        if !self.drip.is_zero() {
            sleep(self.drip).await;
        }
        let length = self.cutter.next(self.ready - self.position);
        let end = self.position + length;
        let piece = self.tape.wire.slice(self.position..end);
        self.position = end;
        self.note_progress();
        if self.at_the_end() {
            // now and not at the next call: a client that has it all may leave before that
            self.turn.end(self.end);
        }
        piece
    }

    /// Counts the events that end at or before the position.
    fn note_progress(&mut self) {
        let rest = &self.tape.marks[self.events..];
        let covered = rest.iter().take_while(|mark| mark.wire <= self.position);
        self.events += covered.count();
        self.turn.sent(self.events, self.laps);
    }

    fn at_the_end(&self) -> bool {
        let tape = &self.tape;
        tape.ending == Ending::Close
            && self.events == tape.marks.len()
            && self.passed == tape.holds.len()
    }

    async fn wait_for_pace(&mut self) {
        let mark = self.tape.marks[self.events];
        if self.pace.is_zero() || !mark.paced {
            return;
        }
        // on a schedule of its own, so that the roundings of the timer do not add up
        let now = Instant::now();
        let due = self.due.unwrap_or(now).checked_add(self.pace);
        let Some(due) = due.map(|due| due.max(now)) else {
            return std::future::pending().await;
        };
        sleep_until(due).await;
        self.due = Some(due);
    }

    /// The end of the bytes that can go now, the next event being due.
    fn reach(&self) -> usize {
        let tape = &self.tape;
        let hold = tape.holds.get(self.passed).map(|(at, _)| *at);
        let paced = !self.pace.is_zero();
        let mut reach = self.events + 1;
        while reach < tape.marks.len()
            && !(paced && tape.marks[reach].paced)
            && hold != Some(reach)
            && !self.cutter.stops_at_events()
        {
            reach += 1;
        }
        tape.before(reach).wire
    }

    async fn end(&mut self) -> Result<(), BrokenOff> {
        match self.tape.ending {
            Ending::Close => {
                self.turn.end(self.end);
                self.over = true;
                return Ok(());
            }
            Ending::Silence => std::future::pending().await,
            Ending::Again(lap) => {
                tokio::task::yield_now().await;
                self.laps += 1;
                self.events = lap;
                self.position = self.tape.before(lap).wire;
                self.ready = self.position;
                return Ok(());
            }
            Ending::BreakOff => tokio::task::yield_now().await,
            Ending::Reset => {
                tokio::task::yield_now().await;
                if let Some(socket) = &self.socket {
                    socket.reset_when_closed();
                }
            }
        }
        self.over = true;
        self.turn.end(self.end);
        Err(BrokenOff)
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use actix_web::test::TestRequest;

    use super::*;
    use crate::log::Log;
    use crate::plan::{Event, Plan, Shape};
    use crate::tape::Wire;
    use crate::{Ask, Chunking};

    /// Three bytes an event, whatever it is.
    #[derive(Clone)]
    struct Threes;

    impl Wire for Threes {
        fn write(&mut self, _: &Event<'_>, out: &mut Vec<u8>) {
            out.extend_from_slice(b"abc");
        }
    }

    /// What the server gets each time it asks: the length of a piece, or none when it is to
    /// flush first.
    fn polls(chunking: Chunking) -> Vec<Option<usize>> {
        let script = Script::tokens(["a", "b"]).chunked(chunking);
        let shape = Shape { whole: false, usage: false };
        let tape = Tape::record(&Plan::new(&script, &Ask::default(), shape), &script, Threes);
        let request = TestRequest::default().to_http_request();
        let turn = Arc::new(Log::new(1)).open(&request, Bytes::new());
        let mut body = pin!(Player::new(&script, Arc::new(tape), turn, None).play());
        let mut polls = Vec::new();
        loop {
            match body.as_mut().poll_next(&mut Context::from_waker(Waker::noop())) {
                Poll::Pending => polls.push(None),
                Poll::Ready(Some(piece)) => polls.push(Some(piece.unwrap().len())),
                Poll::Ready(None) => return polls,
            }
        }
    }

    #[test]
    fn what_is_ready_goes_in_one_piece_unless_the_script_cuts_and_flushes() {
        // opening, two tokens, finish, [DONE]
        assert_eq!(polls(Chunking::Natural), [Some(15)]);
        let flushed = |length| [None, Some(length)];
        assert_eq!(polls(Chunking::Events), [3; 5].map(flushed).concat());
        assert_eq!(polls(Chunking::Bytes(4)), [4, 4, 4, 3].map(flushed).concat());
    }
}
