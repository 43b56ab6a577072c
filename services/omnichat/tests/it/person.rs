use common::auth::AccessClaims;
use reqwest::Method;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use testkit::{Actor, EventStream, Reply};

use super::deployment::Deployment;

pub const PASSWORD: &str = "correct horse battery staple";

/// Somebody who uses the whole.
pub struct Person<'a> {
    deployment: &'a Deployment,
    pub actor: Actor,
    email: &'a str,
}

impl<'a> Person<'a> {
    /// Registers and logs in.
    pub async fn new(deployment: &'a Deployment, email: &'a str) -> Self {
        let stranger = Self { deployment, actor: deployment.actor(None), email };
        let credentials = json!({"email": email, "password": PASSWORD});
        stranger.post("/auth/register", credentials).await.expect(201);
        stranger.again().await
    }

    /// Somebody who has an account.
    pub async fn returning(deployment: &'a Deployment, email: &'a str) -> Self {
        Self { deployment, actor: deployment.actor(None), email }.again().await
    }

    /// The same person with another session.
    pub async fn again(&self) -> Self {
        let stranger = Self { actor: self.deployment.actor(None), ..*self };
        let credentials = json!({"email": self.email, "password": PASSWORD});
        let session = stranger.post("/auth/login", credentials).await.expect(200);
        let refresh = json!({"refreshToken": session.data("refreshToken")});
        let session = stranger.post("/auth/refresh", refresh).await.expect(200);
        Self { actor: self.deployment.actor(session.data("accessToken").as_str()), ..*self }
    }

    /// The same person with another token.
    pub fn with_token(&self, token: &str) -> Self {
        Self { actor: self.deployment.actor(Some(token)), ..*self }
    }

    /// The same person in a session of which nobody knows, so that nobody can end it.
    pub fn as_a_ghost(&self) -> Self {
        let keys = self.deployment.keys();
        let claims = keys.verify_access(self.actor.token()).unwrap();
        let claims = AccessClaims { sid: uuid::Uuid::new_v4().into(), ..claims };
        self.with_token(keys.sign_access(&claims).unwrap().expose_secret())
    }

    pub async fn call(&self, method: Method, path: &str, body: Value) -> Reply {
        let request = self.actor.request(method, &self.deployment.url(path));
        self.actor.send(if body.is_null() { request } else { request.json(&body) }).await
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.call(Method::GET, path, Value::Null).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Reply {
        self.call(Method::POST, path, body).await
    }

    pub async fn send(&self, conversation: &str, content: &str) -> EventStream {
        let url = self.deployment.url(&format!("/conversations/{conversation}/messages"));
        let request = self.actor.request(Method::POST, &url).json(&json!({"content": content}));
        self.actor.stream(request.header("accept", "text/event-stream")).await
    }

    pub async fn resume(&self, message: &str, after: &str) -> EventStream {
        let url = self.deployment.url(&format!("/messages/{message}/stream"));
        self.actor
            .stream(self.actor.request(Method::GET, &url).header("last-event-id", after))
            .await
    }
}
