//! A reply's log: its text and its reasoning, with a bounded tail of rendered events.
//!
//! A subscriber holds a place in the log. One that keeps up shares the rendered events; one that is late gets those that it missed
//! in one piece; one for which the tail is too short gets all of each text that it missed as one event. So nothing is kept per
//! subscriber, and none can hold up another.

use std::collections::VecDeque;

use bytes::Bytes;
use common::MessageId;

use super::{EventId, frames};

/// How many bytes of rendered events are kept.
const TAIL: usize = 8 * 1024;

/// How far a subscriber has read, in bytes and in characters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Place {
    text: Offset,
    reasoning: Offset,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Offset {
    bytes: usize,
    chars: usize,
}

/// Which of the two texts grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Text,
    Reasoning,
}

#[derive(Debug)]
struct Frame {
    from: Place,
    bytes: Bytes,
}

/// All that has come of a reply.
#[derive(Debug)]
pub(super) struct Log {
    message: MessageId,
    text: String,
    reasoning: String,
    end: Place,
    tail: VecDeque<Frame>,
    tail_bytes: usize,
}

impl Log {
    pub(super) fn new(message: MessageId) -> Self {
        Self {
            message,
            text: String::new(),
            reasoning: String::new(),
            end: Place::default(),
            tail: VecDeque::new(),
            tail_bytes: 0,
        }
    }

    /// The log of a reply whose texts are known.
    pub(super) fn of(message: MessageId, text: String, reasoning: String) -> Self {
        let end = Place { text: Offset::after(&text), reasoning: Offset::after(&reasoning) };
        Self { text, reasoning, end, ..Self::new(message) }
    }

    /// Adds what has come. NUL, which Postgres cannot store, becomes U+FFFD.
    pub(super) fn push(&mut self, part: Part, delta: &str) {
        let from = self.end;
        let start = self.of_part(part).len();
        let grown = match part {
            Part::Text => &mut self.text,
            Part::Reasoning => &mut self.reasoning,
        };
        grown.extend(delta.chars().map(
            |c| {
                if c == '\0' { char::REPLACEMENT_CHARACTER } else { c }
            },
        ));
        let more = Offset::after(&grown[start..]);
        match part {
            Part::Text => self.end.text.advance(more),
            Part::Reasoning => self.end.reasoning.advance(more),
        }
        let bytes = self.render(part, start, self.end);
        self.tail_bytes += bytes.len();
        self.tail.push_back(Frame { from, bytes });
        while self.tail_bytes > TAIL {
            let Some(oldest) = self.tail.pop_front() else {
                break;
            };
            self.tail_bytes -= oldest.bytes.len();
        }
    }

    /// What is new for a subscriber at `place`, which moves: an event or several, which go together; `None` if it has everything.
    pub(super) fn next(&self, place: &mut Place) -> Option<Bytes> {
        if *place == self.end {
            return None;
        }
        // The tail is in order, so that the frame is found from its end, where most subscribers are.
        if let Some(at) = self.tail.iter().rposition(|frame| frame.from == *place) {
            *place = self.end;
            if at + 1 == self.tail.len() {
                return self.tail.back().map(|frame| frame.bytes.clone());
            }
            let new: Vec<&[u8]> = self.tail.range(at..).map(|frame| &*frame.bytes).collect();
            return Some(new.concat().into());
        }
        let (part, start) = if place.reasoning == self.end.reasoning {
            let start = place.text.bytes;
            place.text = self.end.text;
            (Part::Text, start)
        } else {
            let start = place.reasoning.bytes;
            place.reasoning = self.end.reasoning;
            (Part::Reasoning, start)
        };
        Some(self.render(part, start, *place))
    }

    /// The place of a subscriber that has seen everything up to `id`; `None` if that is more than there is.
    pub(super) fn place_after(&self, id: EventId) -> Option<Place> {
        let text = Offset::of_chars(&self.text, id.text)?;
        let reasoning = Offset::of_chars(&self.reasoning, id.reasoning)?;
        Some(Place { text, reasoning })
    }

    /// The place of a subscriber that has seen everything.
    pub(super) fn end(&self) -> Place {
        self.end
    }

    /// The id of an event after everything.
    pub(super) fn last_id(&self) -> EventId {
        self.id(self.end)
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn reasoning(&self) -> &str {
        &self.reasoning
    }

    /// How many bytes have come.
    pub(super) fn size(&self) -> usize {
        self.text.len() + self.reasoning.len()
    }

    fn of_part(&self, part: Part) -> &str {
        match part {
            Part::Text => &self.text,
            Part::Reasoning => &self.reasoning,
        }
    }

    fn id(&self, place: Place) -> EventId {
        EventId { message: self.message, text: place.text.chars, reasoning: place.reasoning.chars }
    }

    /// One event with a part's text from `start` on, which leaves its reader at `to`.
    fn render(&self, part: Part, start: usize, to: Place) -> Bytes {
        match part {
            Part::Text => frames::token(self.id(to), &self.text[start..]),
            Part::Reasoning => frames::reasoning(self.id(to), &self.reasoning[start..]),
        }
    }
}

impl Offset {
    fn after(text: &str) -> Self {
        Self { bytes: text.len(), chars: text.chars().count() }
    }

    /// The offset after so many characters, if there are so many.
    fn of_chars(text: &str, chars: usize) -> Option<Self> {
        let ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
        let bytes = ends.take(chars.saturating_add(1)).enumerate().last();
        bytes.filter(|(count, _)| *count == chars).map(|(_, bytes)| Self { bytes, chars })
    }

    fn advance(&mut self, more: Self) {
        self.bytes += more.bytes;
        self.chars += more.chars;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    fn message() -> MessageId {
        uuid::Uuid::from_u128(1).into()
    }

    /// What a client makes of some events: both texts, and the id of the last event.
    fn read(events: &[Bytes]) -> (String, String, Option<EventId>) {
        let (mut text, mut reasoning, mut last) = (String::new(), String::new(), None);
        for event in events {
            let event = std::str::from_utf8(event).unwrap();
            let mut lines = event.trim_end().lines();
            let name = lines.next().unwrap().strip_prefix("event: ").unwrap();
            last = Some(lines.next().unwrap().strip_prefix("id: ").unwrap().parse().unwrap());
            let data: Value =
                serde_json::from_str(lines.next().unwrap().strip_prefix("data: ").unwrap())
                    .unwrap();
            assert_eq!(lines.next(), None);
            let grown = if name == "token" { &mut text } else { &mut reasoning };
            grown.push_str(data["token"].as_str().unwrap());
        }
        (text, reasoning, last)
    }

    /// The events for a subscriber, one by one.
    fn drain(log: &Log, place: &mut Place) -> Vec<Bytes> {
        let mut events = Vec::new();
        while let Some(mut together) = log.next(place) {
            while let Some(end) = together.windows(2).position(|end| end == b"\n\n") {
                events.push(together.split_to(end + 2));
            }
            assert!(together.is_empty());
        }
        events
    }

    fn parts() -> impl Strategy<Value = Vec<(bool, String)>> {
        prop::collection::vec((any::<bool>(), "\\PC{1,30}|[\r\n\u{0}🦀é]{1,900}"), 0..40)
    }

    proptest! {
        /// Whoever reads when, or leaves and resumes where, gets the same text, without a gap or a repetition.
        #[test]
        fn every_reader_gets_the_whole(parts in parts(), pauses in prop::collection::vec(any::<bool>(), 40), cut in 0usize..80) {
            let mut log = Log::new(message());
            let mut place = Place::default();
            let mut seen = Vec::new();
            for ((is_text, delta), reads) in parts.iter().zip(pauses) {
                log.push(if *is_text { Part::Text } else { Part::Reasoning }, delta);
                if reads {
                    seen.extend(drain(&log, &mut place));
                }
            }
            seen.extend(drain(&log, &mut place));
            let (text, reasoning, last) = read(&seen);
            prop_assert_eq!(&text, log.text());
            prop_assert_eq!(&reasoning, log.reasoning());
            prop_assert!(last.is_none_or(|id| id == log.last_id()));

            let kept = &seen[..cut.min(seen.len())];
            let (mut text, mut reasoning, last) = read(kept);
            let mut place = last.map_or_else(Place::default, |id| log.place_after(id).unwrap());
            let (more, thought, _) = read(&drain(&log, &mut place));
            text.push_str(&more);
            reasoning.push_str(&thought);
            prop_assert_eq!(&text, log.text());
            prop_assert_eq!(&reasoning, log.reasoning());

            let stored = Log::of(message(), log.text().to_owned(), log.reasoning().to_owned());
            prop_assert_eq!(stored.last_id(), log.last_id());
        }
    }

    #[test]
    fn the_tail_is_bounded() {
        let mut log = Log::new(message());
        for _ in 0..10_000 {
            log.push(Part::Text, "token ");
        }
        assert!(log.tail_bytes <= TAIL && log.tail.len() < 100);
        assert_eq!(drain(&log, &mut Place::default()).len(), 1);
    }

    #[test]
    fn a_place_beyond_the_end_is_none() {
        let log = Log::of(message(), "héllo".to_owned(), String::new());
        let after =
            |text, reasoning| log.place_after(EventId { message: message(), text, reasoning });
        assert_eq!(after(2, 0).unwrap().text, Offset { bytes: 3, chars: 2 });
        assert_eq!(after(5, 0), Some(log.end()));
        assert_eq!((after(6, 0), after(2, 1)), (None, None));
    }
}
