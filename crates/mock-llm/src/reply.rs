//! What an answer says, and how its text falls into tokens.

use serde::{Deserialize, Serialize};

/// The text of an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Reply {
    /// This text, one token a word; a word keeps the white space before it.
    Text(String),
    /// Exactly these tokens.
    Tokens(Vec<String>),
    /// That many made-up words.
    Generated(usize),
    /// What the last user message says.
    Echo,
    /// A recorded body, sent as it is: no events of ours around it, and no tokens in it, so a
    /// fault that counts tokens comes after the whole of it.
    Verbatim(String),
}

impl Default for Reply {
    fn default() -> Self {
        Self::Generated(5)
    }
}

const WORDS: [&str; 8] = ["all", " models", " are", " wrong", " but", " some", " are", " useful"];

impl Reply {
    /// The tokens of the answer to `last_user`, the last message of the user.
    pub(crate) fn tokens(&self, last_user: &str) -> Vec<String> {
        match self {
            Self::Text(text) => words(text),
            Self::Tokens(tokens) => tokens.clone(),
            Self::Generated(count) => generated(*count),
            Self::Echo => words(last_user),
            Self::Verbatim(_) => Vec::new(),
        }
    }
}

fn generated(count: usize) -> Vec<String> {
    let rest = (1..count).map(|n| WORDS[1 + (n - 1) % (WORDS.len() - 1)]);
    let first = WORDS.iter().copied().take(count.min(1));
    first.chain(rest).map(str::to_owned).collect()
}

fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let (mut start, mut in_space) = (0, true);
    for (at, character) in text.char_indices() {
        let space = character.is_whitespace();
        if space && !in_space {
            words.push(text[start..at].to_owned());
            start = at;
        }
        in_space = space;
    }
    if start < text.len() {
        words.push(text[start..].to_owned());
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_keeps_the_space_before_it() {
        assert_eq!(words("Hello  wide world"), ["Hello", "  wide", " world"]);
        assert_eq!(words(" é \n"), [" é", " \n"]);
        assert_eq!(words(""), [""; 0]);
    }

    #[test]
    fn generated_replies_have_the_length_asked_for() {
        for count in [0, 1, 2, 50] {
            assert_eq!(Reply::Generated(count).tokens("").len(), count);
        }
    }
}
