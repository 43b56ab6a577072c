use anyhow::anyhow;
use auth_service::AuthModule;
use auth_service::services::{Sessions, Users};
use common::domain::session::Device;
use common::domain::user::{NewUser, UserError};
use common::{Direction, PageRequest};
use secrecy::SecretString;

use super::say;

/// How many sessions are read at a time.
const PAGE: u32 = 100;

/// Accounts and their sessions.
pub struct Accounts<'a> {
    users: &'a Users,
    sessions: &'a Sessions,
}

impl<'a> Accounts<'a> {
    /// Those of auth-service.
    pub fn of(auth: &'a AuthModule) -> Self {
        Self { users: &auth.state().users, sessions: &auth.state().sessions }
    }

    pub async fn create(
        &self,
        email: String,
        display_name: Option<String>,
        password: SecretString,
    ) -> anyhow::Result<()> {
        let new = NewUser { email, password, display_name };
        let user = self.users.create(new, Device::default()).await.map_err(explained)?;
        say(format_args!("{} was made: {}", user.email, user.id));
        Ok(())
    }

    pub async fn set_active(&self, email: &str, is_active: bool) -> anyhow::Result<()> {
        let user = self.users.set_active(email, is_active).await.map_err(explained)?;
        let state = if is_active { "in use" } else { "out of use, and signed out everywhere" };
        say(format_args!("{} is {state}", user.email));
        Ok(())
    }

    pub async fn reset_password(&self, email: &str, new: &SecretString) -> anyhow::Result<()> {
        let user = self.users.reset_password(email, new).await.map_err(explained)?;
        say(format_args!("{} has another password, and is signed out everywhere", user.email));
        Ok(())
    }

    pub async fn list_sessions(&self, email: &str) -> anyhow::Result<()> {
        let user = self.users.find(email).await.map_err(explained)?;
        let mut after = None;
        loop {
            let page = PageRequest { limit: PAGE, after, direction: Direction::Ascending };
            let page = self.sessions.list(user.id, page).await?;
            for session in page.items {
                let (begun, seen) = (session.created_at, session.last_seen_at);
                let Device { user_agent, ip } = session.device;
                let on = user_agent.unwrap_or_else(|| "-".to_owned());
                let from = ip.unwrap_or_else(|| "-".to_owned());
                let id = session.id;
                say(format_args!("{id}  begun {begun:.0}  seen {seen:.0}  from {from}  on {on:?}"));
            }
            after = page.next;
            if after.is_none() {
                return Ok(());
            }
        }
    }

    pub async fn end_sessions(&self, email: &str) -> anyhow::Result<()> {
        let user = self.users.find(email).await.map_err(explained)?;
        let ended = self.sessions.revoke_all(user.id).await?;
        say(format_args!("{ended} sessions of {} have ended", user.email));
        Ok(())
    }
}

/// What goes wrong, as an operator can be told it: more than a stranger may know.
fn explained(error: UserError) -> anyhow::Error {
    match error {
        UserError::NotFound => anyhow!("no account has that address"),
        UserError::EmailTaken => anyhow!("that address has an account"),
        UserError::WeakPassword { hint } => anyhow!("the password is weak. {hint}"),
        other => other.into(),
    }
}
