//! What stands in for a service behind the gateway: it answers with what it was asked.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use actix_web::web::{self, Bytes, PayloadConfig};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use serde_json::{Value, json};

/// More than the gateway lets through.
const BODY_LIMIT: usize = 32 * 1024 * 1024;

/// A running one; it ends with the test's runtime.
pub struct Stub {
    pub address: SocketAddr,
    asked: Arc<AtomicUsize>,
}

impl Stub {
    pub fn start(name: &'static str) -> Self {
        let asked = Arc::new(AtomicUsize::new(0));
        let count = asked.clone();
        let server = HttpServer::new(move || {
            let count = count.clone();
            let answer = move |request: HttpRequest, body: Bytes| {
                count.fetch_add(1, Ordering::SeqCst);
                let said = said(name, &request, &body);
                async move { HttpResponse::Ok().json(said) }
            };
            App::new().app_data(PayloadConfig::new(BODY_LIMIT)).default_service(web::to(answer))
        })
        .workers(1)
        .disable_signals()
        .bind("127.0.0.1:0")
        .unwrap();
        let address = server.addrs()[0];
        #[expect(clippy::disallowed_methods, reason = "it ends with the runtime")]
        tokio::spawn(server.run());
        Self { address, asked }
    }

    /// How often it was asked.
    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

fn said(name: &str, request: &HttpRequest, body: &[u8]) -> Value {
    let headers: serde_json::Map<String, Value> = request
        .headers()
        .iter()
        .map(|(name, value)| (name.to_string(), json!(value.to_str().unwrap())))
        .collect();
    json!({
        "service": name, "method": request.method().as_str(), "headers": headers,
        "path": request.uri().path_and_query().unwrap().as_str(), "size": body.len(),
    })
}
