//! Stores the ends of replies, as many in one commit as have come by then: a commit costs a disk's sync, which replies that
//! end together can share.

use std::sync::Arc;
use std::time::Duration;

use common::domain::message::ReplyEnd;
use common::repositories::{ReplyRepository, StoreError};
use platform::Tasks;
use tokio::sync::{mpsc, oneshot};

const BATCH: usize = 64;
const QUEUE: usize = 1024;
/// Between two tries while the database does not answer.
const PAUSE: Duration = Duration::from_millis(250);

/// The one writer of ends.
#[derive(Clone)]
pub(super) struct Committer {
    queue: mpsc::Sender<Ending>,
}

struct Ending {
    end: ReplyEnd,
    stored: oneshot::Sender<bool>,
}

type Batch = Vec<Ending>;

impl Committer {
    pub(super) fn start(replies: Arc<dyn ReplyRepository>, tasks: &Tasks) -> Self {
        let (queue, mut ready) = mpsc::channel(QUEUE);
        let stop = tasks.stopping().clone();
        tasks.keep_running("committer", async move {
            let mut batch = Batch::with_capacity(BATCH);
            while stop.run_until_cancelled(fill(&mut batch, &mut ready)).await == Some(true) {
                commit(&*replies, take(&mut batch)).await;
            }
            // What has been sent by now is still stored; nothing more can be.
            ready.close();
            while fill(&mut batch, &mut ready).await {
                commit(&*replies, take(&mut batch)).await;
            }
        });
        Self { queue }
    }

    /// Stores an end; whether the reply was still its maker's. Returns when it is on disk.
    pub(super) async fn commit(&self, end: ReplyEnd) -> bool {
        let (stored, answer) = oneshot::channel();
        if self.queue.send(Ending { end, stored }).await.is_err() {
            return false;
        }
        answer.await.unwrap_or(false)
    }
}

/// Adds what is ready to a batch, and waits for something if there is nothing; whether there is.
async fn fill(batch: &mut Batch, ready: &mut mpsc::Receiver<Ending>) -> bool {
    if batch.is_empty() {
        ready.recv_many(batch, BATCH).await;
    }
    while batch.len() < BATCH
        && let Ok(ending) = ready.try_recv()
    {
        batch.push(ending);
    }
    !batch.is_empty()
}

/// The longest beginning of a batch whose length is a power of two: of each length the database's connections remember a
/// statement.
fn take(batch: &mut Batch) -> Batch {
    let length = batch.len().checked_ilog2().map_or(0, |power| 1 << power);
    let rest = batch.split_off(length);
    std::mem::replace(batch, rest)
}

/// Stores a batch. While the database does not answer it is tried again: the text is only here. If the database refuses it,
/// the ends are tried one by one, so that a bad one cannot take its neighbours with it.
async fn commit(replies: &dyn ReplyRepository, batch: Batch) {
    let (ends, answers): (Vec<ReplyEnd>, Vec<_>) =
        batch.into_iter().map(|ending| (ending.end, ending.stored)).unzip();
    let stored = match store(replies, &ends).await {
        Ok(stored) => stored,
        Err(error) if ends.len() == 1 => {
            tracing::error!(error = &error as &dyn std::error::Error, reply = %ends[0].reply, "a reply's end could not be stored");
            Vec::new()
        }
        Err(_) => {
            let mut stored = Vec::new();
            for end in &ends {
                match store(replies, std::slice::from_ref(end)).await {
                    Ok(one) => stored.extend(one),
                    Err(error) => {
                        tracing::error!(error = &error as &dyn std::error::Error, reply = %end.reply, "a reply's end could not be stored");
                    }
                }
            }
            stored
        }
    };
    for (end, answer) in ends.iter().zip(answers) {
        // Nobody waits for the end of a reply whose maker was stopped.
        let _nobody_waits = answer.send(stored.contains(&end.reply));
    }
}

async fn store(
    replies: &dyn ReplyRepository,
    ends: &[ReplyEnd],
) -> Result<Vec<common::MessageId>, StoreError> {
    loop {
        match replies.finish(ends).await {
            Err(error @ StoreError::Unavailable(_)) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    replies = ends.len(),
                    "replies wait for the database"
                );
                tokio::time::sleep(PAUSE).await;
            }
            outcome => return outcome,
        }
    }
}
