//! `omnichat admin …`: what an operator does to accounts and keys, by the services' own services.

mod accounts;
mod keys;

use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::path::Path;

use anyhow::Context as _;
use auth_service::{AuthModule, Siblings};
use clap::{Subcommand, ValueEnum};
use platform::{Instance, Module as _};
use secrecy::SecretString;

use crate::data_dir::Ring;
use crate::{DataDir, modules};

/// What is to be done.
#[derive(Subcommand)]
pub enum Task {
    /// Make an account, whoever may register; its password is read from standard input.
    CreateUser {
        /// The address to sign in with.
        #[arg(value_parser = address)]
        email: String,
        /// What to call the person.
        #[arg(long)]
        name: Option<String>,
    },
    /// Take an account out of use; its sessions and personal tokens end.
    DisableUser { email: String },
    /// Take it back into use.
    EnableUser { email: String },
    /// Give an account another password, read from standard input; its sessions and personal tokens end.
    ResetPassword { email: String },
    /// List where somebody is signed in.
    Sessions { email: String },
    /// Sign somebody out everywhere.
    EndSessions { email: String },
    /// Make a new key for a ring of secrets: in the data folder, or to be set where a setting gives the ring.
    RotateKeys { ring: RingName },
    /// Seal anew, at once, what an old key of KEY_ENCRYPTION_KEYS has sealed.
    Rewrap,
}

#[derive(Clone, Copy, ValueEnum)]
pub enum RingName {
    /// JWT_SECRETS, which sign tokens.
    Signing,
    /// KEY_ENCRYPTION_KEYS, which seal other secrets.
    Sealing,
}

impl From<RingName> for Ring {
    fn from(name: RingName) -> Self {
        match name {
            RingName::Signing => Self::Signing,
            RingName::Sealing => Self::Sealing,
        }
    }
}

/// Does it.
///
/// # Errors
/// What kept it from being done.
pub async fn run(task: Task, folder: &DataDir, config: Option<&Path>) -> anyhow::Result<()> {
    let task = match task {
        Task::RotateKeys { ring } => return keys::rotate(ring.into(), folder, config),
        other => other,
    };
    let settings = folder.settings(config)?;
    let instance = Instance::new(&settings)?;
    if matches!(task, Task::Rewrap) {
        return keys::rewrap(&modules::parts(&settings, &instance).await?).await;
    }
    // Accounts are auth-service's alone, whose role at the database sees nothing else; no sibling is called.
    let siblings = Siblings::over_http(&settings, &instance)?;
    let auth = AuthModule::build(&settings, &instance, siblings).await?;
    auth.ready().await?;
    let accounts = accounts::Accounts::of(&auth);
    match task {
        Task::CreateUser { email, name } => accounts.create(email, name, password()?).await,
        Task::DisableUser { email } => accounts.set_active(&email, false).await,
        Task::EnableUser { email } => accounts.set_active(&email, true).await,
        Task::ResetPassword { email } => accounts.reset_password(&email, &password()?).await,
        Task::Sessions { email } => accounts.list_sessions(&email).await,
        Task::EndSessions { email } => accounts.end_sessions(&email).await,
        Task::RotateKeys { .. } | Task::Rewrap => Ok(()),
    }
}

/// The first line of standard input. An argument would be seen by everybody on the machine.
#[expect(clippy::print_stderr, reason = "a person who types it should know what is waited for")]
fn password() -> anyhow::Result<SecretString> {
    let input = std::io::stdin();
    if input.is_terminal() {
        eprint!("The password, which will be seen as you type it: ");
        std::io::stderr().flush()?;
    }
    let mut line = String::new();
    input.lock().read_line(&mut line).context("the password on standard input")?;
    let password = line.trim_end_matches(['\r', '\n']);
    anyhow::ensure!(!password.is_empty(), "no password on standard input");
    Ok(password.into())
}

/// An address that mail could be sent to.
fn address(text: &str) -> Result<String, String> {
    match garde::rules::email::parse_email(text) {
        Ok(()) if text.len() <= 254 => Ok(text.to_owned()),
        _ => Err("not an email address".to_owned()),
    }
}

/// What has come of it.
#[expect(clippy::print_stdout, reason = "printing is what it is for")]
fn say(line: impl std::fmt::Display) {
    println!("{line}");
}
