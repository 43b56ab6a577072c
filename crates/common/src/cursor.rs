//! Cursors: a place in a list as a text that a client hands back unread.
//!
//! Layout, base64url without padding: sort key (8 bytes, big endian) ‖ id (16) ‖ check (8). The check is the start
//! of a SHA-256 over the list's name, its order and its owner, so that a cursor of another list, another order or
//! another person is refused, as is a mangled one. It is no secret: a forged place shows only one's own rows.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// The place of a row in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// What the list is sorted by: microseconds since 1970 for a time, or a plain number.
    pub key: i64,
    /// The row's id, which decides between equal keys.
    pub id: Uuid,
}

/// The text is no cursor of this list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a cursor of this list")]
pub struct MalformedCursor;

impl Position {
    /// The cursor's text. `scope` names the list, its order and its owner.
    pub fn encode(self, scope: &str) -> String {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&self.key.to_be_bytes());
        bytes[8..24].copy_from_slice(self.id.as_bytes());
        let check = check(&bytes[..24], scope);
        bytes[24..].copy_from_slice(&check);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Reads what [`encode`](Self::encode) wrote for the same `scope`.
    ///
    /// # Errors
    /// The text was not made so.
    pub fn decode(text: &str, scope: &str) -> Result<Self, MalformedCursor> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| MalformedCursor)?;
        let bytes: [u8; 32] = bytes.try_into().map_err(|_| MalformedCursor)?;
        if check(&bytes[..24], scope) != bytes[24..] {
            return Err(MalformedCursor);
        }
        let (mut key, mut id) = ([0; 8], [0; 16]);
        key.copy_from_slice(&bytes[..8]);
        id.copy_from_slice(&bytes[8..24]);
        Ok(Self { key: i64::from_be_bytes(key), id: Uuid::from_bytes(id) })
    }
}

fn check(place: &[u8], scope: &str) -> [u8; 8] {
    let digest = Sha256::new().chain_update(place).chain_update(scope).finalize();
    let mut check = [0; 8];
    check.copy_from_slice(&digest[..8]);
    check
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_cursor_reads_back_only_in_its_own_list(key: i64, id: u128, scope: String, other: String) {
            let place = Position { key, id: Uuid::from_u128(id) };
            let text = place.encode(&scope);
            prop_assert_eq!(Position::decode(&text, &scope), Ok(place));
            prop_assert_eq!(Position::decode(&text, &other).is_ok(), scope == other);
        }

        #[test]
        fn no_text_is_read_as_a_cursor_by_chance(text: String) {
            prop_assert!(Position::decode(&text, "list").is_err());
        }
    }
}
