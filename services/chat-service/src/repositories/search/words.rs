//! What of a text can be found, and what is asked for: the same words on either engine.

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// So much of a text can be found; what follows cannot.
pub const INDEXED_BYTES: usize = 32 * 1024;

/// So many characters tell a word from others.
const WORD_CHARS: usize = 64;

/// The words of a text, in order: without case and accents, and in one of the ways in which they can be written. Where a script
/// puts no blanks between words, every two characters that stand together are one, and so is the last alone. They consist
/// of letters, digits and their marks.
pub fn words(text: &str) -> Vec<String> {
    let folded: String = text[..text.floor_char_boundary(INDEXED_BYTES)]
        .nfkd()
        .filter(|c| !is_dropped(*c))
        .flat_map(char::to_uppercase)
        .flat_map(char::to_lowercase)
        .nfc()
        .collect();
    let words = folded.split(|c: char| !c.is_alphanumeric() && !is_combining_mark(c));
    words.filter(|word| word.contains(char::is_alphanumeric)).flat_map(parts).collect()
}

/// A word, or what stands for it where scripts meet that do without blanks.
fn parts(word: &str) -> Vec<String> {
    let chars: Vec<char> = word.chars().collect();
    let runs = chars.chunk_by(|a, b| is_unspaced(*a) == is_unspaced(*b));
    let parts = runs.flat_map(|run| {
        let (step, length) = if is_unspaced(run[0]) { (1, 2) } else { (run.len(), WORD_CHARS) };
        let from = (0..run.len()).step_by(step);
        from.map(move |from| run[from..run.len().min(from + length)].iter().collect())
    });
    parts.collect()
}

/// Accents, vowel points, and what is not seen.
fn is_dropped(c: char) -> bool {
    let is_accent = matches!(c, '\u{300}'..='\u{6ff}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}' | '\u{fe20}'..='\u{fe2f}');
    let is_unseen = matches!(c, '\u{ad}' | '\u{640}' | '\u{200c}' | '\u{200d}' | '\u{2060}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{e0100}'..='\u{e01ef}');
    is_unseen || is_accent && is_combining_mark(c)
}

/// Whether a script puts no blanks between words, or, as Korean, glues to a word what is not looked for: Thai and Lao,
/// Burmese, Khmer, Chinese, Japanese, Korean.
fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{11ff}' | '\u{1780}'..='\u{17ff}' | '\u{3005}'..='\u{318f}' | '\u{31f0}'..='\u{31ff}' | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7ff}' | '\u{20000}'..='\u{323af}')
}

/// What a text must have to be found: phrases, that is, words that follow each other.
#[derive(Debug, PartialEq, Eq)]
pub struct Query {
    /// None is empty.
    pub phrases: Vec<Vec<String>>,
    /// Whether the last word of the last phrase may be the beginning of one.
    pub is_open: bool,
}

impl Query {
    /// Reads what somebody typed. What stands between quotes is a phrase, and so is what stands between blanks; all other
    /// signs mean nothing. `None` if there is no word in it.
    pub fn read(typed: &str) -> Option<Self> {
        let (mut phrases, mut is_open) = (Vec::new(), true);
        for (number, part) in typed.split(['"', '“', '”', '„']).enumerate() {
            let is_quoted = number % 2 == 1;
            let spans: Vec<&str> =
                if is_quoted { vec![part] } else { part.split_whitespace().collect() };
            for phrase in spans.into_iter().map(phrase).filter(|phrase| !phrase.is_empty()) {
                phrases.push(phrase);
                is_open = !is_quoted;
            }
        }
        // A quote that is not closed yet.
        is_open |= typed.matches(['"', '“', '”', '„']).count() % 2 == 1;
        (!phrases.is_empty()).then_some(Self { phrases, is_open })
    }

    /// The words that a text must have as they are.
    pub fn whole_words(&self) -> impl Iterator<Item = &String> {
        let all: usize = self.phrases.iter().map(Vec::len).sum();
        self.phrases.iter().flatten().take(all - usize::from(self.is_open))
    }
}

/// The words of a phrase. The last character of a run is none here: in a text that goes on it is no word.
fn phrase(text: &str) -> Vec<String> {
    let mut words = words(text);
    if let [.., before, last] = words.as_slice()
        && last.chars().all(is_unspaced)
        && last.chars().count() == 1
        && before.chars().count() == 2
        && before.ends_with(last.as_str())
    {
        words.pop();
    }
    words
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_are_the_same_however_they_are_written() {
        for (text, expected) in [
            ("The Bees' knees, 2nd", "the bees knees 2nd"),
            ("CAFÉ cafe\u{301} ﬁne Ⅳ ①", "cafe cafe fine iv 1"),
            ("Straße ΟΔΟΣ οδός İI", "strasse οδοσ οδοσ ii"),
            ("snake_case::path/to-it a.b@c.org", "snake case path to it a b c org"),
            ("soft\u{ad}hyphen zero\u{200d}width", "softhyphen zerowidth"),
            ("مُحَمَّد שָׁלוֹם", "محمد שלום"),
            ("हिन्दी", "हिन्दी"),
            ("❤️ 🐝 \u{301}\u{301} … \u{3099}", ""),
            ("東京タワー2020大会", "東京 京タ タワ ワー ー 2020 大会 会"),
            ("猫 ｶﾞ 한국어", "猫 ガ 한국 국어 어"),
        ] {
            assert_eq!(words(text).join(" "), expected, "{text}");
        }
    }

    #[test]
    fn a_query_is_words_and_phrases_and_nothing_else() {
        for (typed, phrases, is_open) in [
            ("Bees hone", "bees|hone", true),
            ("\"bees and\" honey", "bees and|honey", true),
            ("honey \"bees and\"", "honey|bees and", false),
            ("honey \"bees a", "honey|bees a", true),
            ("don't a-b", "don t|a b", true),
            ("a & !b | (c:*) <-> NEAR/2 -d ^e* {col}:f", "a|b|c|near 2|d|e|col f", true),
            ("東京都 猫", "東京 京都|猫", true),
            ("“東京 大会”", "東京 京 大会", false),
            ("“ああ あ", "ああ あ あ", true),
        ] {
            let query = Query::read(typed).unwrap();
            let read: Vec<String> = query.phrases.iter().map(|phrase| phrase.join(" ")).collect();
            assert_eq!((read.join("|").as_str(), query.is_open), (phrases, is_open), "{typed}");
        }
        for nothing in ["", " ", "\"", "!?* & | \" \"", "🐝"] {
            assert_eq!(Query::read(nothing), None);
        }
    }

    proptest! {
        #[test]
        fn words_have_nothing_that_an_engine_could_take_for_a_sign(text: String) {
            for word in words(&text) {
                prop_assert!(word.chars().all(|c| c.is_alphanumeric() || is_combining_mark(c)));
                prop_assert!((1..=WORD_CHARS).contains(&word.chars().count()));
            }
        }

        #[test]
        fn what_is_asked_for_is_in_what_it_was_taken_from(text: String) {
            if let Some(query) = Query::read(&text) {
                let words = words(&text);
                let has = |phrase: &Vec<String>| words.windows(phrase.len()).any(|some| some == phrase);
                prop_assert!(query.phrases.iter().all(has));
            }
        }
    }
}
