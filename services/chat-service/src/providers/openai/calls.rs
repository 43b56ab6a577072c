//! Calls of tools, which come in pieces that servers number in ways of their own.

use serde::Deserialize;
use serde_json::Value;

use super::super::ToolCallDelta;

/// A piece of a call.
#[derive(Deserialize)]
pub(super) struct CallChunk {
    // Absent on some servers.
    #[serde(default)]
    index: Option<u32>,
    // In the first piece, or in every one.
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    function: Option<Function>,
}

#[derive(Deserialize)]
pub(super) struct Function {
    #[serde(default)]
    name: Option<String>,
    // A text, in pieces; an object, whole, on some servers.
    #[serde(default)]
    arguments: Value,
}

impl CallChunk {
    /// A piece of the only call.
    pub(super) fn only(function: Function) -> Self {
        Self { index: Some(0), id: None, function: Some(function) }
    }
}

/// The calls that have begun.
#[derive(Default)]
pub(super) struct Calls(Vec<Begun>);

struct Begun {
    /// The server's number, if it has any.
    index: Option<u32>,
    id: String,
}

impl Calls {
    /// A piece as it would come from OpenAI: numbered from 0, with id and name in its call's first piece alone.
    pub(super) fn piece(&mut self, piece: CallChunk) -> ToolCallDelta {
        let (name, arguments) =
            piece.function.map_or((None, Value::Null), |f| (f.name, f.arguments));
        let some = |text: Option<String>| text.filter(|text| !text.is_empty());
        let (id, name) = (some(piece.id), some(name));
        let arguments = match arguments {
            Value::String(text) => text,
            Value::Null => String::new(),
            object => object.to_string(),
        };
        let begun = self.begun(piece.index, id.as_deref(), name.is_some());
        let place = begun.unwrap_or(self.0.len());
        let index = u32::try_from(place).unwrap_or(u32::MAX);
        if begun.is_some() {
            return ToolCallDelta { index, id: None, name: None, arguments };
        }
        self.0.push(Begun { index: piece.index, id: id.clone().unwrap_or_default() });
        ToolCallDelta { index, id, name, arguments }
    }

    /// Which of the calls goes on: the one of that number; without numbers the one of that id, and else the last, unless a
    /// name begins another.
    fn begun(&self, index: Option<u32>, id: Option<&str>, has_name: bool) -> Option<usize> {
        if index.is_some() {
            return self.0.iter().position(|call| call.index == index);
        }
        match id {
            Some(id) => self.0.iter().position(|call| call.id == id),
            None if has_name => None,
            None => self.0.len().checked_sub(1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_find_their_call_however_they_are_numbered() {
        let cases = [
            // OpenAI's own, two calls interleaved.
            (
                r#"[{"index":0,"id":"a","function":{"name":"f","arguments":""}},
                    {"index":1,"id":"b","function":{"name":"g","arguments":"{"}},
                    {"index":0,"function":{"arguments":"{}"}},
                    {"index":1,"function":{"arguments":"}"}}]"#,
                "0 a f | 1 b g { | 0 {} | 1 }",
            ),
            // Whole calls without a number.
            (
                r#"[{"id":"a","function":{"name":"f","arguments":{"x":1}}},
                    {"id":"b","function":{"name":"f","arguments":"{}"}}]"#,
                r#"0 a f {"x":1} | 1 b f {}"#,
            ),
            // Pieces without a number.
            (
                r#"[{"id":"a","function":{"name":"f","arguments":"{"}},
                    {"function":{"arguments":"}"}},
                    {"function":{"name":"g","arguments":"{}"}}]"#,
                "0 a f { | 0 } | 1 g {}",
            ),
            // Id and name in each piece.
            (
                r#"[{"index":1,"id":"a","function":{"name":"f","arguments":"{"}},
                    {"index":1,"id":"a","function":{"name":"f","arguments":"}"}}]"#,
                "0 a f { | 0 }",
            ),
        ];
        for (pieces, expected) in cases {
            let mut calls = Calls::default();
            let pieces: Vec<CallChunk> = serde_json::from_str(pieces).unwrap();
            let told = pieces.into_iter().map(|piece| {
                let delta = calls.piece(piece);
                let mut words = vec![delta.index.to_string()];
                words.extend(delta.id);
                words.extend(delta.name);
                words.extend(Some(delta.arguments).filter(|text| !text.is_empty()));
                words.join(" ")
            });
            assert_eq!(told.collect::<Vec<_>>().join(" | "), expected);
        }
    }
}
