//! What Prometheus reads.

use mock_llm::{Gate, Refusal, Script};
use serde_json::json;
use testkit::Engine;

use super::{Chat, a_conversation, stream};

async fn measures(chat: &Chat) -> String {
    chat.app.anonymous().get("/metrics").await.expect(200).text
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_replies_and_providers_are_measured() {
    let chat = Chat::start(Engine::Sqlite).await;
    let user = chat.app.user();
    let conversation = a_conversation(&user, json!({})).await;
    let gate = Gate::new();
    chat.model.script(Script::tokens(["Buzz", "."]).usage(12, 34).hold_after(1, &gate));
    let mut events = stream(&user, &conversation, "What do bees say?").await;
    events.expect("message_start").await;
    gate.reached().await;
    let text = measures(&chat).await;
    for line in ["omnichat_replies_running 1", "omnichat_streams_open 1"] {
        assert!(text.contains(line), "{line}: {text}");
    }
    gate.release();
    events.rest().await;

    chat.model.script(Refusal::Overloaded);
    chat.model.script(Script::tokens(["Again."]));
    let path = format!("/conversations/{conversation}/messages");
    user.post(&path, json!({"content": "And then?"})).await.expect(200);
    user.get(&format!("/conversations/{}", uuid::Uuid::nil())).await.expect(404);
    let text = measures(&chat).await;
    for line in [
        "omnichat_replies_running 0",
        "omnichat_streams_open 0",
        "omnichat_http_requests_total{method=\"POST\",route=\"/conversations/{id}/messages\",status=\"200\"} 2",
        "omnichat_http_requests_total{method=\"GET\",route=\"/conversations/{id}\",status=\"404\"} 1",
        "omnichat_first_token_seconds_count{provider=\"openai\"} 2",
        "omnichat_provider_failures_total{provider=\"openai\",code=\"PROVIDER_OVERLOADED\"} 1",
        "omnichat_provider_retries_total{provider=\"openai\"} 1",
        "omnichat_tokens_total{provider=\"openai\",model=\"gpt-4o-mini\",kind=\"prompt\"}",
        "omnichat_database_connections{service=\"chat\",state=\"idle\"}",
        "# EOF",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    assert!(!text.contains(&conversation), "a label holds no id");
}
