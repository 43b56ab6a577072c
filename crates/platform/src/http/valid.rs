//! Rules for fields, for `#[garde(custom(..))]`. Each says what it expects in the words that the client is told.

use std::fmt::Display;
use std::ops::RangeInclusive;

/// A text of so many characters (Unicode scalar values), not only white space.
pub fn text<C>(length: RangeInclusive<usize>) -> impl Fn(&str, &C) -> garde::Result {
    move |value, _| {
        let blank = *length.start() > 0 && value.trim().is_empty();
        if blank || !length.contains(&value.chars().count()) {
            return Err(garde::Error::new(format!(
                "{} to {} characters",
                length.start(),
                length.end()
            )));
        }
        Ok(())
    }
}

/// A number between two.
pub fn within<C, N: PartialOrd + Display + Copy>(
    range: RangeInclusive<N>,
) -> impl Fn(&N, &C) -> garde::Result {
    move |value, _| {
        if range.contains(value) {
            return Ok(());
        }
        Err(garde::Error::new(format!("a number from {} to {}", range.start(), range.end())))
    }
}
