//! A file of JSON, cut into its entries while it is read: the objects of a list, or those that stand one after another.

use memchr::memchr2;

/// An entry of a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Entry {
    /// Its bytes.
    Whole(Vec<u8>),
    /// It had more bytes than may be held.
    TooLarge,
}

/// Cuts a file, piece by piece. It holds one entry at a time, of at most so many bytes, and does not look into any.
pub(super) struct Entries {
    most: usize,
    place: Place,
    /// What has come of the entry.
    held: Vec<u8>,
    is_too_large: bool,
}

/// Where in the file the next byte stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Before anything.
    Start,
    /// Between entries, in a list or not.
    Between { in_list: bool },
    /// In an entry, so many brackets deep.
    Inside { in_list: bool, depth: u32, text: Text },
    /// After a list.
    End,
    /// After what cannot stand in such a file.
    Broken,
}

/// Whether the next byte stands in a string.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Text {
    No,
    Yes,
    /// After a backslash.
    Escaped,
}

impl Entries {
    pub(super) fn new(most: usize) -> Self {
        Self { most, place: Place::Start, held: Vec::new(), is_too_large: false }
    }

    /// Whether the file may end here.
    pub(super) fn may_end(&self) -> bool {
        matches!(self.place, Place::Between { in_list: false } | Place::End)
    }

    /// Whether something has come that cannot stand in such a file. What comes after that is passed over.
    pub(super) fn is_broken(&self) -> bool {
        self.place == Place::Broken
    }

    /// The entries that end in the next piece of the file.
    pub(super) fn cut(&mut self, piece: &[u8]) -> Vec<Entry> {
        // Some programs put this mark in front of a text.
        let piece = match self.place {
            Place::Start => piece.strip_prefix(b"\xef\xbb\xbf").unwrap_or(piece),
            _ => piece,
        };
        let (mut entries, mut start, mut at) = (Vec::new(), 0, 0);
        while let Some(byte) = piece.get(at) {
            let before = self.place;
            self.place = step(before, *byte);
            match (before, self.place) {
                (Place::Inside { .. }, Place::Inside { text: Text::Yes, .. }) => {
                    let rest = piece.get(at + 1..).unwrap_or_default();
                    at += memchr2(b'"', b'\\', rest).unwrap_or(rest.len());
                }
                (Place::Start | Place::Between { .. }, Place::Inside { .. }) => start = at,
                (Place::Inside { .. }, Place::Between { .. }) => {
                    self.hold(&piece[start..=at]);
                    entries.push(self.end());
                }
                _ => {}
            }
            at += 1;
        }
        if matches!(self.place, Place::Inside { .. }) {
            self.hold(piece.get(start..).unwrap_or_default());
        }
        entries
    }

    fn hold(&mut self, bytes: &[u8]) {
        self.is_too_large |= self.held.len() + bytes.len() > self.most;
        if self.is_too_large {
            self.held = Vec::new();
        } else {
            self.held.extend_from_slice(bytes);
        }
    }

    fn end(&mut self) -> Entry {
        let held = std::mem::take(&mut self.held);
        if std::mem::take(&mut self.is_too_large) { Entry::TooLarge } else { Entry::Whole(held) }
    }
}

/// Where the byte after this one stands.
fn step(place: Place, byte: u8) -> Place {
    let inside = |in_list| Place::Inside { in_list, depth: 1, text: Text::No };
    match (place, byte) {
        (Place::Start | Place::End, b' ' | b'\t' | b'\n' | b'\r') => place,
        (Place::Start, b'[') => Place::Between { in_list: true },
        (Place::Start, b'{') => inside(false),
        (Place::Between { .. }, b' ' | b'\t' | b'\n' | b'\r') => place,
        (Place::Between { in_list: true }, b',') => place,
        (Place::Between { in_list: true }, b']') => Place::End,
        (Place::Between { in_list }, b'{') => inside(in_list),
        (Place::Start | Place::Between { .. } | Place::End | Place::Broken, _) => Place::Broken,
        (Place::Inside { in_list, depth, text }, byte) => match (text, byte) {
            (Text::No, b'}' | b']') if depth == 1 => Place::Between { in_list },
            (Text::No, b'}' | b']') => Place::Inside { in_list, depth: depth - 1, text },
            (Text::No, b'{' | b'[') => {
                Place::Inside { in_list, depth: depth.saturating_add(1), text }
            }
            (Text::No, b'"') | (Text::Escaped, _) => {
                Place::Inside { in_list, depth, text: Text::Yes }
            }
            (Text::Yes, b'"') => Place::Inside { in_list, depth, text: Text::No },
            (Text::Yes, b'\\') => Place::Inside { in_list, depth, text: Text::Escaped },
            _ => place,
        },
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The entries of a file that comes in pieces of a size, whether it may end, and whether it is broken.
    fn cut(file: &str, size: usize) -> (Vec<Entry>, bool, bool) {
        let mut entries = Entries::new(64);
        let found = file.as_bytes().chunks(size).flat_map(|piece| entries.cut(piece)).collect();
        (found, entries.may_end(), entries.is_broken())
    }

    fn whole(entry: &str) -> Entry {
        Entry::Whole(entry.as_bytes().to_vec())
    }

    #[test]
    fn entries_are_found_however_the_file_comes() {
        let one = r#"{"a":"\"}]{[\\","b":[{"c":1},[]]}"#;
        let large = format!("{{\"a\":\"{}\"}}", "x".repeat(100));
        for (file, entries) in [
            (one.to_owned(), vec![whole(one)]),
            (format!("\u{feff} [{one} , {{}}\n]\n"), vec![whole(one), whole("{}")]),
            (format!("{one}\n{large}\n{{}}\n"), vec![whole(one), Entry::TooLarge, whole("{}")]),
            ("[]".to_owned(), vec![]),
        ] {
            let expected = (entries, true, false);
            for size in [3, 4, 5, 7, 1_000] {
                assert_eq!(cut(&file, size), expected, "{file} by {size}");
            }
        }
    }

    #[test]
    fn what_is_cut_off_or_something_else_is_told() {
        for file in ["{", "[{}", "[{},", "{\"a\":\"}", "[", ""] {
            assert!(matches!(cut(file, 1), (_, false, false)), "{file}");
        }
        assert_eq!(cut("{} what", 100), (vec![whole("{}")], false, true));
        for file in ["PK\u{3}\u{4}", "hello", "[1]", "{}]", "[{}]{}", "\"text\"", "{},{}", "]"] {
            assert!(matches!(cut(file, 1), (_, false, true)), "{file}");
        }
    }

    proptest! {
        #[test]
        fn the_size_of_pieces_does_not_matter(file in "[\\[\\]{}\",\\\\ a]{0,60}", size in 1..9_usize) {
            prop_assert_eq!(cut(&file, size), cut(&file, 1_000));
        }
    }
}
