//! The HTTP server around one or more modules.

use std::any::Any;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::{Extensions, ServerHandle};
use actix_web::middleware::from_fn;
use actix_web::web::{Data, PathConfig, ServiceConfig};
use actix_web::{App, HttpServer, web};
use anyhow::Context as _;
use futures_util::future::{join_all, try_join_all};
use socket2::SockRef;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};
use tracing_actix_web::TracingLogger;

use super::connections::Connections;
use super::edge::{EdgeSettings, Paths, edge};
use super::operating::{self, Operating};
use super::origins::Origins;
use super::request_log::RequestLog;
use super::{AppError, Cookies, Endpoints, docs};
use crate::settings::{ServerSettings, name_of};
use crate::{Instance, Module};

/// After the drain: how long connections, and then background work, may take to close.
const CLOSING: Duration = Duration::from_secs(2);

/// How long a connection may idle. Gateways and siblings close theirs after four seconds, lest a request meet its end; a machine
/// that is busy may have them be late.
const KEPT: Duration = Duration::from_secs(15);

/// Modules, ready to be served.
pub struct Server {
    instance: Instance,
    document: &'static str,
    modules: Vec<Arc<dyn Module>>,
    paths: Paths,
    front: fn(&mut ServiceConfig),
}

/// A server that has bound its address.
pub struct RunningServer {
    address: SocketAddr,
    handle: ServerHandle,
    done: JoinHandle<std::io::Result<()>>,
    instance: Instance,
    modules: Vec<Arc<dyn Module>>,
    /// Those that are waited for; none in a process that is its own gateway, since nobody else could be asked instead.
    connections: Option<Connections>,
    drain: Duration,
}

impl Server {
    /// A server with the OpenAPI document of all that it serves.
    pub fn new(
        instance: Instance,
        document: &'static str,
        modules: Vec<Arc<dyn Module>>,
        paths: Paths,
    ) -> Self {
        Self { instance, document, modules, paths, front: docs::front }
    }

    /// The same with something else at `/` and at addresses beside the API, for a process that is its own gateway.
    #[must_use]
    pub fn with_front(self, front: fn(&mut ServiceConfig)) -> Self {
        Self { front, ..self }
    }

    /// Brings the databases to the newest schema.
    ///
    /// # Errors
    /// The first that cannot be.
    pub async fn migrate(&self) -> anyhow::Result<()> {
        try_join_all(self.modules.iter().map(|module| module.migrate())).await.map(drop)
    }

    /// The endpoints that every process has beside its modules'.
    pub fn operating_endpoints() -> Endpoints {
        operating::endpoints()
    }

    /// Binds the address of the settings and starts to serve, on the runtime that calls this.
    ///
    /// # Errors
    /// A setting is wrong, or the address cannot be bound.
    pub fn start(self, settings: &ServerSettings) -> anyhow::Result<RunningServer> {
        let listener = bind(settings)?;
        let address = listener.local_addr()?;

        let (paths, front) = (self.paths, self.front);
        let document = self.document;
        let instance = Data::new(self.instance.clone());
        let connections = Connections::default();
        let edge_settings = Data::new(self.edge_settings(settings, connections.clone()));
        let origins = Origins::from(settings, address.port())?;
        let cookies = Data::new(Cookies::from(settings));
        let limits = self.instance.limits.clone();
        let operating = Data::new(Operating::new(self.modules.clone()));
        let proxies = Data::new(settings.trusted_proxies.clone());
        let modules = self.modules.clone();

        let mut server = HttpServer::new(move || {
            let modules = modules.clone();
            let limits = limits.clone();
            App::new()
                .app_data(instance.clone())
                .app_data(edge_settings.clone())
                .app_data(Data::new(origins.clone()))
                .app_data(cookies.clone())
                .app_data(operating.clone())
                .app_data(proxies.clone())
                .app_data(PathConfig::default().error_handler(|_, _| AppError::not_found().into()))
                .wrap(origins.cors())
                .wrap(from_fn(edge))
                .wrap(TracingLogger::<RequestLog>::new())
                .configure(|config| modules.iter().for_each(|module| module.configure(config)))
                .configure(|config| operating::endpoints().configure(config, &limits))
                .configure(|config| docs::configure(config, document))
                .configure(if paths == Paths::Gateway { front } else { operating::metrics })
                .default_service(web::to(async || AppError::not_found_response()))
        })
        .on_connect(welcome(settings, connections.clone()))
        // Without it, small events wait 40 ms for the client's delayed acknowledgement.
        .tcp_nodelay(true)
        // A client that leaves a silent stream is noticed at once, and not only when something is written.
        .h1_allow_half_closed(false)
        .keep_alive(KEPT)
        .client_request_timeout(Duration::from_secs(settings.head_seconds.get()))
        .shutdown_timeout(CLOSING.as_secs())
        .max_connections(settings.max_connections)
        .disable_signals();
        if settings.workers > 0 {
            server = server.workers(settings.workers);
        }
        let server = server.listen(listener)?.run();
        self.instance.revocations.start(&self.instance.tasks);
        self.instance.limits.start(&self.instance.tasks);
        for module in &self.modules {
            module.start();
        }
        Ok(RunningServer {
            address,
            handle: server.handle(),
            done: self.instance.tasks.spawn(server),
            instance: self.instance,
            modules: self.modules,
            connections: (paths == Paths::Bare).then_some(connections),
            drain: settings.drain(),
        })
    }

    fn edge_settings(&self, settings: &ServerSettings, connections: Connections) -> EdgeSettings {
        EdgeSettings {
            paths: self.paths,
            body_deadline: Duration::from_secs(settings.body_seconds.get()),
            is_https: settings.is_https(),
            connections,
        }
    }
}

/// What is done with a new connection.
fn welcome(
    settings: &ServerSettings,
    connections: Connections,
) -> impl Fn(&dyn Any, &mut Extensions) + Send + Sync + 'static {
    let stalled = Duration::from_secs(settings.stalled_seconds.get());
    move |connection, data| {
        let_go_if_stalled(connection, stalled);
        connections.opened(data);
    }
}

/// Has the kernel close a connection whose other end takes nothing for so long: a reply waits for nobody, but a socket and what it
/// holds would stay.
fn let_go_if_stalled(connection: &dyn Any, patience: Duration) {
    let Some(stream) = connection.downcast_ref::<TcpStream>() else { return };
    if let Err(error) = SockRef::from(stream).set_tcp_user_timeout(Some(patience)) {
        tracing::debug!(%error, "a client that takes nothing will not be let go");
    }
}

fn bind(settings: &ServerSettings) -> anyhow::Result<TcpListener> {
    let (host, port) = (settings.host.as_str(), settings.port);
    let listener = TcpListener::bind((host, port)).with_context(|| {
        format!("{host}:{port}, of {} and {}", name_of("server.host"), name_of("server.port"))
    })?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

impl RunningServer {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The process that it runs in.
    pub fn instance(&self) -> &Instance {
        &self.instance
    }

    /// Waits until something ends that should not: the server, or background work.
    ///
    /// # Errors
    /// Always: what ended.
    pub async fn broken(&mut self) -> anyhow::Result<()> {
        tokio::select! {
            ended = &mut self.done => {
                ended??;
                anyhow::bail!("the HTTP server ended by itself")
            }
            () = self.instance.tasks.broken() => anyhow::bail!("background work ended unexpectedly"),
        }
    }

    /// Stops in order: not ready; who is connected is answered, and asked to go; no new work, running work comes to its end or is
    /// saved; connections close.
    pub async fn stop(self) {
        self.instance.start_draining();
        let until = Instant::now() + self.drain;
        if let Some(connections) = self.connections {
            let _stayed = timeout(self.drain, connections.end()).await;
        }
        let patience = until.saturating_duration_since(Instant::now());
        join_all(self.modules.iter().map(|module| module.drain(patience))).await;
        self.handle.stop(true).await;
        self.instance.tasks.stop(CLOSING).await;
        self.instance.traces.close().await;
        for module in &self.modules {
            if let Err(error) = module.database().close().await {
                tracing::warn!(%error, module = module.name(), "the database did not close cleanly");
            }
        }
    }
}

impl AppError {
    fn not_found_response() -> actix_web::HttpResponse {
        actix_web::HttpResponse::from_error(Self::not_found())
    }
}
