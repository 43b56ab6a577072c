//! From a script and a request to the events of one answer, in no provider's format.

use std::iter;

use crate::{Fault, Reply, Script, UsageQuirk};

/// What a wire has understood of a request.
#[derive(Debug)]
pub(crate) struct Ask {
    /// The model, as the request names it.
    pub model: String,
    /// The last message of the user; empty if there is none.
    pub last_user: String,
    /// How the answer is to be given.
    pub shape: Shape,
}

/// How an answer is given. Together with the model, all that an answer depends on (but for an
/// echo).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shape {
    /// One body, not a stream of events.
    pub whole: bool,
    /// A stream that is to end with the token counts.
    pub usage: bool,
}

/// One thing that a wire can write.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Event<'a> {
    Opening,
    Reasoning(String),
    Text(String),
    /// A text as long as it takes for its event to fill that many bytes.
    Filler(usize),
    Comment,
    Malformed,
    Error {
        code: &'a str,
        message: &'a str,
    },
    Finish(Option<&'a str>),
    Usage,
    Done,
    Verbatim(&'a str),
}

impl Event<'_> {
    /// Whether the event counts as a token, for pace, faults and gates.
    pub(crate) fn is_token(&self) -> bool {
        matches!(self, Self::Reasoning(_) | Self::Text(_) | Self::Filler(_))
    }
}

/// What happens after the last event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The body ends.
    Close,
    /// The connection is closed in the middle of the body.
    BreakOff,
    /// The connection is reset.
    Reset,
    /// Nothing, for ever.
    Silence,
    /// The events from this one on, again and again.
    Again(usize),
}

/// The events of one answer.
#[derive(Debug)]
pub(crate) struct Plan<'a> {
    pub events: Vec<Event<'a>>,
    pub ending: Ending,
    pub shape: Shape,
}

impl<'a> Plan<'a> {
    pub(crate) fn new(script: &'a Script, ask: &Ask) -> Self {
        let fault = script.fault.as_ref();
        if let (true, Some(Fault::ErrorEvent { code, message, .. })) = (ask.shape.whole, fault) {
            // an error in the middle of one JSON object is not an error, only bad JSON
            return Self {
                events: vec![Event::Error { code, message }],
                ending: Ending::Close,
                shape: ask.shape,
            };
        }
        let verbatim = matches!(script.reply, Reply::Verbatim(_));
        let mut events = opening(script, ask);
        let ending = match fault {
            Some(Fault::Cut { .. }) => Ending::Close,
            Some(Fault::BreakOff { .. }) => Ending::BreakOff,
            Some(Fault::Reset { .. }) => Ending::Reset,
            Some(Fault::Silence { .. }) => Ending::Silence,
            Some(Fault::ErrorEvent { code, message, .. }) => {
                events.push(Event::Error { code, message });
                Ending::Close
            }
            Some(Fault::OnlyComments { .. }) => {
                events.push(Event::Comment);
                Ending::Again(events.len() - 1)
            }
            Some(Fault::Endless) => {
                let lap = events.len();
                events.extend(lap_of(script, ask));
                Ending::Again(lap)
            }
            _ if verbatim => Ending::Close,
            _ => {
                events.extend(closing(script, ask));
                Ending::Close
            }
        };
        Self { events, ending, shape: ask.shape }
    }
}

/// Everything up to the fault that ends the answer, or else to the finish.
fn opening<'a>(script: &'a Script, ask: &Ask) -> Vec<Event<'a>> {
    if let Reply::Verbatim(body) = &script.reply {
        return vec![Event::Verbatim(body)];
    }
    let mut tokens = tokens(script, ask);
    match script.fault {
        Some(Fault::HugeEvent { bytes }) => tokens.insert(0, Event::Filler(bytes)),
        Some(Fault::Malformed { after_tokens }) => {
            tokens.insert(after_tokens.min(tokens.len()), Event::Malformed);
        }
        _ => {}
    }
    let break_off = script.fault.as_ref().and_then(Fault::after_tokens);
    tokens.truncate(break_off.unwrap_or(usize::MAX));

    let mut events = vec![Event::Opening];
    for token in tokens {
        if script.comments {
            events.push(Event::Comment);
        }
        events.push(token);
    }
    events
}

fn tokens<'a>(script: &Script, ask: &Ask) -> Vec<Event<'a>> {
    let reasoning = script.reasoning.iter().cloned().map(Event::Reasoning);
    let text = script.reply.tokens(&ask.last_user).into_iter();
    reasoning.chain(text.map(Event::Text)).collect()
}

/// The tokens to repeat for ever; a script without any still has something to say.
fn lap_of<'a>(script: &Script, ask: &Ask) -> Vec<Event<'a>> {
    let text = script.reply.tokens(&ask.last_user);
    if text.is_empty() {
        return vec![Event::Text(" more".to_owned())];
    }
    text.into_iter().map(Event::Text).collect()
}

fn closing<'a>(script: &'a Script, ask: &Ask) -> impl Iterator<Item = Event<'a>> {
    let Shape { whole, usage } = ask.shape;
    let reason = (!script.without_finish).then_some(script.finish.as_str());
    let finish = (whole || reason.is_some()).then_some(Event::Finish(reason));
    let asked = usage || whole || script.usage_quirk == Some(UsageQuirk::EveryChunk);
    let usage = (asked && !script.without_usage).then_some(Event::Usage);
    let done = (whole || !script.without_done).then_some(Event::Done);
    let late = match script.fault {
        Some(Fault::TokensAfterEnd) => [" after", " all"].as_slice(),
        _ => &[],
    };
    let late = late.iter().map(|token| Event::Text((*token).to_owned()));
    iter::empty().chain(finish).chain(usage).chain(done).chain(late)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(script: &Script, whole: bool) -> String {
        let ask = Ask {
            model: "m".to_owned(),
            last_user: "you said".to_owned(),
            shape: Shape { whole, usage: true },
        };
        let plan = Plan::new(script, &ask);
        format!("{:?} {:?}", plan.events, plan.ending)
    }

    #[test]
    fn an_answer_opens_speaks_and_closes() {
        let script = Script::echo().reasoning(["hm"]);
        assert_eq!(
            events(&script, false),
            r#"[Opening, Reasoning("hm"), Text("you"), Text(" said"), Finish(Some("stop")), Usage, Done] Close"#
        );
    }

    #[test]
    fn omissions_leave_events_out_of_streams_only() {
        let script = Script::tokens(["a"]).without_finish().without_done();
        assert_eq!(events(&script, false), r#"[Opening, Text("a"), Usage] Close"#);
        assert_eq!(
            events(&script, true),
            r#"[Opening, Text("a"), Finish(None), Usage, Done] Close"#
        );
    }

    #[test]
    fn a_fault_after_too_many_tokens_comes_before_the_finish() {
        let script = Script::tokens(["a", "b"]).fault(Fault::Silence { after_tokens: 9 });
        assert_eq!(events(&script, false), r#"[Opening, Text("a"), Text("b")] Silence"#);
    }
}
