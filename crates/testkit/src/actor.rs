//! Somebody who uses the API.

use reqwest::header::HeaderMap;
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::Value;

use crate::EventStream;

/// Somebody, with or without a credential.
#[derive(Clone)]
pub struct Actor {
    http: reqwest::Client,
    base_url: String,
    token: Option<String>,
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as JSON; null if it is none.
    pub json: Value,
    /// The body as text.
    pub text: String,
}

impl Actor {
    pub(crate) fn new(http: reqwest::Client, base_url: String, token: Option<String>) -> Self {
        Self { http, base_url, token }
    }

    /// Somebody who gives whole addresses in place of paths.
    pub fn anywhere(token: Option<&str>) -> Self {
        let http = reqwest::Client::builder().build().unwrap();
        Self::new(http, String::new(), token.map(str::to_owned))
    }

    /// The credential.
    pub fn token(&self) -> &str {
        self.token.as_deref().unwrap_or_default()
    }

    /// The same person, calling another process.
    #[must_use]
    pub fn at(&self, base_url: &str) -> Self {
        Self { base_url: base_url.to_owned(), ..self.clone() }
    }

    /// A request to be finished by the test.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base_url));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// Sends a request.
    pub async fn send(&self, request: RequestBuilder) -> Reply {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let text = response.text().await.unwrap();
        Reply { status, headers, json: serde_json::from_str(&text).unwrap_or(Value::Null), text }
    }

    /// GET.
    pub async fn get(&self, path: &str) -> Reply {
        self.send(self.request(Method::GET, path)).await
    }

    /// POST, with a JSON body.
    pub async fn post(&self, path: &str, body: Value) -> Reply {
        self.send(self.request(Method::POST, path).json(&body)).await
    }

    /// PATCH, with a JSON body.
    pub async fn patch(&self, path: &str, body: Value) -> Reply {
        self.send(self.request(Method::PATCH, path).json(&body)).await
    }

    /// PUT, with a JSON body.
    pub async fn put(&self, path: &str, body: Value) -> Reply {
        self.send(self.request(Method::PUT, path).json(&body)).await
    }

    /// DELETE.
    pub async fn delete(&self, path: &str) -> Reply {
        self.send(self.request(Method::DELETE, path)).await
    }

    /// Sends a request and reads what it streams.
    pub async fn stream(&self, request: RequestBuilder) -> EventStream {
        EventStream::open(request).await
    }
}

impl Reply {
    /// The reply, if it has the status; fails the test otherwise.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        self
    }

    /// `data.<name>`.
    #[track_caller]
    pub fn data(&self, name: &str) -> &Value {
        let value = &self.json["data"][name];
        assert!(!value.is_null(), "no `{name}` in {}", self.text);
        value
    }

    /// `data.<name>.id`.
    #[track_caller]
    pub fn id(&self, name: &str) -> String {
        self.data(name)["id"]
            .as_str()
            .unwrap_or_else(|| panic!("no id in {}", self.text))
            .to_owned()
    }

    /// `error.code`, in a well-formed error envelope; fails the test where it is none.
    #[track_caller]
    pub fn code(&self) -> &str {
        assert_eq!(self.json["success"], false, "{} {}", self.status, self.text);
        assert!(
            self.json["timestamp"].is_string() && self.json["requestId"].is_string(),
            "{}",
            self.text
        );
        assert!(
            self.json["error"]["message"].as_str().is_some_and(|m| !m.is_empty()),
            "{}",
            self.text
        );
        self.json["error"]["code"].as_str().unwrap()
    }

    /// `error.code`, in a well-formed error as OpenAI gives it; fails the test where it is none.
    #[track_caller]
    pub fn openai_code(&self) -> &str {
        let fields = self.json["error"].as_object().unwrap_or_else(|| panic!("{}", self.text));
        let names: Vec<_> = fields.keys().map(String::as_str).collect();
        assert_eq!(names, ["code", "message", "param", "type"], "{}", self.text);
        assert_eq!(self.json.as_object().unwrap().len(), 1, "{}", self.text);
        assert!(fields["message"].as_str().is_some_and(|m| !m.is_empty()), "{}", self.text);
        fields["code"].as_str().unwrap()
    }

    /// A header, as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}
