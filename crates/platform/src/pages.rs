//! Lists that are read to their end, page by page: any number of rows takes the memory of one page.

use common::repositories::StoreError;
use common::{Direction, Page, PageRequest, Position};
use futures_util::stream::{self, Stream, TryStreamExt};

/// All rows of a list that `read` gives page by page, so many at once.
pub fn pages<T, F>(
    limit: u32,
    read: impl Fn(PageRequest) -> F,
) -> impl Stream<Item = Result<T, StoreError>>
where
    F: Future<Output = Result<Page<T>, StoreError>>,
{
    enum Next {
        From(Option<Position>),
        End,
    }
    stream::try_unfold((Next::From(None), read), move |(next, read)| async move {
        let Next::From(after) = next else {
            return Ok(None);
        };
        let page = read(PageRequest { limit, after, direction: Direction::Ascending }).await?;
        let next = page.next.map_or(Next::End, |place| Next::From(Some(place)));
        Ok(Some((stream::iter(page.items.into_iter().map(Ok)), (next, read))))
    })
    .try_flatten()
}
