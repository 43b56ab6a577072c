//! The command line that every service has: `[serve] | migrate | openapi | healthcheck`.

use std::future::Future;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use clap::{Parser, Subcommand};
use tokio::signal::unix::{SignalKind, signal};

use crate::http::{Endpoints, Paths, Server};
use crate::settings::{DatabaseSettings, ServerSettings, Settings, Sources};
use crate::{Instance, Module, telemetry};

/// A service that runs alone.
#[async_trait]
pub trait Service {
    /// Its name: `project-service`.
    const NAME: &'static str;
    /// The title of its document, for the test that writes it.
    const TITLE: &'static str;
    /// Its OpenAPI document, which a test holds to its endpoints: made anew at each start it would take more memory than all else
    /// that a process has before its first request.
    const DOCUMENT: &'static str;
    /// Its settings' defaults, as TOML.
    const DEFAULTS: &'static str;

    /// Its endpoints, without a database behind them.
    fn endpoints() -> Endpoints;

    /// Puts it together.
    ///
    /// # Errors
    /// A setting is wrong, or something that it needs cannot be reached.
    async fn build(settings: &Settings, instance: &Instance) -> anyhow::Result<Arc<dyn Module>>;
}

#[derive(Parser)]
struct Arguments {
    /// A TOML file with settings; the environment goes over it.
    #[arg(long, global = true)]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand, Clone, Copy)]
enum Command {
    /// Serve until told to stop (the default).
    Serve,
    /// Bring the database to the newest schema, and end.
    Migrate,
    /// Print the OpenAPI document.
    Openapi,
    /// Ask the service on this machine whether it is ready; ends with 0 if it is.
    Healthcheck,
}

/// A service's `main`.
pub fn main<S: Service>() -> ExitCode {
    let arguments = Arguments::parse();
    let sources =
        Sources::new(&[S::DEFAULTS]).file(arguments.config.as_deref()).process_environment();
    let command = arguments.command.unwrap_or(Command::Serve);
    run(S::NAME, async {
        if matches!(command, Command::Openapi) {
            print_document(S::DOCUMENT);
            return Ok(());
        }
        let settings = sources.load()?;
        if matches!(command, Command::Healthcheck) {
            return healthcheck(&settings).await;
        }
        let _reports = telemetry::install(&settings)?;
        let instance = Instance::new(&settings)?;
        let module = S::build(&settings, &instance).await?;
        match command {
            Command::Migrate => module.migrate().await,
            _ => {
                let server = Server::new(instance, S::DOCUMENT, vec![module], Paths::Bare);
                serve(&settings, server).await
            }
        }
    })
}

/// Runs a process to its end and tells how it went: by its exit code, and by one line that says what is wrong.
#[expect(clippy::print_stderr, reason = "telemetry may not be there yet")]
pub fn run(name: &str, work: impl Future<Output = anyhow::Result<()>>) -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("{name}: {error}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(work) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{name}: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Serves until SIGTERM or SIGINT, or until something that should run for ever ends.
///
/// # Errors
/// What kept it from serving.
pub async fn serve(settings: &Settings, server: Server) -> anyhow::Result<()> {
    let server_settings: ServerSettings = settings.section("server")?;
    if DatabaseSettings::from(settings)?.migrate_on_start {
        server.migrate().await?;
    }
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut server = server.start(&server_settings)?;
    announce(&server_settings, server.address());
    tokio::select! {
        broken = server.broken() => return broken,
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    // A second signal does not wait.
    tokio::select! {
        () = server.stop() => Ok(()),
        _ = terminate.recv() => anyhow::bail!("stopped without waiting"),
        _ = interrupt.recv() => anyhow::bail!("stopped without waiting"),
    }
}

/// Prints an OpenAPI document.
#[expect(clippy::print_stdout, reason = "printing is what it is for")]
pub fn print_document(document: &str) {
    print!("{document}");
}

/// Asks the process that the settings describe whether it is ready.
///
/// # Errors
/// It is not, or does not answer.
pub async fn healthcheck(settings: &Settings) -> anyhow::Result<()> {
    let server: ServerSettings = settings.section("server")?;
    let http = crate::client::http_client(Duration::from_secs(2))?;
    let host = match server.host.as_str() {
        "0.0.0.0" => "127.0.0.1".to_owned(),
        "::" => "[::1]".to_owned(),
        address if address.contains(':') => format!("[{address}]"),
        host => host.to_owned(),
    };
    let response = http
        .get(format!("http://{host}:{}/health/ready", server.port))
        .timeout(Duration::from_secs(3))
        .send()
        .await
        .map_err(reqwest::Error::without_url)?;
    anyhow::ensure!(
        response.status().is_success(),
        "not ready: {}",
        response.text().await.unwrap_or_default()
    );
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the line that a person who starts it by hand waits for")]
fn announce(settings: &ServerSettings, address: std::net::SocketAddr) {
    let url = match settings.public_url.as_str() {
        "" => format!("http://localhost:{}", address.port()),
        url => url.to_owned(),
    };
    println!("OmniChat listens on {address}: {url}");
}
