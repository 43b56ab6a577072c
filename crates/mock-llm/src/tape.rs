//! An answer as bytes, written once and marked where each event ends.
//!
//! A request that gets the same script for the same model gets the same tape: sending it costs
//! no formatting, and the log needs only to remember how far it was played.

use bytes::Bytes;

use crate::plan::{Ending, Event, Plan, Shape, Step};
use crate::{Fault, Gate, Script};

/// Writes events in one provider's format.
pub(crate) trait Wire: Clone {
    /// Appends the bytes of `event`, which may be none.
    fn write(&mut self, event: &Event<'_>, out: &mut Vec<u8>);
}

/// Where an event ends.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Mark {
    /// The end of its bytes.
    pub wire: usize,
    /// The end of its text in [`Tape::text`].
    text: usize,
    /// The end of its reasoning in [`Tape::reasoning`].
    reasoning: usize,
    /// Whether the pace of the script applies before it.
    pub paced: bool,
}

/// The bytes of one answer.
#[derive(Debug)]
pub(crate) struct Tape {
    pub wire: Bytes,
    pub marks: Vec<Mark>,
    /// The gates, each with the number of events before it.
    pub holds: Vec<(usize, Gate)>,
    pub ending: Ending,
    pub shape: Shape,
    text: String,
    reasoning: String,
}

impl Tape {
    /// Writes the steps of `plan` with `wire`, and the gates of `script` between them.
    pub(crate) fn record(plan: &Plan<'_>, script: &Script, mut wire: impl Wire) -> Self {
        let mut out = Vec::new();
        let (mut text, mut reasoning) = (String::new(), String::new());
        let mut marks = Vec::with_capacity(plan.steps.len());
        let mut spoken = false;
        let lap = match plan.ending {
            Ending::Again(lap) => lap,
            _ => usize::MAX,
        };
        for (at, step) in plan.steps.iter().enumerate() {
            match step {
                Step::Event(event) => {
                    match event {
                        Event::Reasoning(token) => reasoning.push_str(token),
                        Event::Text(token) => text.push_str(token),
                        _ => {}
                    }
                    wire.write(event, &mut out);
                }
                Step::Filler(bytes) => {
                    let filler = filler(&wire, *bytes);
                    text.push_str(&filler);
                    wire.write(&Event::Text(filler), &mut out);
                }
                Step::Garbled => {
                    text.push(char::REPLACEMENT_CHARACTER);
                    garbled(&mut wire, &mut out);
                }
                Step::Malformed if plan.shape.whole => out.extend_from_slice(b"\"]{"),
                Step::Malformed => malformed(&mut wire, &mut out),
                Step::Verbatim(body) => out.extend_from_slice(body.as_bytes()),
            }
            marks.push(Mark {
                wire: out.len(),
                text: text.len(),
                reasoning: reasoning.len(),
                paced: (step.is_token() && spoken) || at >= lap,
            });
            spoken |= step.is_token();
        }
        if let Some(Fault::Truncated { after_bytes }) = script.fault {
            out.truncate(after_bytes);
            truncate(&mut marks, after_bytes);
        }
        Self {
            wire: out.into(),
            holds: holds(plan, script),
            ending: plan.ending,
            shape: plan.shape,
            marks,
            text,
            reasoning,
        }
    }

    /// Whether it has no end.
    pub(crate) fn is_endless(&self) -> bool {
        matches!(self.ending, Ending::Again(_))
    }

    /// The text and the reasoning of the first `events` events, after `laps` endless laps.
    pub(crate) fn spoken(&self, events: usize, laps: usize) -> (String, String) {
        let reached = self.before(events);
        let text = match self.ending {
            Ending::Again(lap) if laps > 0 => {
                let (before, again) = self.text.split_at(self.before(lap).text);
                let rest = &self.text[before.len()..reached.text.max(before.len())];
                [before, &again.repeat(laps), rest].concat()
            }
            _ => self.text[..reached.text].to_owned(),
        };
        (text, self.reasoning[..reached.reasoning].to_owned())
    }

    /// Where the first `events` events end.
    pub(crate) fn before(&self, events: usize) -> Mark {
        match events {
            0 => Mark::default(),
            events => self.marks[events - 1],
        }
    }
}

/// A text that makes its event, as `wire` would write it now, `bytes` long.
fn filler(wire: &impl Wire, bytes: usize) -> String {
    let mut framing = Vec::new();
    wire.clone().write(&Event::Text(String::new()), &mut framing);
    "x".repeat(bytes.saturating_sub(framing.len()))
}

/// Writes a text with half a character: the first two bytes of four.
fn garbled(wire: &mut impl Wire, out: &mut Vec<u8>) {
    // no wire escapes it, and no framing has it
    const STAND_IN: &str = "\u{fdd0}";
    let mut bytes = Vec::new();
    wire.write(&Event::Text(STAND_IN.to_owned()), &mut bytes);
    let found = bytes.windows(STAND_IN.len()).position(|part| part == STAND_IN.as_bytes());
    if let Some(at) = found {
        bytes.splice(at..at + STAND_IN.len(), [0xf0, 0x9f]);
    }
    out.extend(bytes);
}

/// Writes an event whose JSON lacks its last brace.
fn malformed(wire: &mut impl Wire, out: &mut Vec<u8>) {
    let mut bytes = Vec::new();
    wire.write(&Event::Text(String::new()), &mut bytes);
    if let Some(brace) = bytes.iter().rposition(|byte| *byte == b'}') {
        bytes.remove(brace);
    }
    out.extend(bytes);
}

/// Leaves the marks of `bytes` bytes. An event cut in the middle has one too, at the cut, but
/// its token does not count as sent.
fn truncate(marks: &mut Vec<Mark>, bytes: usize) {
    let whole = marks.iter().take_while(|mark| mark.wire <= bytes).count();
    let last = whole.checked_sub(1).map(|last| marks[last]).unwrap_or_default();
    if whole < marks.len() && last.wire < bytes {
        marks[whole] = Mark { wire: bytes, paced: marks[whole].paced, ..last };
        marks.truncate(whole + 1);
    } else {
        marks.truncate(whole);
    }
}

/// The gates of `script` in the order of the answer, each with the number of events before it.
fn holds(plan: &Plan<'_>, script: &Script) -> Vec<(usize, Gate)> {
    let token_ends = plan.steps.iter().enumerate();
    let token_ends = token_ends.filter_map(|(at, step)| step.is_token().then_some(at + 1));
    // without a token before it, a gate stands after the opening
    let places: Vec<usize> = [1.min(plan.steps.len())].into_iter().chain(token_ends).collect();
    let place = |tokens: usize| places[tokens.min(places.len() - 1)];
    let mut holds: Vec<_> =
        script.holds.iter().map(|(tokens, gate)| (place(*tokens), gate.clone())).collect();
    holds.sort_by_key(|(events, _)| *events);
    holds
}
