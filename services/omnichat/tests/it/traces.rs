//! What a collector of traces is told.

use chat_service::ChatService;
use mock_llm::{MockLlm, Script};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use project_service::ProjectService;
use prost::Message as _;
use reqwest::Method;
use serde_json::json;
use testkit::{Engine, Received, Receiver, TestApp};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const PARENT: &str = "b7ad6b7169203331";

/// One step, as the collector was told of it.
#[derive(Debug, Clone)]
struct Span {
    service: String,
    name: String,
    kind: i32,
    trace: String,
    id: String,
    parent: String,
    attributes: Vec<(String, String)>,
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn text(attribute: &KeyValue) -> (String, String) {
    let value = match &attribute.value {
        Some(AnyValue { value: Some(Value::StringValue(text)) }) => text.clone(),
        Some(AnyValue { value: Some(Value::IntValue(number)) }) => number.to_string(),
        other => format!("{other:?}"),
    };
    (attribute.key.clone(), value)
}

fn spans(received: &[Received]) -> Vec<Span> {
    let mut all = Vec::new();
    for one in received.iter().filter(|one| one.path == "/v1/traces") {
        let told = ExportTraceServiceRequest::decode(one.body.clone()).unwrap();
        for of_service in told.resource_spans {
            let resource = of_service.resource.unwrap();
            let service = resource.attributes.iter().map(text);
            let (_, service) = service.into_iter().find(|(key, _)| key == "service.name").unwrap();
            let spans = of_service.scope_spans.into_iter().flat_map(|scope| scope.spans);
            all.extend(spans.map(|span| Span {
                service: service.clone(),
                name: span.name,
                kind: span.kind,
                trace: hex(&span.trace_id),
                id: hex(&span.span_id),
                parent: hex(&span.parent_span_id),
                attributes: span.attributes.iter().map(text).collect(),
            }));
        }
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn one_trace_leads_through_both_services_to_the_model() {
    let (collector, model) = (Receiver::start().await, MockLlm::start().await);
    let telling = ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.base_url.as_str());
    let headers = ("OTEL_EXPORTER_OTLP_HEADERS", "x-tenant=canary-tenant");
    let projects = TestApp::start::<ProjectService>(Engine::Sqlite, &[telling, headers]).await;
    let more = [
        telling,
        ("PROJECT_SERVICE_URL", projects.base_url.as_str()),
        ("OPENAI_BASE_URL", &model.base_url()),
    ];
    let chat = TestApp::start::<ChatService>(Engine::Sqlite, &more).await;

    let user = chat.user();
    let owner = user.at(&projects.base_url);
    let project = owner.post("/projects", json!({"name": "p"})).await.expect(201).id("project");
    let made = user.post("/conversations", json!({"projectId": project, "model": "gpt-4o"})).await;
    let conversation = made.expect(201).id("conversation");
    model.script(Script::text("canary-reply"));
    let request = user
        .request(Method::POST, &format!("/conversations/{conversation}/messages"))
        .header("traceparent", format!("00-{TRACE}-{PARENT}-01"))
        .header("x-request-id", "req_traced")
        .json(&json!({"content": "canary-message of ada@example.org"}));
    user.send(request).await.expect(200);
    user.get("/health/ready").await.expect(200);
    // What is left is sent when they stop.
    let token = user.token().to_owned();
    chat.stop().await;
    projects.stop().await;

    let received = collector.received();
    let spans = spans(&received);
    let find = |service: &str, name: &str| {
        let ours =
            |span: &&Span| span.trace == TRACE && span.service == service && span.name == name;
        spans.iter().find(ours).unwrap_or_else(|| panic!("no {name} of {service}: {spans:#?}"))
    };
    let sent = find("chat-service", "POST /conversations/{id}/messages");
    let asks = find("chat-service", "GET project-service");
    let asked = find("project-service", "GET /projects/{id}/prompts");
    let call = find("chat-service", "chat gpt-4o");
    assert_eq!(sent.parent, PARENT);
    assert_eq!((&asks.parent, &asked.parent, &call.parent), (&sent.id, &asks.id, &sent.id));
    let kinds = [sent, asks, asked, call].map(|span| span.kind);
    let (server, client) = (SpanKind::Server as i32, SpanKind::Client as i32);
    assert_eq!(kinds, [server, client, server, client]);
    let noted = |span: &Span, key: &str| {
        span.attributes.iter().find(|(name, _)| name == key).map(|(_, value)| value.clone())
    };
    assert_eq!(noted(sent, "http.response.status_code").as_deref(), Some("200"));
    for span in [sent, asked] {
        assert_eq!(noted(span, "omnichat.request_id").as_deref(), Some("req_traced"));
    }
    assert_eq!(noted(call, "gen_ai.provider.name").as_deref(), Some("openai"));

    // Other requests have traces of their own, probes none.
    assert!(spans.iter().any(|span| span.name == "POST /conversations" && span.trace != TRACE));
    assert!(!spans.iter().any(|span| span.name.contains("/health")));
    let told = received
        .iter()
        .filter(|one| one.headers.contains(&("x-tenant".to_owned(), "canary-tenant".to_owned())));
    assert!(told.count() > 0);

    // A model is no part of ours, and the collector is told of nothing that people say or that opens a door.
    assert!(model.last_request().unwrap().header("traceparent").is_none());
    for canary in ["canary-message", "canary-reply", "ada@example.org", &token] {
        let shown = received.iter().any(|one| String::from_utf8_lossy(&one.body).contains(canary));
        assert!(!shown, "{canary}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_is_gone_costs_no_request() {
    let nobody = [("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")];
    let projects = TestApp::start::<ProjectService>(Engine::Sqlite, &nobody).await;
    let user = projects.user();
    for _ in 0..3_000 {
        user.get("/projects").await.expect(200);
    }
    projects.stop().await;
}
