//! Calls of tools.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A call of a tool, for which an answer asks.
///
/// In a stream it is an opening with the name and then the fragments of its arguments, each of
/// which counts as a token. Google's and Ollama's wires know no fragments: the call is written
/// whole with the last of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ToolCall {
    name: String,
    /// A string is the text of the arguments as it is, which need not be JSON.
    #[serde(default)]
    arguments: Value,
    #[serde(default)]
    id: Option<String>,
    #[serde(default = "one")]
    fragments: usize,
}

fn one() -> usize {
    1
}

impl ToolCall {
    /// A call of that tool, its arguments in one fragment. Arguments that are a JSON string are
    /// sent as they are, which need not be JSON.
    #[must_use]
    pub fn new(name: impl Into<String>, arguments: Value) -> Self {
        Self { name: name.into(), arguments, id: None, fragments: 1 }
    }

    /// The id of the call; unless told, `call_0`, `call_1` and so on.
    #[must_use]
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// Spreads the arguments over that many fragments.
    #[must_use]
    pub fn fragments(mut self, fragments: usize) -> Self {
        self.fragments = fragments;
        self
    }

    /// The pieces of the call numbered `index`, in order.
    pub(crate) fn pieces(&self, index: usize) -> Vec<Piece> {
        let text = self.text();
        let characters: Vec<_> = text.chars().collect();
        let length = characters.len().div_ceil(self.fragments.max(1)).max(1);
        let id = self.id.clone().unwrap_or_else(|| format!("call_{index}"));
        let mut fragments: Vec<String> =
            characters.chunks(length).map(|part| part.iter().collect()).collect();
        fragments.insert(0, String::new());
        let last = fragments.len() - 1;
        let piece = |(at, fragment)| Piece {
            index,
            id: id.clone(),
            name: self.name.clone(),
            opens: at == 0,
            fragment,
            whole: (at == last).then(|| self.value()),
        };
        fragments.into_iter().enumerate().map(piece).collect()
    }

    fn text(&self) -> String {
        match &self.arguments {
            Value::Null => "{}".to_owned(),
            Value::String(text) => text.clone(),
            json => json.to_string(),
        }
    }

    fn value(&self) -> Value {
        let text = self.text();
        serde_json::from_str(&text).unwrap_or(Value::String(text))
    }
}

/// A piece of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Piece {
    /// The number of the call in the answer.
    pub index: usize,
    pub id: String,
    pub name: String,
    /// Whether it is the first, which has no arguments yet.
    pub opens: bool,
    /// A part of the text of the arguments.
    pub fragment: String,
    /// All the arguments, in the last piece.
    pub whole: Option<Value>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fragments_make_up_the_arguments() {
        let arguments = json!({ "city": "Zürich" });
        for fragments in [0, 1, 3, 100] {
            let call = ToolCall::new("weather", arguments.clone()).fragments(fragments);
            let pieces = call.pieces(2);
            let text: String = pieces.iter().map(|piece| piece.fragment.as_str()).collect();
            assert_eq!(text, arguments.to_string());
            assert!(pieces[0].opens && pieces[0].fragment.is_empty());
            assert_eq!(pieces[0].id, "call_2");
            let whole: Vec<_> = pieces.iter().filter_map(|piece| piece.whole.as_ref()).collect();
            assert_eq!(whole, [&arguments]);
        }
        assert_eq!(ToolCall::new("now", Value::Null).pieces(0)[1].fragment, "{}");
    }
}
