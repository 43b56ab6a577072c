//! Numbers of tokens, as providers write them.

use serde::{Deserialize, Deserializer};

/// Reads a number of tokens: a null, a fraction or a number below zero is what some server writes, and no reason to lose
/// an answer.
pub fn count<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    let count = Option::<f64>::deserialize(deserializer)?.unwrap_or(0.0);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the cast saturates, and takes what is no number for 0"
    )]
    let count = count as u32;
    Ok(count)
}

/// What is left of a whole without one of its parts.
pub fn less(whole: u32, part: u32) -> u32 {
    if part > whole {
        tracing::warn!(whole, part, "a provider counts more tokens in a part than in the whole");
    }
    whole.saturating_sub(part)
}
