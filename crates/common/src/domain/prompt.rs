//! A prompt: text that is put in front of a project's conversations, kept in all its versions.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::idempotency::CreationError;
use crate::repositories::StoreError;
use crate::{ProjectId, PromptId, UserId};

/// A prompt as it now stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prompt {
    /// Its id.
    pub id: PromptId,
    /// The project it belongs to.
    pub project: ProjectId,
    /// Whose it is.
    pub owner: UserId,
    /// What it is called; unique in its project.
    pub name: String,
    /// Its current text.
    pub content: String,
    /// The number of its current text, from 1.
    pub version: u32,
    /// Whether it is sent to models.
    pub is_active: bool,
    /// Where it stands among its project's prompts; the lowest is sent first.
    pub position: i32,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When anything of it last changed.
    pub updated_at: DateTime<Utc>,
}

/// One text that a prompt has had. Never changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PromptVersion {
    /// Its number, from 1.
    pub version: u32,
    /// The text.
    pub content: String,
    /// When it was written.
    pub created_at: DateTime<Utc>,
}

/// A prompt to be made.
#[derive(Debug, Clone)]
pub struct NewPrompt {
    /// What to call it.
    pub name: String,
    /// Its text.
    pub content: String,
    /// Whether it is sent to models.
    pub is_active: bool,
    /// Where it stands; `None`: after all others.
    pub position: Option<i32>,
}

/// What to change; what is `None` stays.
#[derive(Debug, Clone, Default)]
pub struct PromptChanges {
    /// A new name.
    pub name: Option<String>,
    /// A new text, which becomes the next version.
    pub content: Option<String>,
    /// Whether to send it to models.
    pub is_active: Option<bool>,
    /// A new place.
    pub position: Option<i32>,
    /// The version that the change was made from; if the prompt has moved on, nothing is changed.
    pub expected_version: Option<u32>,
}

/// What can go wrong with a prompt.
#[derive(Debug, thiserror::Error)]
pub enum PromptError {
    /// There is none of that id, or it is somebody else's; or the project is.
    #[error("no such prompt")]
    NotFound,
    /// Another prompt of the project has the name.
    #[error("the name is taken")]
    NameTaken,
    /// Somebody changed the prompt meanwhile.
    #[error("the prompt is at version {current}")]
    VersionConflict {
        /// The version that it is at.
        current: u32,
    },
    /// The prompt never had such a version.
    #[error("no such version")]
    NoSuchVersion,
    /// Variables and text do not go together.
    #[error("the variables do not fit the prompt")]
    Variables(#[from] VariableMismatch),
    /// Something else was asked or made with the request's key.
    #[error(transparent)]
    Creation(#[from] CreationError),
    /// The database failed.
    #[error("prompts could not be read or written")]
    Store(#[from] StoreError),
}

/// Which variables are wanting, and which are not wanted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("missing: {missing:?}, unused: {unused:?}")]
pub struct VariableMismatch {
    /// In the text, without a value.
    pub missing: Vec<String>,
    /// Given, but not in the text.
    pub unused: Vec<String>,
}

/// A piece of a prompt's text.
enum Piece<'a> {
    Text(&'a str),
    Variable(&'a str),
}

/// The names of the `{{variables}}` in a text, sorted, each once.
///
/// A name is a letter or `_` followed by letters, digits and `_`; white space inside the braces is ignored.
/// Anything else between braces is plain text.
pub fn variables(content: &str) -> BTreeSet<&str> {
    pieces(content)
        .filter_map(|piece| match piece {
            Piece::Variable(name) => Some(name),
            Piece::Text(_) => None,
        })
        .collect()
}

/// Fills in the variables. Values are taken as they are: braces in them are not looked at again.
///
/// # Errors
/// A variable has no value, or a value has no variable.
pub fn render(
    content: &str,
    values: &BTreeMap<String, String>,
) -> Result<String, VariableMismatch> {
    let names = variables(content);
    let missing: Vec<_> =
        names.iter().filter(|name| !values.contains_key(**name)).map(ToString::to_string).collect();
    let unused: Vec<_> =
        values.keys().filter(|name| !names.contains(name.as_str())).cloned().collect();
    if !missing.is_empty() || !unused.is_empty() {
        return Err(VariableMismatch { missing, unused });
    }
    Ok(pieces(content)
        .map(|piece| match piece {
            Piece::Text(text) => text,
            Piece::Variable(name) => values.get(name).map_or("", String::as_str),
        })
        .collect())
}

fn pieces(content: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = content;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        if let Some((name, after)) = variable_at_start(rest) {
            rest = after;
            return Some(Piece::Variable(name));
        }
        // Up to the next place where a variable can start, but at least one character.
        let first = rest.chars().next().map_or(1, char::len_utf8);
        let end = rest[first..].find("{{").map_or(rest.len(), |at| at + first);
        let (text, after) = rest.split_at(end);
        rest = after;
        Some(Piece::Text(text))
    })
}

fn variable_at_start(text: &str) -> Option<(&str, &str)> {
    let (name, after) = text.strip_prefix("{{")?.split_once("}}")?;
    let name = name.trim();
    let starts_well = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let goes_on_well = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    (starts_well && goes_on_well).then_some((name, after))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn values(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect()
    }

    #[test]
    fn variables_are_found_once_each() {
        let text = "Dear {{ name }}, {{name}} of {{company_1}}: {{}} {{1st}} {{not a name}} {{{brace}}} {{open";
        assert_eq!(variables(text).into_iter().collect::<Vec<_>>(), ["brace", "company_1", "name"]);
    }

    #[test]
    fn values_are_filled_in_as_they_are() {
        let filled = render("{{a}}{{ b }}{{a}}!", &values(&[("a", "{{b}}"), ("b", "x")]));
        assert_eq!(filled.unwrap(), "{{b}}x{{b}}!");
    }

    #[test]
    fn missing_and_unused_variables_are_named() {
        let mismatch = render("{{a}} {{b}}", &values(&[("b", ""), ("c", "")])).unwrap_err();
        assert_eq!(
            mismatch,
            VariableMismatch { missing: vec!["a".into()], unused: vec!["c".into()] }
        );
    }

    proptest! {
        #[test]
        fn a_text_without_variables_is_left_alone(text in "[^{]*|[{} a-z]*") {
            prop_assume!(variables(&text).is_empty());
            prop_assert_eq!(render(&text, &BTreeMap::new()), Ok(text));
        }
    }
}
