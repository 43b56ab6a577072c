//! The yardstick: a bare actix-web and reqwest relay of the model server's bytes. It asks nobody who they are, parses nothing
//! and stores nothing. Run as a process of its own.

use actix_web::web::{Bytes, Data};
use actix_web::{App, HttpResponse, HttpServer, web};
use reqwest::Client;
use reqwest::header::CONTENT_TYPE;

use crate::load::client;

/// What is asked, and where.
struct Upstream {
    http: Client,
    address: String,
}

/// Serves on a free port until it is killed; `model` is where the model server is.
pub async fn serve(model: &str) -> anyhow::Result<()> {
    let address = format!("{model}/v1/chat/completions");
    let upstream = Data::new(Upstream { http: client()?, address });
    let server = HttpServer::new(move || {
        let relay = web::post().to(relay);
        App::new().app_data(upstream.clone()).route("/v1/chat/completions", relay)
    })
    // Both as the services have it.
    .tcp_nodelay(true)
    .h1_allow_half_closed(false)
    .bind(("127.0.0.1", 0))?;
    let address = server.addrs()[0];
    println!("the floor listens on {address}");
    Ok(server.run().await?)
}

async fn relay(upstream: Data<Upstream>, body: Bytes) -> actix_web::Result<HttpResponse> {
    let request = upstream.http.post(&upstream.address).header(CONTENT_TYPE, "application/json");
    let answer = request.body(body).send().await;
    let answer = answer.map_err(actix_web::error::ErrorBadGateway)?;
    Ok(HttpResponse::Ok().content_type("text/event-stream").streaming(answer.bytes_stream()))
}
