//! How many tokens a text is to OpenAI's models, by their own vocabularies.
//!
//! A vocabulary takes a part of a second to load. It is loaded when it is first asked for, by a thread of its own; until then
//! texts are estimated.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use tiktoken_rs::CoreBPE;
use tiktoken_rs::tokenizer::{Tokenizer, get_tokenizer};

use super::super::estimate_tokens;

/// So much of a text is counted, which takes some milliseconds; a longer one is taken to go on as it began. It also keeps
/// the vocabulary's regular expression from its own limit, at which it would panic.
const COUNTED: usize = 64 * 1024;

static CL100K: Vocabulary = Vocabulary::new(tiktoken_rs::cl100k_base);
static O200K: Vocabulary = Vocabulary::new(tiktoken_rs::o200k_base);

struct Vocabulary {
    load: fn() -> anyhow::Result<CoreBPE>,
    is_asked_for: AtomicBool,
    loaded: OnceLock<CoreBPE>,
}

/// How many tokens a text is to a model.
pub(super) fn count(model: &str, text: &str) -> u32 {
    match vocabulary(model).and_then(Vocabulary::get) {
        Some(loaded) => count_by(loaded, text),
        None => estimate_tokens(text),
    }
}

/// The vocabulary of a model; servers that speak OpenAI's format also have others'.
fn vocabulary(model: &str) -> Option<&'static Vocabulary> {
    match get_tokenizer(model)? {
        Tokenizer::O200kBase | Tokenizer::O200kHarmony => Some(&O200K),
        Tokenizer::Cl100kBase => Some(&CL100K),
        _ => None,
    }
}

impl Vocabulary {
    const fn new(load: fn() -> anyhow::Result<CoreBPE>) -> Self {
        Self { load, is_asked_for: AtomicBool::new(false), loaded: OnceLock::new() }
    }

    fn get(&'static self) -> Option<&'static CoreBPE> {
        let loaded = self.loaded.get();
        if loaded.is_none() && !self.is_asked_for.swap(true, Ordering::Relaxed) {
            let loading = thread::Builder::new().name("vocabulary".to_owned());
            if let Err(error) = loading.spawn(|| self.fill()) {
                tracing::warn!(%error, "a vocabulary cannot be loaded, and tokens are estimated");
            }
        }
        loaded
    }

    fn fill(&self) {
        match (self.load)() {
            Ok(loaded) => drop(self.loaded.set(loaded)),
            Err(error) => {
                tracing::warn!(%error, "a vocabulary cannot be loaded, and tokens are estimated");
            }
        }
    }
}

fn count_by(vocabulary: &CoreBPE, text: &str) -> u32 {
    let counted = &text[..text.floor_char_boundary(COUNTED)];
    let tokens = u64::try_from(vocabulary.count_ordinary(counted)).unwrap_or(u64::MAX);
    let size = |text: &str| u64::try_from(text.len()).unwrap_or(u64::MAX);
    let all = tokens.saturating_mul(size(text)).div_ceil(size(counted).max(1));
    u32::try_from(all).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    fn exactly(model: &str, text: &str) -> u32 {
        let vocabulary = vocabulary(model).unwrap();
        vocabulary.loaded.get_or_init(|| (vocabulary.load)().unwrap());
        count(model, text)
    }

    /// Source: OpenAI's cookbook, "How to count tokens with tiktoken".
    #[test]
    fn counts_are_openais_own() {
        for (text, cl100k, o200k) in [
            ("", 0, 0),
            ("tiktoken is great!", 6, 6),
            ("antidisestablishmentarianism", 6, 6),
            ("2 + 2 = 4", 7, 7),
            ("お誕生日おめでとう", 9, 8),
        ] {
            assert_eq!(exactly("gpt-4", text), cl100k, "{text}");
            assert_eq!(exactly("gpt-4o-mini", text), o200k, "{text}");
        }
    }

    #[test]
    fn a_long_text_goes_on_as_it_began() {
        let text = "All work and no play makes Jack a dull boy. ".repeat(10_000);
        let tokens = exactly("gpt-4o", &text);
        assert!((109_000..=111_000).contains(&tokens), "{tokens}");
    }

    #[test]
    fn no_text_is_too_much_for_it() {
        exactly("gpt-4o", "");
        for text in [" ", "a", "\n", " \n", "!", "é", "👩‍🚀", "a ", "\u{3000}", "'s"] {
            let text = text.repeat(COUNTED) + "x";
            let begun = Instant::now();
            assert!(exactly("gpt-4o", &text) > 0);
            assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", &text[..4]);
        }
    }

    #[test]
    fn models_of_others_are_estimated() {
        assert_eq!(count("llama-3.1-8b-instant", "12345"), 2);
    }
}
