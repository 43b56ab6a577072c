//! What was asked and how far each answer has come.

use std::collections::VecDeque;
use std::sync::Arc;

use actix_web::HttpRequest;
use bytes::Bytes;
use parking_lot::Mutex;
use serde::Serialize;
use tokio::sync::Notify;
use tokio::time::timeout;

use crate::Ask;
use crate::gate::PATIENCE;
use crate::recorded::{Ended, Recorded};
use crate::tape::Tape;

/// How many requests came, and how many of them ended in which way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Stats {
    /// All requests.
    pub total: usize,
    /// Still being answered.
    pub open: usize,
    /// Answered whole.
    pub finished: usize,
    /// Left by the client.
    pub client_left: usize,
    /// Ended by a fault.
    pub faulted: usize,
}

/// The requests so far; of many, the newest.
#[derive(Debug)]
pub(crate) struct Log {
    kept: usize,
    book: Mutex<Book>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct Book {
    entries: VecDeque<Arc<Entry>>,
    stats: Stats,
}

#[derive(Debug)]
struct Entry {
    index: usize,
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    body: Bytes,
    progress: Mutex<Progress>,
}

#[derive(Debug, Default)]
struct Progress {
    ask: Option<Arc<Ask>>,
    tape: Option<Arc<Tape>>,
    events: usize,
    laps: usize,
    ended: Ended,
}

impl Log {
    /// An empty log that keeps the newest `kept` requests.
    pub(crate) fn new(kept: usize) -> Self {
        Self { kept, book: Mutex::default(), changed: Notify::new() }
    }

    /// Notes a request.
    pub(crate) fn open(self: &Arc<Self>, request: &HttpRequest, body: Bytes) -> Turn {
        let headers = request.headers().iter().map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes());
            (name.as_str().to_owned(), value.into_owned())
        });
        let path = request.uri().path_and_query();
        let mut entry = Entry {
            index: 0,
            method: request.method().to_string(),
            path: path.map_or_else(String::new, ToString::to_string),
            headers: headers.collect(),
            body,
            progress: Mutex::default(),
        };
        let mut book = self.book.lock();
        entry.index = book.stats.total;
        let entry = Arc::new(entry);
        book.stats.total += 1;
        book.stats.open += 1;
        book.entries.push_back(Arc::clone(&entry));
        if book.entries.len() > self.kept {
            book.entries.pop_front();
        }
        drop(book);
        self.changed.notify_waiters();
        Turn { log: Arc::clone(self), entry, finished: Mutex::default() }
    }

    pub(crate) fn requests(&self) -> Vec<Recorded> {
        let book = self.book.lock();
        book.entries.iter().map(|entry| entry.tell()).collect()
    }

    pub(crate) fn last(&self) -> Option<Recorded> {
        self.book.lock().entries.back().map(|entry| entry.tell())
    }

    pub(crate) fn stats(&self) -> Stats {
        self.book.lock().stats
    }

    #[expect(clippy::panic, reason = "a test that waits in vain should say so")]
    pub(crate) async fn wait_for(&self, holds: impl Fn(&[Recorded]) -> bool) -> Vec<Recorded> {
        let come_true = async {
            loop {
                let changed = self.changed.notified();
                tokio::pin!(changed);
                // before the look, so that no change falls between the look and the wait
                changed.as_mut().enable();
                let requests = self.requests();
                if holds(&requests) {
                    return requests;
                }
                changed.await;
            }
        };
        match timeout(PATIENCE, come_true).await {
            Ok(requests) => requests,
            Err(_) => panic!("not so after {PATIENCE:?}: {:#?}", self.requests()),
        }
    }
}

impl Entry {
    fn tell(&self) -> Recorded {
        let progress = self.progress.lock();
        let spoken = |tape: &Arc<Tape>| tape.spoken(progress.events, progress.laps);
        let (sent, sent_reasoning) = progress.tape.as_ref().map(spoken).unwrap_or_default();
        Recorded {
            index: self.index,
            method: self.method.clone(),
            path: self.path.clone(),
            headers: self.headers.clone(),
            body: self.body.clone(),
            ask: progress.ask.clone(),
            sent,
            sent_reasoning,
            ended: progress.ended,
        }
    }
}

/// One request being answered. Dropped before it has ended, the client has left.
pub(crate) struct Turn {
    log: Arc<Log>,
    entry: Arc<Entry>,
    finished: Mutex<Option<Hook>>,
}

/// What is to happen when an answer has been given whole.
type Hook = Box<dyn FnOnce() + Send>;

impl Turn {
    /// The number of the request.
    pub(crate) fn index(&self) -> usize {
        self.entry.index
    }

    /// Says what was understood of the request.
    pub(crate) fn asks(&self, ask: &Arc<Ask>) {
        self.entry.progress.lock().ask = Some(Arc::clone(ask));
    }

    /// Does `this` when the answer has been given whole, and just before that can be seen.
    pub(crate) fn when_finished(&self, this: impl FnOnce() + Send + 'static) {
        *self.finished.lock() = Some(Box::new(this));
    }

    /// Says what the answer will be.
    pub(crate) fn plays(&self, tape: &Arc<Tape>) {
        self.entry.progress.lock().tape = Some(Arc::clone(tape));
    }

    /// Notes that so many events of the tape were handed over.
    pub(crate) fn sent(&self, events: usize, laps: usize) {
        let mut progress = self.entry.progress.lock();
        (progress.events, progress.laps) = (events, laps);
        drop(progress);
        self.log.changed.notify_waiters();
    }

    /// Notes the end of the answer; of several, the first counts.
    pub(crate) fn end(&self, ended: Ended) {
        if ended == Ended::Finished
            && let Some(hook) = self.finished.lock().take()
        {
            hook();
        }
        let mut book = self.log.book.lock();
        let mut progress = self.entry.progress.lock();
        if progress.ended != Ended::Open {
            return;
        }
        progress.ended = ended;
        drop(progress);
        book.stats.open -= 1;
        match ended {
            Ended::Open => book.stats.open += 1,
            Ended::Finished => book.stats.finished += 1,
            Ended::ClientLeft => book.stats.client_left += 1,
            Ended::Faulted => book.stats.faulted += 1,
        }
        drop(book);
        self.log.changed.notify_waiters();
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.end(Ended::ClientLeft);
    }
}
