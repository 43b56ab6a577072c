//! Where the bytes of an answer are cut into writes.

use serde::{Deserialize, Serialize};

/// How the bytes that are ready become HTTP chunks.
///
/// Whatever the choice, the bytes in total are the same. Each piece is one chunk of the body,
/// and but for `Natural` each is flushed to the socket before the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Chunking {
    /// All that is ready in one go: a token when paced, else the whole answer.
    #[default]
    Natural,
    /// One event a piece.
    Events,
    /// Pieces of that many bytes (0 counts as 1), through characters and line ends alike.
    Bytes(usize),
    /// Pieces of 1 to 64 bytes, the same for the same seed.
    Seeded(u64),
}

/// Draws the length of the next piece.
#[derive(Debug)]
pub(crate) struct Cutter {
    chunking: Chunking,
    seed: u64,
}

impl Cutter {
    pub(crate) fn new(chunking: Chunking) -> Self {
        let seed = match chunking {
            Chunking::Seeded(seed) => seed,
            _ => 0,
        };
        Self { chunking, seed }
    }

    /// The length of the next piece, when `ready` (at least 1) bytes could be sent.
    pub(crate) fn next(&mut self, ready: usize) -> usize {
        match self.chunking {
            Chunking::Natural | Chunking::Events => ready,
            Chunking::Bytes(length) => length.max(1).min(ready),
            Chunking::Seeded(_) => (1 + (self.draw() % 64) as usize).min(ready),
        }
    }

    /// Whether each piece is to reach the socket by itself.
    pub(crate) fn flushes(&self) -> bool {
        self.chunking != Chunking::Natural
    }

    /// Whether a piece ends at the latest where an event ends.
    pub(crate) fn stops_at_events(&self) -> bool {
        self.chunking == Chunking::Events
    }

    /// SplitMix64 (Steele, Lea and Flood, 2014): ten lines instead of a dependency.
    fn draw(&mut self) -> u64 {
        self.seed = self.seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.seed;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lengths(chunking: Chunking, mut ready: usize) -> Vec<usize> {
        let mut cutter = Cutter::new(chunking);
        let mut lengths = Vec::new();
        while ready > 0 {
            let length = cutter.next(ready);
            assert!((1..=ready).contains(&length), "{length} of {ready}");
            lengths.push(length);
            ready -= length;
        }
        lengths
    }

    #[test]
    fn pieces_are_as_long_as_asked() {
        assert_eq!(lengths(Chunking::Natural, 10), [10]);
        assert_eq!(lengths(Chunking::Bytes(4), 10), [4, 4, 2]);
        assert_eq!(lengths(Chunking::Bytes(0), 2), [1, 1]);
    }

    #[test]
    fn a_seed_always_cuts_the_same() {
        let one = lengths(Chunking::Seeded(1), 1000);
        assert_eq!(one, lengths(Chunking::Seeded(1), 1000));
        assert_ne!(one, lengths(Chunking::Seeded(2), 1000));
        assert!(one.iter().all(|length| *length <= 64));
    }
}
