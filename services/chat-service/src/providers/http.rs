//! What providers are called with.

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder};
use secrecy::{ExposeSecret, SecretString};
use thread_local::ThreadLocal;
use tokio::runtime::{Handle, RuntimeFlavor};

/// A client that follows no redirect. A connection is driven by the runtime that opened it, so that each runtime of one thread,
/// as an HTTP worker is, has connections of its own: else each token would wake another thread, and that one this.
#[derive(Clone)]
pub struct Http(Arc<Clients>);

struct Clients {
    connect: Duration,
    silence: Duration,
    headers: HeaderMap,
    /// For runtimes of several threads.
    shared: Client,
    own: ThreadLocal<Client>,
}

impl Http {
    /// A client that waits at most so long for a connection, and then for each next byte. A key goes with every request.
    ///
    /// # Errors
    /// The key cannot stand in a header, or the machine has no CA certificates.
    pub fn new(
        connect: Duration,
        silence: Duration,
        key: Option<&SecretString>,
    ) -> anyhow::Result<Self> {
        let bearer = key.map(|key| {
            let mut bearer = HeaderValue::from_str(&format!("Bearer {}", key.expose_secret()))?;
            bearer.set_sensitive(true);
            anyhow::Ok((AUTHORIZATION, bearer))
        });
        let headers: HeaderMap = bearer.transpose()?.into_iter().collect();
        let shared = client(connect, silence, &headers)?;
        Ok(Self(Arc::new(Clients { connect, silence, headers, shared, own: ThreadLocal::new() })))
    }

    pub(super) fn get(&self, url: String) -> RequestBuilder {
        self.client().get(url)
    }

    pub(super) fn post(&self, url: String) -> RequestBuilder {
        self.client().post(url)
    }

    fn client(&self) -> &Client {
        let Clients { connect, silence, headers, shared, own } = &*self.0;
        let has_one_thread = Handle::try_current()
            .is_ok_and(|runtime| runtime.runtime_flavor() == RuntimeFlavor::CurrentThread);
        if !has_one_thread {
            return shared;
        }
        own.get_or_try(|| client(*connect, *silence, headers)).unwrap_or(shared)
    }
}

fn client(connect: Duration, silence: Duration, headers: &HeaderMap) -> reqwest::Result<Client> {
    Client::builder()
        .default_headers(headers.clone())
        .connect_timeout(connect)
        .read_timeout(silence)
        .redirect(Policy::none())
        .tcp_nodelay(true)
        .no_proxy()
        .build()
}
