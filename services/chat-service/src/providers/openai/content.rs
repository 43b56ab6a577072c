//! The text of a message: a string, or parts on servers that tell thoughts from words so.

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

/// What is said.
#[derive(Default)]
pub(super) struct Content {
    pub(super) text: Option<String>,
    pub(super) thought: Option<String>,
}

impl<'de> Deserialize<'de> for Content {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Content;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a text or parts")
    }

    fn visit_unit<E>(self) -> Result<Content, E> {
        Ok(Content::default())
    }

    fn visit_str<E>(self, text: &str) -> Result<Content, E> {
        Ok(Content { text: Some(text.to_owned()), thought: None })
    }

    fn visit_string<E>(self, text: String) -> Result<Content, E> {
        Ok(Content { text: Some(text), thought: None })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<Content, A::Error> {
        let (mut text, mut thought) = (String::new(), String::new());
        while let Some(part) = parts.next_element::<Value>()? {
            text.push_str(part["text"].as_str().unwrap_or_default());
            // Mistral's.
            for piece in part["thinking"].as_array().into_iter().flatten() {
                thought.push_str(piece["text"].as_str().unwrap_or_default());
            }
        }
        Ok(Content { text: Some(text), thought: Some(thought) })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Content, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Content::default())
    }
}
