//! What each wire understands of a request.

use mock_llm::Image;
use rstest::rstest;
use serde_json::{Value, json};

use crate::vendor::Vendor::{self, Anthropic, Google, Ollama, OpenAi, OpenRouter};

/// A conversation with a system prompt, an answer, parts, an image and a tool.
fn full(vendor: Vendor) -> Value {
    let openai_tool = json!([{ "type": "function", "function": { "name": "now" } }]);
    match vendor {
        OpenAi | OpenRouter => json!({
            "model": "m",
            "stream": true,
            "messages": [
                { "role": "system", "content": "Be brief." },
                { "role": "user", "content": "Hi" },
                { "role": "assistant", "content": "Hello" },
                { "role": "user", "content": [
                    { "type": "text", "text": "Wh" },
                    { "type": "image_url", "image_url": { "url": "data:image/png;base64,AAAA" } },
                    { "type": "text", "text": "at?" },
                ] },
            ],
            "tools": openai_tool,
        }),
        Anthropic => json!({
            "model": "m",
            "stream": true,
            "max_tokens": 100,
            "system": [{ "type": "text", "text": "Be brief.", "cache_control": { "type": "ephemeral" } }],
            "messages": [
                { "role": "user", "content": "Hi" },
                { "role": "assistant", "content": "Hello" },
                { "role": "user", "content": [
                    { "type": "text", "text": "Wh" },
                    { "type": "image", "source": { "type": "base64", "media_type": "image/png", "data": "AAAA" } },
                    { "type": "text", "text": "at?" },
                ] },
            ],
            "tools": [{ "name": "now", "input_schema": { "type": "object" } }],
        }),
        Google => json!({
            "systemInstruction": { "parts": [{ "text": "Be brief." }] },
            "contents": [
                { "role": "user", "parts": [{ "text": "Hi" }] },
                { "role": "model", "parts": [{ "text": "Hello" }] },
                { "role": "user", "parts": [
                    { "text": "Wh" },
                    { "inlineData": { "mimeType": "image/png", "data": "AAAA" } },
                    { "text": "at?" },
                ] },
            ],
            "tools": [{ "functionDeclarations": [{ "name": "now" }] }],
        }),
        Ollama => json!({
            "model": "m",
            "messages": [
                { "role": "system", "content": "Be brief." },
                { "role": "user", "content": "Hi" },
                { "role": "assistant", "content": "Hello" },
                { "role": "user", "content": "What?", "images": ["AAAA"] },
            ],
            "tools": openai_tool,
        }),
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn all_of_it(#[values(OpenAi, OpenRouter, Anthropic, Google, Ollama)] vendor: Vendor) {
    let mock = Vendor::mock().await;
    mock.script(mock_llm::Script::echo());
    let response = vendor.post(&mock, &full(vendor), true).await;
    let body = response.text().await.unwrap();
    assert_eq!(vendor.read(&body, true).await.text, "What?");

    let ask = mock.last_request().unwrap().ask.unwrap();
    let answered = if vendor == Google { "model" } else { "assistant" };
    let said = [("system", "Be brief."), ("user", "Hi"), (answered, "Hello"), ("user", "What?")];
    assert_eq!(ask.messages, said.map(|(role, text)| (role.to_owned(), text.to_owned())));
    assert_eq!((ask.model.as_str(), ask.stream), ("m", true));
    let media_type = if vendor == Ollama { "" } else { "image/png" }.to_owned();
    assert_eq!(ask.images, [Image { media_type, data: vec![0; 3].into() }]);
    assert_eq!(ask.tools, ["now"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_are_counted_as_words() {
    let mock = Vendor::mock().await;
    let count = async |vendor: Vendor, path: &str, body: &Value| -> Value {
        let request = crate::client::client().post(mock.url() + path).json(body);
        let response = vendor.keyed(request, "sk-1").send().await.unwrap();
        response.json().await.unwrap()
    };
    let mut body = Anthropic.body("Hi there", false);
    body.as_object_mut().unwrap().remove("max_tokens");
    let counted = count(Anthropic, "/v1/messages/count_tokens", &body).await;
    assert_eq!(counted, json!({ "input_tokens": 4 }));

    let body = Google.body("Hi there", false);
    let path = "/v1beta/models/m:countTokens";
    assert_eq!(count(Google, path, &body).await["totalTokens"], 4);
    let wrapped = json!({ "generateContentRequest": body });
    assert_eq!(count(Google, path, &wrapped).await["totalTokens"], 4);
}
