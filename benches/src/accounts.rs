//! People with accounts.

use anyhow::Context as _;
use futures_util::future::try_join_all;
use reqwest::Client;
use serde_json::{Value, json};

use crate::load::send;
use crate::process::Process;

pub const PASSWORD: &str = "correct horse battery staple";

/// Registers so many; their addresses.
pub async fn register(
    http: &Client,
    auth: &Process,
    how_many: usize,
) -> anyhow::Result<Vec<String>> {
    let people = (0..how_many).map(async |number| {
        let email = format!("person-{number}@example.org");
        let body = json!({"email": email, "password": PASSWORD});
        let (status, answer) = send(http.post(auth.url("/users")).json(&body)).await?;
        anyhow::ensure!(status == 201, "registering: {status} {answer}");
        Ok(email)
    });
    try_join_all(people).await
}

/// Signs one in; what the answer has of the named token.
pub async fn sign_in(
    http: &Client,
    auth: &Process,
    email: &str,
    token: &str,
) -> anyhow::Result<String> {
    let body = json!({"email": email, "password": PASSWORD});
    let (status, answer) = send(http.post(auth.url("/auth/login")).json(&body)).await?;
    anyhow::ensure!(status == 200, "signing in: {status} {answer}");
    self::token(&answer, token)
}

/// A token in an answer.
pub fn token(answer: &Value, name: &str) -> anyhow::Result<String> {
    let token = answer["data"][name].as_str();
    Ok(token.with_context(|| format!("no {name} in {answer}"))?.to_owned())
}
