//! `omnichat [serve] [--data-dir DIR] | migrate | openapi | healthcheck | doctor | admin … | completions SHELL`

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand};
use clap_complete::Shell;
use platform::http::{Paths, Server};
use platform::settings::Sources;
use platform::{Instance, cli, telemetry};

use crate::{DEFAULTS, DOCUMENT, DataDir, admin, doctor, modules, web};

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

#[derive(Subcommand)]
enum Command {
    /// Serve until told to stop (the default).
    Serve,
    /// Bring the databases to the newest schema, and end.
    Migrate,
    /// Print the OpenAPI document.
    Openapi,
    /// Ask the server on this machine whether it is ready; ends with 0 if it is.
    Healthcheck,
    /// Look at settings, secrets, databases and providers, and say what to mend; ends with 0 if there is nothing.
    Doctor,
    /// Look after accounts and keys.
    Admin {
        #[command(subcommand)]
        task: admin::Task,
    },
    /// Print what completes these commands in a shell.
    Completions {
        /// Which one.
        shell: Shell,
    },
}

/// The all-in-one's `main`.
pub fn main() -> ExitCode {
    let Arguments { data_dir, config, command } = Arguments::parse();
    cli::run("omnichat", async {
        let config = config.as_deref();
        match command.unwrap_or(Command::Serve) {
            Command::Serve => serve(data_dir, config).await,
            Command::Migrate => migrate(data_dir, config).await,
            Command::Openapi => {
                cli::print_document(DOCUMENT);
                Ok(())
            }
            Command::Healthcheck => {
                let sources = Sources::new(DEFAULTS).file(config).process_environment();
                cli::healthcheck(&sources.load()?).await
            }
            Command::Doctor => doctor::run(&DataDir::as_it_is(data_dir), config).await,
            Command::Admin { task } => admin::run(task, &DataDir::as_it_is(data_dir), config).await,
            Command::Completions { shell } => {
                let mut out = std::io::stdout();
                clap_complete::generate(shell, &mut Arguments::command(), "omnichat", &mut out);
                Ok(())
            }
        }
    })
}

async fn serve(data_dir: PathBuf, config: Option<&Path>) -> anyhow::Result<()> {
    let settings = DataDir::open(data_dir)?.settings(config)?;
    let _reports = telemetry::install(&settings)?;
    let instance = Instance::new(&settings)?;
    let modules = modules(&settings, &instance).await?;
    let server = Server::new(instance, DOCUMENT, modules, Paths::Gateway);
    cli::serve(&settings, server.with_front(web::configure)).await
}

async fn migrate(data_dir: PathBuf, config: Option<&Path>) -> anyhow::Result<()> {
    let settings = DataDir::open(data_dir)?.settings(config)?;
    let _reports = telemetry::install(&settings)?;
    let instance = Instance::new(&settings)?;
    for module in modules(&settings, &instance).await? {
        module.migrate().await?;
    }
    Ok(())
}
