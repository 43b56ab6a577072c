//! What the workers of the server share with the test that started it.

use std::sync::Arc;

use actix_web::HttpRequest;
use actix_web::http::header::AUTHORIZATION;
use parking_lot::Mutex;

use crate::Script;
use crate::log::Log;
use crate::playlist::Playlist;

/// The scripts, the log and the key.
#[derive(Debug)]
pub(crate) struct State {
    /// What completions answer.
    pub chat: Mutex<Playlist>,
    /// What the list of models answers; each token is a model's id.
    pub catalogue: Mutex<Playlist>,
    pub log: Arc<Log>,
    pub key: Mutex<Option<String>>,
}

impl State {
    pub(crate) fn new(kept: usize) -> Self {
        Self {
            chat: Mutex::new(Playlist::new(Script::default())),
            catalogue: Mutex::new(Playlist::new(Script::tokens(["gpt-4o", "gpt-4o-mini"]))),
            log: Arc::new(Log::new(kept)),
            key: Mutex::new(None),
        }
    }

    /// Whether `request` carries the key as a bearer token, or needs none.
    pub(crate) fn admits(&self, request: &HttpRequest) -> bool {
        let key = self.key.lock();
        let given = request.headers().get(AUTHORIZATION);
        let given = given.and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
        key.is_none() || key.as_deref() == given
    }
}
