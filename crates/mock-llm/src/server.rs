//! Starting, scripting and reading a mock.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::{App, HttpServer, web};

use crate::log::Stats;
use crate::recorded::Recorded;
use crate::socket::Socket;
use crate::state::State;
use crate::{Script, control, wires};

/// The largest request body, in bytes: a conversation of thousands of messages fits.
const BODY_LIMIT: usize = 64 << 20;

/// Longer than any client keeps an idle connection, so that it is never the mock that closes
/// one just as it is used again.
const KEEP_ALIVE: Duration = Duration::from_secs(600);

/// How to start a mock.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where to listen; port 0 is any free one. By default 127.0.0.1:0.
    pub address: SocketAddr,
    /// Threads that serve; 2 by default.
    pub workers: usize,
    /// Requests kept in the log, the newest; 10,000 by default.
    pub log: usize,
    /// Whether [`Fault::Reset`](crate::Fault::Reset) can reset connections, which takes a
    /// second file descriptor for each; true by default. Without it, it breaks them off.
    pub resets: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { address: (Ipv4Addr::LOCALHOST, 0).into(), workers: 2, log: 10_000, resets: true }
    }
}

/// The address could not be bound.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}")]
pub struct BindError {
    address: SocketAddr,
    source: io::Error,
}

/// A running model server. It stops when dropped.
#[derive(Debug)]
pub struct MockLlm {
    address: SocketAddr,
    state: web::Data<State>,
    server: ServerHandle,
}

impl MockLlm {
    /// Starts a mock on a free port of 127.0.0.1, answering with a few made-up words.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime, or if there is no free port.
    #[expect(clippy::expect_used, reason = "a test without a port cannot go on")]
    pub async fn start() -> Self {
        let started = Self::launch(Options::default()).await;
        started.expect("a free port on 127.0.0.1")
    }

    /// Starts a mock on `address`.
    ///
    /// # Errors
    ///
    /// If the address cannot be bound.
    pub async fn bind(address: SocketAddr) -> Result<Self, BindError> {
        let options = Options { address, ..Options::default() };
        Self::launch(options).await
    }

    /// Starts a mock as `options` say.
    ///
    /// # Errors
    ///
    /// If the address cannot be bound.
    #[expect(
        clippy::unused_async,
        reason = "it needs a tokio runtime around it, which only an async fn makes sure of"
    )]
    pub async fn launch(options: Options) -> Result<Self, BindError> {
        let state = web::Data::new(State::new(options.log));
        let shared = state.clone();
        let app = move || {
            App::new()
                .app_data(shared.clone())
                .app_data(web::PayloadConfig::new(BODY_LIMIT))
                .app_data(web::JsonConfig::default().limit(BODY_LIMIT))
                .configure(wires::routes)
                .configure(control::routes)
                .default_service(web::to(control::unknown))
        };
        let resets = options.resets;
        let server = HttpServer::new(app)
            .workers(options.workers.max(1))
            .tcp_nodelay(true)
            // a client that leaves is to be noticed at once, also by an answer that waits
            .h1_allow_half_closed(false)
            .keep_alive(KEEP_ALIVE)
            .on_connect(move |connection, data| {
                if resets {
                    Socket::keep(connection, data);
                }
            })
            .disable_signals()
            .bind(options.address)
            .map_err(|source| BindError { address: options.address, source })?;
        let address = server.addrs().first().copied().unwrap_or(options.address);
        let server = server.run();
        let handle = server.handle();
        #[expect(
            clippy::disallowed_methods,
            reason = "the server is stopped by its handle, and by the end of the runtime"
        )]
        tokio::spawn(server);
        Ok(Self { address, state, server: handle })
    }

    /// Stops the mock and waits until it has: open answers break off, the port is free.
    pub async fn stop(self) {
        self.server.stop(false).await;
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its bare address, as in `http://127.0.0.1:40123`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Its address as `OPENAI_BASE_URL` has it: it ends in `/v1`. Anthropic's, Google's and
    /// Ollama's is [`url`](Self::url).
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("{}/v1", self.url())
    }

    /// Its address as `OPENROUTER_BASE_URL` has it: it ends in `/api/v1`.
    #[must_use]
    pub fn openrouter_url(&self) -> String {
        format!("{}/api/v1", self.url())
    }

    /// Queues a script: each is used by one completion, first come, first served.
    pub fn script(&self, script: impl Into<Script>) {
        self.state.chat.lock().queue(script.into());
    }

    /// What completions get that find the queue empty.
    pub fn default_script(&self, script: impl Into<Script>) {
        self.state.chat.lock().set_default(script.into());
    }

    /// What completions of that model get from now on; they leave the queue alone.
    pub fn script_for(&self, model: impl Into<String>, script: impl Into<Script>) {
        let script = script.into();
        self.state.chat.lock().set_for(model.into(), script);
    }

    /// Queues a script for the lists of models (and OpenRouter's `/key`); its tokens are the
    /// ids.
    pub fn catalogue_script(&self, script: impl Into<Script>) {
        self.state.catalogue.lock().queue(script.into());
    }

    /// What the lists of models say when their queue is empty; at first each provider has a few
    /// of its own.
    pub fn default_catalogue(&self, script: impl Into<Script>) {
        self.state.catalogue.lock().set_default(script.into());
    }

    /// Queues a script for the loading of a model: Ollama's `/api/pull`, where each token is one
    /// report of progress, and its warm-up, which is a request without a message.
    pub fn loading_script(&self, script: impl Into<Script>) {
        self.state.loading.lock().queue(script.into());
    }

    /// Which models the machine has for a wire that runs them itself (Ollama); at first
    /// `llama3.2`. Others are unknown until they are pulled.
    pub fn pulled<T: Into<String>>(&self, models: impl IntoIterator<Item = T>) {
        self.state.machine.lock().set(models.into_iter().map(T::into));
    }

    /// Which models are in the machine's memory.
    #[must_use]
    pub fn loaded(&self) -> Vec<String> {
        self.state.machine.lock().loaded.iter().cloned().collect()
    }

    /// Refuses requests that do not carry this key, or another that was required before. While
    /// there is none, every key will do, or none where the wire can do without; Ollama knows no
    /// keys.
    pub fn require_key(&self, key: impl Into<String>) {
        self.state.keys.lock().push(key.into());
    }

    /// Everything that was asked, but for the control surface.
    #[must_use]
    pub fn requests(&self) -> Vec<Recorded> {
        self.state.log.requests()
    }

    /// The newest request.
    #[must_use]
    pub fn last_request(&self) -> Option<Recorded> {
        self.state.log.last()
    }

    /// How many requests came, and how they ended.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.state.log.stats()
    }

    /// Waits until `holds` is true of the log, and gives the log.
    ///
    /// # Panics
    ///
    /// After 30 seconds, with the log.
    pub async fn wait_for(&self, holds: impl Fn(&[Recorded]) -> bool) -> Vec<Recorded> {
        self.state.log.wait_for(holds).await
    }
}

impl Drop for MockLlm {
    fn drop(&mut self) {
        // the command is on its way when the call returns; only the wait for it is dropped
        drop(self.server.stop(false));
    }
}
