//! The gateway's routes, limits and answers, in front of what says how it was asked.

mod failures;
mod limits;
pub mod nginx;
mod pages;
mod routes;
mod streams;
mod stub;

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};

use auth_service::AuthService;
use chat_service::ChatService;
use platform::cli::Service;
use platform::http::{Endpoint, Server};
use project_service::ProjectService;
use reqwest::Method;
use testkit::{Actor, Reply};

use nginx::{Nginx, Upstreams};
use stub::Stub;

/// nginx before three services that are not there.
struct Gateway {
    nginx: Nginx,
    auth: Stub,
    project: Stub,
    chat: Stub,
    anybody: Actor,
}

impl Gateway {
    fn start() -> Option<Self> {
        Self::start_with(&[])
    }

    fn start_with(changes: &[(&str, &str)]) -> Option<Self> {
        let [auth, project, chat] = ["auth", "project", "chat"].map(Stub::start);
        let upstreams = Upstreams {
            auth: &auth.address.to_string(),
            project: &project.address.to_string(),
            chat: &chat.address.to_string(),
        };
        let nginx = Nginx::start_with(&upstreams, changes)?;
        Some(Self { nginx, auth, project, chat, anybody: Actor::anywhere(None) })
    }

    async fn call(&self, method: Method, path: &str) -> Reply {
        let url = format!("{}{path}", self.nginx.base_url);
        self.anybody.send(self.anybody.request(method, &url)).await
    }

    async fn get(&self, path: &str) -> Reply {
        self.call(Method::GET, path).await
    }

    /// How many requests have come through.
    fn asked(&self) -> usize {
        [&self.auth, &self.project, &self.chat].into_iter().map(Stub::asked).sum()
    }

    /// Sends a head as it is.
    fn connect(&self, head: &str) -> TcpStream {
        let address = self.nginx.base_url.trim_start_matches("http://");
        let mut connection = TcpStream::connect(address).unwrap();
        connection.write_all(format!("{head}\r\n\r\n").as_bytes()).unwrap();
        connection
    }

    /// What is answered to a head: all of it, as text.
    fn answer(&self, head: &str) -> String {
        let mut text = String::new();
        let mut connection = self.connect(&format!("{head}\r\nconnection: close"));
        // Of a body that is too large nginx would wait for the rest.
        connection.shutdown(Shutdown::Write).unwrap();
        connection.read_to_string(&mut text).unwrap();
        text
    }
}

/// Every endpoint, with the service that serves it at the gateway.
fn table() -> Vec<(&'static str, Endpoint)> {
    let services = [
        ("auth", AuthService::endpoints()),
        ("project", ProjectService::endpoints()),
        ("chat", ChatService::endpoints()),
    ];
    let operating = Server::operating_endpoints();
    let of_process = operating.table().map(|endpoint| {
        let service = if endpoint.path.starts_with("/health") { "chat" } else { "auth" };
        (service, endpoint.clone())
    });
    let of_services = services.iter().flat_map(|(service, endpoints)| {
        endpoints.table().map(|endpoint| (*service, endpoint.clone()))
    });
    of_services.chain(of_process).collect()
}

/// An endpoint's path with ids in it; those of models may have slashes.
fn with_ids(endpoint: &Endpoint) -> String {
    let names_a_model =
        |before: &str| before.ends_with("/models/") || before.ends_with("/v1/models/");
    let mut path = String::new();
    for part in endpoint.path.split_inclusive('}') {
        let (before, name) = part.split_once('{').unwrap_or((part, ""));
        path += before;
        if !name.is_empty() {
            path += if names_a_model(&path) { "openai%2Fgpt-4o%3Afree" } else { "0190-a.b" };
        }
    }
    path
}

fn method(endpoint: &Endpoint) -> Method {
    endpoint.method.as_str().parse().unwrap()
}
