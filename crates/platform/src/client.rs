//! Calling a sibling service over HTTP: within a deadline, again where that is safe, and not at all while it does not answer.

use std::time::Duration;

use actix_web::web::Bytes;
use backon::{ExponentialBuilder, Retryable};
use chrono::TimeDelta;
use common::auth::ServiceClaims;
use futures_util::stream::{self, Stream, StreamExt, TryStreamExt};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::Instance;
use crate::breaker::Breaker;
use crate::conditions::Outside;
use crate::http::Trace;
use crate::settings::{Settings, SiblingSettings};
use crate::traces::{Side, Step, TRACEPARENT};

/// How long a connection to a sibling may take.
const CONNECT: Duration = Duration::from_secs(1);
/// How long a connection is kept that idles: less than our own servers keep it, which would close it perhaps just as it is used
/// again.
const IDLE: Duration = Duration::from_secs(4);

/// Why a sibling did not answer.
#[derive(Debug, thiserror::Error)]
pub enum SiblingError {
    /// It could not be reached, or not in time.
    #[error("{service} does not answer")]
    Unreachable {
        /// Its name.
        service: &'static str,
        /// The reason, without the address.
        #[source]
        cause: Box<dyn std::error::Error + Send + Sync>,
    },
    /// It answered that it cannot serve now.
    #[error("{service} answered {status}")]
    Unavailable {
        /// Its name.
        service: &'static str,
        /// What it answered.
        status: StatusCode,
    },
    /// It has not answered lately, and is not asked for a while.
    #[error("{service} has not answered lately and is not asked for a while")]
    Resting {
        /// Its name.
        service: &'static str,
    },
    /// A token could not be signed.
    #[error("no service token could be signed")]
    Token,
}

/// As whom a sibling is called.
pub enum Identity<'a> {
    /// On a person's behalf, with the person's access token.
    Person(&'a SecretString),
    /// As this service.
    Service,
}

/// A client without redirects, which keeps its connections.
///
/// # Errors
/// The machine has no CA certificates.
pub fn http_client(connect_timeout: Duration) -> reqwest::Result<reqwest::Client> {
    reqwest::Client::builder()
        .connect_timeout(connect_timeout)
        .pool_idle_timeout(IDLE)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .tcp_nodelay(true)
        .user_agent(concat!("omnichat/", env!("CARGO_PKG_VERSION")))
        .build()
}

/// A sibling service.
#[derive(Clone)]
pub struct Sibling {
    service: &'static str,
    base_url: String,
    http: reqwest::Client,
    deadline: Duration,
    deletion: Duration,
    us: &'static str,
    instance: Instance,
    breaker: Option<Breaker>,
}

/// What a sibling answered.
#[derive(Debug)]
pub struct SiblingAnswer {
    /// Its status, never one that says "later".
    pub status: StatusCode,
    /// Its entity tag, quotes included.
    pub etag: Option<String>,
    /// Its body.
    pub body: Vec<u8>,
}

impl SiblingAnswer {
    /// What is in the envelope's `data`.
    ///
    /// # Errors
    /// It is a failure, or not what was expected.
    pub fn data<T: DeserializeOwned>(&self) -> Result<T, Box<dyn std::error::Error + Send + Sync>> {
        #[derive(Deserialize)]
        struct Envelope<T> {
            data: T,
        }
        if !self.status.is_success() {
            return Err(format!("it answered {}", self.status).into());
        }
        Ok(serde_json::from_slice::<Envelope<T>>(&self.body)?.data)
    }
}

impl Sibling {
    /// auth-service, called by `us`.
    ///
    /// # Errors
    /// A setting is wrong, or the machine has no CA certificates.
    pub fn auth(
        settings: &Settings,
        us: &'static str,
        instance: &Instance,
    ) -> anyhow::Result<Self> {
        Self::new("auth-service", |settings| &settings.auth_url, settings, us, instance)
    }

    /// project-service, called by `us`.
    ///
    /// # Errors
    /// As for [`auth`](Self::auth).
    pub fn project(
        settings: &Settings,
        us: &'static str,
        instance: &Instance,
    ) -> anyhow::Result<Self> {
        Self::new("project-service", |settings| &settings.project_url, settings, us, instance)
    }

    /// chat-service, called by `us`.
    ///
    /// # Errors
    /// As for [`auth`](Self::auth).
    pub fn chat(
        settings: &Settings,
        us: &'static str,
        instance: &Instance,
    ) -> anyhow::Result<Self> {
        Self::new("chat-service", |settings| &settings.chat_url, settings, us, instance)
    }

    fn new(
        service: &'static str,
        address: fn(&SiblingSettings) -> &str,
        settings: &Settings,
        us: &'static str,
        instance: &Instance,
    ) -> anyhow::Result<Self> {
        let settings = SiblingSettings::from(settings)?;
        Ok(Self {
            service,
            base_url: address(&settings).trim_end_matches('/').to_owned(),
            http: http_client(CONNECT)?,
            deadline: settings.deadline(),
            deletion: settings.deletion(),
            us,
            breaker: Some(Breaker::new(settings.breaker())),
            instance: instance.clone(),
        })
    }

    /// The same sibling, with the time that it takes to delete all that belonged to something.
    #[must_use]
    pub fn deleting(self) -> Self {
        Self { deadline: self.deletion, ..self }
    }

    /// The same sibling, asked even if it has not answered lately: for one who asks in the background, and must soon know that
    /// it is back.
    #[must_use]
    pub fn untiring(self) -> Self {
        Self { breaker: None, ..self }
    }

    /// Sends an idempotent request: twice more, with growing pauses and jitter, while the sibling
    /// does not answer or answers 502, 503 or 504.
    ///
    /// # Errors
    /// It did not answer within the deadline, or has not lately.
    pub async fn call(
        &self,
        method: Method,
        path: &str,
        identity: Identity<'_>,
        headers: &[(&'static str, &str)],
    ) -> Result<SiblingAnswer, SiblingError> {
        let headers = self.headers(&identity, headers)?;
        self.repeat(method, path, headers, None).await
    }

    /// As [`call`](Self::call), with a JSON body. It may arrive twice, so it must not matter if it does.
    ///
    /// # Errors
    /// As for [`call`](Self::call).
    pub async fn call_with(
        &self,
        method: Method,
        path: &str,
        identity: Identity<'_>,
        body: &Value,
    ) -> Result<SiblingAnswer, SiblingError> {
        let headers = self.headers(&identity, &[("content-type", "application/json")])?;
        self.repeat(method, path, headers, Some(body.to_string().into())).await
    }

    /// Asks, in our own name, for something that is read as it comes. What breaks off ends with an error.
    ///
    /// # Errors
    /// As for [`call`](Self::call), or it answers with a failure.
    pub async fn stream(
        &self,
        path: &str,
    ) -> Result<impl Stream<Item = Result<Bytes, SiblingError>> + use<>, SiblingError> {
        let headers = self.headers(&Identity::Service, &[])?;
        let response = self.insist(|| self.send(Method::GET, path, headers.clone(), None)).await?;
        let status = response.status();
        if !status.is_success() {
            return Err(SiblingError::Unavailable { service: self.service, status });
        }
        let pieces = response.bytes_stream().boxed();
        Ok(stream::try_unfold((self.clone(), pieces), |(this, mut pieces)| async move {
            let next = tokio::time::timeout(this.deadline, pieces.try_next()).await;
            let next = next.map_err(|elapsed| this.unreachable(elapsed))?;
            let next = next.map_err(|error| this.unreachable(error.without_url()))?;
            Ok(next.map(|piece| (piece, (this, pieces))))
        }))
    }

    async fn repeat(
        &self,
        method: Method,
        path: &str,
        headers: HeaderMap,
        body: Option<Bytes>,
    ) -> Result<SiblingAnswer, SiblingError> {
        self.insist(|| self.attempt(method.clone(), path, headers.clone(), body.clone())).await
    }

    /// Tries again where that may help, unless the sibling is being left alone.
    async fn insist<T, F>(&self, try_it: impl Fn() -> F) -> Result<T, SiblingError>
    where
        F: Future<Output = Result<T, SiblingError>>,
    {
        let permit = self.breaker.as_ref().map(Breaker::admit).transpose();
        let permit = permit.map_err(|_| SiblingError::Resting { service: self.service })?;
        // Each of the three has its share of the deadline: one that hangs must not use it up.
        let attempt = || async {
            tokio::time::timeout(self.deadline / 3, try_it())
                .await
                .unwrap_or_else(|elapsed| Err(self.unreachable(elapsed)))
        };
        let pauses = ExponentialBuilder::default()
            .with_min_delay(Duration::from_millis(50))
            .with_max_times(2)
            .with_jitter();
        let outcome = tokio::time::timeout(self.deadline, attempt.retry(pauses))
            .await
            .unwrap_or_else(|elapsed| Err(self.unreachable(elapsed)));
        self.instance.conditions.note(Outside::Sibling(self.service), outcome.is_ok());
        if let Some(permit) = permit {
            if outcome.is_ok() { permit.succeeded() } else { permit.failed() }
        }
        outcome
    }

    async fn attempt(
        &self,
        method: Method,
        path: &str,
        headers: HeaderMap,
        body: Option<Bytes>,
    ) -> Result<SiblingAnswer, SiblingError> {
        let response = self.send(method, path, headers, body).await?;
        let status = response.status();
        let etag =
            response.headers().get("etag").and_then(|tag| tag.to_str().ok()).map(str::to_owned);
        let body =
            response.bytes().await.map_err(|error| self.unreachable(error.without_url()))?.to_vec();
        Ok(SiblingAnswer { status, etag, body })
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        mut headers: HeaderMap,
        body: Option<Bytes>,
    ) -> Result<reqwest::Response, SiblingError> {
        let mut step = self.step(&method);
        // In place of the one that led here.
        if let Some(Ok(parent)) = step.traceparent().map(HeaderValue::try_from) {
            headers.insert(HeaderName::from_static(TRACEPARENT), parent);
        }
        let mut request =
            self.http.request(method, format!("{}{path}", self.base_url)).headers(headers);
        if let Some(body) = body {
            request = request.body(body);
        }
        let response = request.send().await.map_err(|error| {
            step.failed("unreachable");
            self.unreachable(error.without_url())
        })?;
        let status = response.status();
        step.note("http.response.status_code", i64::from(status.as_u16()));
        if matches!(status.as_u16(), 502..=504) {
            step.failed("unavailable");
            return Err(SiblingError::Unavailable { service: self.service, status });
        }
        Ok(response)
    }

    /// One try, as a trace shows it.
    fn step(&self, method: &Method) -> Step {
        let name = format!("{method} {}", self.service);
        let mut step = self.instance.traces.step(Side::Asks, name);
        step.note("http.request.method", method.to_string());
        step.note("service.peer.name", self.service);
        step
    }

    fn headers(
        &self,
        identity: &Identity<'_>,
        more: &[(&'static str, &str)],
    ) -> Result<HeaderMap, SiblingError> {
        let token = match identity {
            Identity::Person(token) => (*token).clone(),
            Identity::Service => self.service_token()?,
        };
        let mut bearer = HeaderValue::try_from(format!("Bearer {}", token.expose_secret()))
            .map_err(|_| SiblingError::Token)?;
        bearer.set_sensitive(true);
        let mut headers = HeaderMap::from_iter([(reqwest::header::AUTHORIZATION, bearer)]);
        let trace = Trace::headers();
        let trace = trace.iter().map(|(name, value)| (*name, value.as_str()));
        for (name, value) in trace.chain(more.iter().copied()) {
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
        Ok(headers)
    }

    fn service_token(&self) -> Result<SecretString, SiblingError> {
        let now = self.instance.clock.now();
        let claims = ServiceClaims {
            sub: self.us.to_owned(),
            jti: self.instance.ids.next(),
            iat: now.timestamp(),
            nbf: now.timestamp(),
            exp: (now + TimeDelta::seconds(60)).timestamp(),
        };
        self.instance.keys.sign_service(&claims).map_err(|_| SiblingError::Token)
    }

    fn unreachable(
        &self,
        cause: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> SiblingError {
        SiblingError::Unreachable { service: self.service, cause: cause.into() }
    }
}
