//! From a script and a request to the steps of one answer, in no provider's format.

use std::iter;

use crate::tool_call::Piece;
use crate::{Ask, Break, Fault, Refusal, Reply, Script, UsageQuirk};

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
    Tool(Piece),
    /// A sign of life that says nothing.
    Comment,
    Error(Refusal),
    Finish(Option<&'a str>),
    Usage,
    Done,
}

/// One step of an answer: an event, or bytes that are nothing a wire would write.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Step<'a> {
    Event(Event<'a>),
    /// A text as long as it takes for its event to fill that many bytes.
    Filler(usize),
    /// A text with half a character in it.
    Garbled,
    /// An event whose JSON is broken.
    Malformed,
    Verbatim(&'a str),
}

impl Step<'_> {
    /// Whether the step counts as a token, for pace, faults and gates.
    pub(crate) fn is_token(&self) -> bool {
        match self {
            Self::Event(event) => {
                matches!(event, Event::Reasoning(_) | Event::Text(_) | Event::Tool(_))
            }
            Self::Filler(_) | Self::Garbled => true,
            Self::Malformed | Self::Verbatim(_) => false,
        }
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

impl From<Break> for Ending {
    fn from(how: Break) -> Self {
        match how {
            Break::Off => Self::BreakOff,
            Break::Reset => Self::Reset,
            Break::Silence => Self::Silence,
        }
    }
}

/// The steps of one answer.
#[derive(Debug)]
pub(crate) struct Plan<'a> {
    pub steps: Vec<Step<'a>>,
    pub ending: Ending,
    pub shape: Shape,
}

impl<'a> Plan<'a> {
    pub(crate) fn new(script: &'a Script, ask: &Ask, shape: Shape) -> Self {
        let fault = script.fault.as_ref();
        let mut error = fault.and_then(error);
        let instead = matches!(fault, Some(Fault::Refused { after_tokens: None, .. }));
        if (shape.whole || instead)
            && let Some(error) = error.take()
        {
            // an error in the middle of one JSON object is not an error, only bad JSON
            return Self { steps: vec![error], ending: Ending::Close, shape };
        }
        let verbatim = matches!(script.reply, Reply::Verbatim(_));
        let mut steps = opening(script, ask);
        let ending = match fault {
            Some(Fault::Cut { .. }) => Ending::Close,
            Some(Fault::BreakOff { .. }) => Ending::BreakOff,
            Some(Fault::Reset { .. }) => Ending::Reset,
            Some(Fault::Silence { .. }) => Ending::Silence,
            Some(Fault::ErrorEvent { .. } | Fault::Refused { .. }) => {
                steps.extend(error);
                Ending::Close
            }
            Some(Fault::OnlyComments { .. }) => {
                steps.push(Step::Event(Event::Comment));
                Ending::Again(steps.len() - 1)
            }
            Some(Fault::Endless) => {
                let lap = steps.len();
                steps.extend(lap_of(script, ask));
                Ending::Again(lap)
            }
            _ => {
                if !verbatim {
                    steps.extend(closing(script, shape).map(Step::Event));
                }
                match fault {
                    Some(Fault::AfterEnd(how)) => (*how).into(),
                    _ => Ending::Close,
                }
            }
        };
        Self { steps, ending, shape }
    }
}

fn error<'a>(fault: &Fault) -> Option<Step<'a>> {
    let refusal = match fault {
        Fault::Refused { why, .. } => why.clone(),
        Fault::ErrorEvent { code, message, .. } => {
            Refusal::Coded { code: code.clone(), message: message.clone() }
        }
        _ => return None,
    };
    Some(Step::Event(Event::Error(refusal)))
}

/// Everything up to the fault that ends the answer, or else to the finish.
fn opening<'a>(script: &'a Script, ask: &Ask) -> Vec<Step<'a>> {
    if let Reply::Verbatim(body) = &script.reply {
        return vec![Step::Verbatim(body)];
    }
    let mut tokens = tokens(script, ask);
    let place = |after_tokens: usize, tokens: &[_]| after_tokens.min(tokens.len());
    match script.fault {
        Some(Fault::HugeEvent { bytes }) => tokens.insert(0, Step::Filler(bytes)),
        Some(Fault::Malformed { after_tokens }) => {
            tokens.insert(place(after_tokens, &tokens), Step::Malformed);
        }
        Some(Fault::InvalidUtf8 { after_tokens }) => {
            tokens.insert(place(after_tokens, &tokens), Step::Garbled);
        }
        _ => {}
    }
    let break_off = script.fault.as_ref().and_then(Fault::after_tokens);
    tokens.truncate(break_off.unwrap_or(usize::MAX));

    let mut steps = vec![Step::Event(Event::Opening)];
    for token in tokens {
        if script.comments {
            steps.push(Step::Event(Event::Comment));
        }
        steps.push(token);
    }
    steps
}

fn tokens<'a>(script: &Script, ask: &Ask) -> Vec<Step<'a>> {
    let reasoning = script.reasoning.iter().cloned().map(Event::Reasoning);
    let text = script.reply.tokens(ask.last_user()).into_iter().map(Event::Text);
    let calls = script.tool_calls.iter().enumerate();
    let calls = calls.flat_map(|(index, call)| call.pieces(index)).map(Event::Tool);
    reasoning.chain(text).chain(calls).map(Step::Event).collect()
}

/// The tokens to repeat for ever; a script without any still has something to say.
fn lap_of<'a>(script: &Script, ask: &Ask) -> impl Iterator<Item = Step<'a>> {
    let mut text = script.reply.tokens(ask.last_user());
    if text.is_empty() {
        text.push(" more".to_owned());
    }
    text.into_iter().map(|token| Step::Event(Event::Text(token)))
}

fn closing<'a>(script: &'a Script, shape: Shape) -> impl Iterator<Item = Event<'a>> {
    let Shape { whole, usage } = shape;
    let reason = script.finish_reason();
    let finish = (whole || reason.is_some()).then_some(Event::Finish(reason));
    let asked = usage || whole || script.usage_quirk == Some(UsageQuirk::EveryChunk);
    let times = match script.usage_quirk {
        _ if !asked || script.without_usage => 0,
        Some(UsageQuirk::Twice) if !whole => 2,
        _ => 1,
    };
    let usage = iter::repeat_with(|| Event::Usage).take(times);
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

    fn steps(script: &Script, whole: bool) -> String {
        let messages = vec![("user".to_owned(), "you said".to_owned())];
        let ask = Ask { messages, ..Ask::default() };
        let plan = Plan::new(script, &ask, Shape { whole, usage: true });
        let events = plan.steps.iter().map(|step| match step {
            Step::Event(event) => format!("{event:?}"),
            step => format!("{step:?}"),
        });
        let events: Vec<_> = events.collect();
        format!("{}; {:?}", events.join(", "), plan.ending)
    }

    #[test]
    fn an_answer_opens_speaks_and_closes() {
        let script = Script::echo().reasoning(["hm"]);
        assert_eq!(
            steps(&script, false),
            r#"Opening, Reasoning("hm"), Text("you"), Text(" said"), Finish(Some("stop")), Usage, Done; Close"#
        );
    }

    #[test]
    fn omissions_leave_events_out_of_streams_only() {
        let script = Script::tokens(["a"]).without_finish().without_done();
        assert_eq!(steps(&script, false), r#"Opening, Text("a"), Usage; Close"#);
        assert_eq!(steps(&script, true), r#"Opening, Text("a"), Finish(None), Usage, Done; Close"#);
    }

    #[test]
    fn a_fault_after_too_many_tokens_comes_before_the_finish() {
        let script = Script::tokens(["a", "b"]).fault(Fault::Silence { after_tokens: 9 });
        assert_eq!(steps(&script, false), r#"Opening, Text("a"), Text("b"); Silence"#);
    }

    #[test]
    fn a_refusal_comes_alone_or_after_its_tokens() {
        let script = Script::tokens(["a", "b"]);
        let alone = script.clone().fault(Refusal::Overloaded);
        assert_eq!(steps(&alone, false), "Error(Overloaded); Close");
        let later = script.fault(Refusal::Overloaded.after(1));
        assert_eq!(steps(&later, false), r#"Opening, Text("a"), Error(Overloaded); Close"#);
        assert_eq!(steps(&later, true), "Error(Overloaded); Close");
    }
}
