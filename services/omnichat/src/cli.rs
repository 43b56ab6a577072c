//! `omnichat [serve] [--data-dir DIR] | migrate | openapi | healthcheck`

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use platform::http::{Paths, Server};
use platform::settings::{Sources, TelemetrySettings};
use platform::{Instance, cli, telemetry};

use crate::{DEFAULTS, DataDir, TITLE, endpoints, modules, web};

/// A self-hosted chat platform for teams that talk to many language models, in one process.
#[derive(Parser)]
#[command(name = "omnichat", version)]
struct Arguments {
    /// Where the databases and generated secrets are kept.
    #[arg(long, global = true, default_value = "./data")]
    data_dir: PathBuf,
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
    /// Bring the databases to the newest schema, and end.
    Migrate,
    /// Print the OpenAPI document.
    Openapi,
    /// Ask the server on this machine whether it is ready; ends with 0 if it is.
    Healthcheck,
}

/// The all-in-one's `main`.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let command = arguments.command.unwrap_or(Command::Serve);
    cli::run("omnichat", async {
        if matches!(command, Command::Openapi) {
            return cli::print_document(TITLE, endpoints());
        }
        let config = arguments.config.as_deref();
        if matches!(command, Command::Healthcheck) {
            let sources = Sources::new(DEFAULTS).file(config).process_environment();
            return cli::healthcheck(&sources.load()?).await;
        }
        let settings = DataDir::open(arguments.data_dir)?.settings(config)?;
        telemetry::install(&settings.section::<TelemetrySettings>("telemetry")?)?;
        let instance = Instance::new(&settings)?;
        let modules = modules(&settings, &instance).await?;
        if matches!(command, Command::Migrate) {
            for module in &modules {
                module.migrate().await?;
            }
            return Ok(());
        }
        let server = Server::new(instance, TITLE, modules, Paths::Gateway);
        cli::serve(&settings, server.with_front(web::configure)).await
    })
}
