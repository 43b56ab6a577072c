//! Somebody who takes whatever is sent: a collector, or a tracker of errors, as far as who sends can tell.

use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::web::{self, Bytes, Data, PayloadConfig};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use tokio::sync::watch;

/// How long something may take to be sent that must come.
const PATIENCE: Duration = Duration::from_secs(60);

/// The longest thing that is taken.
const LARGEST: usize = 16 * 1024 * 1024;

/// A server that answers 200 to everything and keeps it. Gone when dropped.
pub struct Receiver {
    /// `http://127.0.0.1:port`.
    pub base_url: String,
    received: Arc<watch::Sender<Vec<Received>>>,
    handle: ServerHandle,
}

/// Something that was sent.
#[derive(Debug, Clone)]
pub struct Received {
    /// Where to.
    pub path: String,
    /// What is said about it.
    pub headers: Vec<(String, String)>,
    /// The thing itself.
    pub body: Bytes,
}

impl Receiver {
    /// Starts one on a free port.
    #[expect(clippy::disallowed_methods, reason = "a test's own server, which ends with it")]
    pub async fn start() -> Self {
        let received = Arc::new(watch::Sender::new(Vec::new()));
        let keep = Data::from(received.clone());
        let server = HttpServer::new(move || {
            App::new()
                .app_data(keep.clone())
                .app_data(PayloadConfig::new(LARGEST))
                .default_service(web::to(take))
        });
        let server = server.workers(1).disable_signals().bind("127.0.0.1:0").unwrap();
        let base_url = format!("http://{}", server.addrs()[0]);
        let server = server.run();
        let handle = server.handle();
        tokio::spawn(server);
        Self { base_url, received, handle }
    }

    /// What was sent so far.
    pub fn received(&self) -> Vec<Received> {
        self.received.borrow().clone()
    }

    /// Waits until what was sent is enough.
    pub async fn until(&self, enough: impl Fn(&[Received]) -> bool) -> Vec<Received> {
        let mut watching = self.received.subscribe();
        let waiting = watching.wait_for(|received| enough(received));
        let seen = tokio::time::timeout(PATIENCE, waiting).await;
        seen.unwrap_or_else(|_| panic!("not all has come: {:?}", self.received())).unwrap().clone()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        drop(self.handle.stop(false));
    }
}

async fn take(
    request: HttpRequest,
    body: Bytes,
    received: Data<watch::Sender<Vec<Received>>>,
) -> HttpResponse {
    let text = |value: &actix_web::http::header::HeaderValue| {
        String::from_utf8_lossy(value.as_bytes()).into_owned()
    };
    let headers =
        request.headers().iter().map(|(name, value)| (name.to_string(), text(value))).collect();
    let path = request.path().to_owned();
    received.send_modify(|all| all.push(Received { path, headers, body }));
    HttpResponse::Ok().finish()
}
