//! Pages of a list, sought by keyset: a page starts after the last row of the one before, never at an offset,
//! so that rows inserted meanwhile are neither repeated nor skipped.

use crate::Position;

/// Which way a list runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "they say it themselves")]
pub enum Direction {
    Ascending,
    Descending,
}

/// Which part of a list is wanted.
#[derive(Debug, Clone, Copy)]
pub struct PageRequest {
    /// At most so many rows.
    pub limit: u32,
    /// Only rows after this one.
    pub after: Option<Position>,
    /// Which way the list runs.
    pub direction: Direction,
}

/// A part of a list.
#[derive(Debug, Clone)]
pub struct Page<T> {
    /// The rows, in order.
    pub items: Vec<T>,
    /// The place of the last row, where more follow it.
    pub next: Option<Position>,
    /// How many rows the whole list has, where that is counted.
    pub total: Option<u64>,
}

impl<T> Page<T> {
    /// Makes a page of rows that were asked for one more than `limit`: the one too many says that more follow.
    pub fn of(mut items: Vec<T>, limit: u32, place: impl Fn(&T) -> Position) -> Self {
        let limit = limit as usize;
        let more = items.len() > limit;
        items.truncate(limit);
        let next = if more { items.last().map(place) } else { None };
        Self { items, next, total: None }
    }

    /// The same rows as another type.
    pub fn map<U>(self, convert: impl FnMut(T) -> U) -> Page<U> {
        Page {
            items: self.items.into_iter().map(convert).collect(),
            next: self.next,
            total: self.total,
        }
    }
}
