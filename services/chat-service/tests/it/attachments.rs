//! Images in messages: what may be sent, what models are shown of it, and who gets it back.

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use mock_llm::{Script, openai};
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};
use testkit::{Actor, Engine, Event};

use super::{Chat, KEYS, a_conversation};

/// A model of each provider, called as the provider is.
const SEEING: [&str; 5] = ["openai", "openrouter", "anthropic", "google", "ollama"];

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR one";
const JPEG: &[u8] = b"\xff\xd8\xff\xe0\0\x10JFIF two";

fn model(id: &str, provider: &str, more: &str) -> String {
    format!(
        "[[models]]\nid = \"{id}\"\nname = \"{id}\"\nprovider = \"{provider}\"\nupstream = \"{id}\"\ncontext_length = 12000\nmax_output_tokens = 1000\n{more}\n"
    )
}

/// A chat-service with models that see images and one that does not. That one stands in for `failing`, and another does, too.
async fn start(engine: Engine) -> (Chat, tempfile::NamedTempFile) {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    let sees = "capabilities = [\"vision\"]";
    let stand_in = format!("{sees}\nfallbacks = [\"blind\", \"openai\"]");
    let seeing = SEEING.map(|id| model(id, id, sees));
    let others = [model("blind", "openai", ""), model("failing", "openai", &stand_in)];
    for model in seeing.iter().chain(&others) {
        file.write_all(model.as_bytes()).unwrap();
    }
    // Leaked so that it lives as long as the settings: a path of a test.
    let path: &'static str = file.path().to_str().unwrap().to_owned().leak();
    let settings = [
        ("OMNICHAT__MODELS__FILE", path),
        ("OMNICHAT__MODELS__DEFAULT", "openai"),
        ("OMNICHAT__BREAKER__FAILURES", "1000"),
    ];
    let chat = Chat::start_with(engine, &[&settings, &KEYS[..]].concat()).await;
    chat.model.pulled(["ollama"]);
    (chat, file)
}

fn image(media_type: &str, data: &[u8]) -> Value {
    json!({"type": "image", "mediaType": media_type, "data": STANDARD.encode(data)})
}

fn text(text: &str) -> Value {
    json!({"type": "text", "text": text})
}

/// The files that the model was last shown.
fn shown(chat: &Chat) -> Vec<Vec<u8>> {
    let images = chat.model.last_request().unwrap().images();
    images.into_iter().map(|image| image.data.to_vec()).collect()
}

/// What the model was last told.
fn told(chat: &Chat) -> Vec<String> {
    chat.model.last_request().unwrap().messages().into_iter().map(|(_, text)| text).collect()
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn every_provider_is_shown_an_image_and_goes_on_seeing_it(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (chat, _catalogue) = start(engine).await;
    let user = chat.app.user();
    for first in SEEING {
        let conversation = a_conversation(&user, json!({"model": first})).await;
        let path = format!("/conversations/{conversation}/messages");
        chat.model.script(Script::text("A bee and a wasp"));
        let parts = json!([
            image("image/png", PNG),
            text("What is this?"),
            image("image/jpeg", JPEG),
            text("And this?")
        ]);
        let request = user.request(Method::POST, &path);
        let events = user
            .stream(request.json(&json!({"content": parts, "stream": true})))
            .await
            .rest()
            .await;
        assert_eq!(Event::text(&events), "A bee and a wasp", "{first}");
        assert_eq!(shown(&chat), [PNG, JPEG], "{first}");
        assert_eq!(told(&chat), ["What is this?\n\nAnd this?"], "{first}");
        if first != "ollama" {
            let images = chat.model.last_request().unwrap().images();
            let types: Vec<_> = images.iter().map(|image| image.media_type.as_str()).collect();
            assert_eq!(types, ["image/png", "image/jpeg"], "{first}");
        }

        for next in SEEING {
            let body = json!({"content": "Sure?", "model": next});
            user.post(&path, body).await.expect(200);
            assert_eq!(shown(&chat), [PNG, JPEG], "{next} after {first}");
        }
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn messages_say_what_is_attached_and_their_owner_gets_it_back(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (chat, _catalogue) = start(engine).await;
    let user = chat.app.user();
    let conversation = a_conversation(&user, json!({})).await;
    let path = format!("/conversations/{conversation}/messages");
    let body = json!({"content": [image("image/png", PNG), image("image/jpeg", JPEG)]});
    let sent = user.post(&path, body).await.expect(200);
    let message = sent.data("userMessage");
    let attachments = &message["attachments"];
    let described: Vec<Value> = attachments
        .as_array()
        .unwrap()
        .iter()
        .map(|attachment| {
            let url = format!(
                "/messages/{}/attachments/{}",
                sent.id("userMessage"),
                attachment["id"].as_str().unwrap()
            );
            assert_eq!(attachment["url"], url);
            json!({"mediaType": attachment["mediaType"], "sizeBytes": attachment["sizeBytes"]})
        })
        .collect();
    assert_eq!(
        json!(described),
        json!([
            {"mediaType": "image/png", "sizeBytes": PNG.len()},
            {"mediaType": "image/jpeg", "sizeBytes": JPEG.len()},
        ])
    );
    assert_eq!((&message["content"], message["tokens"].as_u64()), (&json!(""), Some(2 * 1_600)));
    assert_eq!(sent.data("assistantMessage")["attachments"], json!([]));
    assert_eq!(sent.data("assistantMessage")["context"]["tokens"], 2 * 1_600 + 4);

    // However the message is read.
    user.post(&path, json!({"content": "Well?"})).await.expect(200);
    let listed = user.get(&format!("{path}?order=asc")).await.expect(200);
    let of_all: Vec<&Value> =
        listed.data("messages").as_array().unwrap().iter().map(|m| &m["attachments"]).collect();
    assert_eq!(of_all, [attachments, &json!([]), &json!([]), &json!([])]);
    let one = user.get(&format!("/messages/{}", sent.id("userMessage"))).await.expect(200);
    assert_eq!(one.data("message"), message);
    let detail = user.get(&format!("/conversations/{conversation}")).await.expect(200);
    assert_eq!(&detail.data("messages")[0]["attachments"], attachments);
    assert_eq!(detail.data("conversation")["title"], "Image");

    for (number, (data, name)) in [(PNG, "png"), (JPEG, "jpg")].into_iter().enumerate() {
        let attachment = &attachments[number];
        let url = attachment["url"].as_str().unwrap();
        let response = user.request(Method::GET, url).send().await.unwrap();
        assert_eq!(response.status(), 200);
        let id = attachment["id"].as_str().unwrap();
        for (header, value) in [
            ("content-type", attachment["mediaType"].as_str().unwrap()),
            ("content-disposition", &format!("inline; filename=\"image-{id}.{name}\"")),
            ("cache-control", "private, max-age=31536000, immutable"),
            ("content-security-policy", "default-src 'none'; sandbox"),
            ("x-content-type-options", "nosniff"),
        ] {
            assert_eq!(response.headers()[header], value, "{header}");
        }
        assert_eq!(response.bytes().await.unwrap(), data);
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn an_attachment_is_there_with_its_message_and_for_its_owner_alone(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (chat, _catalogue) = start(engine).await;
    let (user, other) = (chat.app.user(), chat.app.user());
    let (url, conversation) = attached(&user).await;
    let (theirs, _) = attached(&other).await;
    let (message, id) = url.split_once("/attachments/").unwrap();
    let (of_another, _) = theirs.split_once("/attachments/").unwrap();
    let nothing = uuid::Uuid::from_u128(7);
    for (actor, path) in [
        (&other, url.clone()),
        (&user, theirs.clone()),
        (&user, format!("{of_another}/attachments/{id}")),
        (&other, format!("{of_another}/attachments/{id}")),
        (&user, format!("{message}/attachments/{nothing}")),
        (&user, format!("{message}/attachments/x")),
    ] {
        assert_eq!(actor.get(&path).await.expect(404).code(), "NOT_FOUND", "{path}");
    }
    user.get(&url).await.expect(200);
    user.delete(&format!("/conversations/{conversation}")).await.expect(200);
    assert_eq!(user.get(&url).await.expect(404).code(), "NOT_FOUND");
    other.get(&theirs).await.expect(200);
}

/// Where an image is that a person has just sent, and in which conversation.
async fn attached(user: &Actor) -> (String, String) {
    let conversation = a_conversation(user, json!({})).await;
    let path = format!("/conversations/{conversation}/messages");
    let sent = user.post(&path, json!({"content": [image("image/png", PNG)]})).await.expect(200);
    let url = sent.data("userMessage")["attachments"][0]["url"].as_str().unwrap();
    (url.to_owned(), conversation)
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_does_not_see_is_not_shown_images_but_told_of_them(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (chat, _catalogue) = start(engine).await;
    let user = chat.app.user();
    let conversation = a_conversation(&user, json!({"model": "blind"})).await;
    let path = format!("/conversations/{conversation}/messages");
    let parts = json!([text("Look"), image("image/png", PNG)]);
    let refused = user.post(&path, json!({"content": parts})).await.expect(422);
    assert_eq!(refused.code(), "UNSUPPORTED_BY_MODEL");
    assert_eq!(refused.json["error"]["details"], json!({"model": "blind"}));
    assert_eq!(user.get(&path).await.expect(200).json["data"]["messages"], json!([]));
    assert!(chat.model.requests().is_empty());

    user.post(&path, json!({"content": parts, "model": "openai"})).await.expect(200);
    let two = json!([image("image/png", PNG), image("image/png", PNG)]);
    user.post(&path, json!({"content": two, "model": "openai"})).await.expect(200);
    user.post(&path, json!({"content": "And you?"})).await.expect(200);
    assert_eq!(shown(&chat), Vec::<Vec<u8>>::new());
    let told = told(&chat);
    assert_eq!(told[0], "Look\n\n[image left out: this model does not see images]");
    assert_eq!(told[2], "[2 images left out: this model does not see images]");
    // Nothing of it is lost for who does see.
    user.post(&path, json!({"content": "And now?", "model": "openai"})).await.expect(200);
    assert_eq!(shown(&chat), [PNG, PNG, PNG]);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_see_stands_in_only_where_nothing_new_is_shown() {
    let (chat, _catalogue) = start(Engine::Sqlite).await;
    let user = chat.app.user();
    let conversation = a_conversation(&user, json!({"model": "failing"})).await;
    let path = format!("/conversations/{conversation}/messages");
    let answered = async |body: Value| {
        // As often as it is asked again.
        for _ in 0..3 {
            chat.model.script(openai::server_error(503));
        }
        chat.model.script(Script::text("Here"));
        let sent = user.post(&path, body).await.expect(200);
        sent.data("assistantMessage")["answeredBy"].clone()
    };
    assert_eq!(answered(json!({"content": [image("image/png", PNG)]})).await, "openai");
    assert_eq!(shown(&chat), [PNG]);
    assert_eq!(answered(json!({"content": "And?"})).await, "blind");
    assert_eq!(shown(&chat), Vec::<Vec<u8>>::new());
    assert_eq!(told(&chat)[0], "[image left out: this model does not see images]");
}

#[tokio::test(flavor = "multi_thread")]
async fn images_take_room_of_what_the_model_reads() {
    let (chat, _catalogue) = start(Engine::Sqlite).await;
    let user = chat.app.user();
    let conversation = a_conversation(&user, json!({})).await;
    let path = format!("/conversations/{conversation}/messages");
    let three = json!([
        image("image/png", b"\x89PNG\r\n\x1a\n1"),
        image("image/gif", b"GIF89a2"),
        image("image/webp", b"RIFF3\0\0\0WEBPVP8 "),
    ]);
    // 11,000 tokens are room for six images and no seventh.
    for _ in 0..3 {
        user.post(&path, json!({"content": three})).await.expect(200);
    }
    assert_eq!(shown(&chat).len(), 6);
    // What the model says it is too much is sent with the older half left out.
    chat.model.script(openai::context_length_exceeded());
    user.post(&path, json!({"content": "x"})).await.expect(200);
    assert_eq!(shown(&chat).len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn content_in_parts_is_checked() {
    let (chat, _catalogue) = start(Engine::Sqlite).await;
    let user = chat.app.user();
    let conversation = a_conversation(&user, json!({})).await;
    let path = format!("/conversations/{conversation}/messages");
    let png = image("image/png", PNG);
    let with = |name: &str, value: Value| {
        let mut image = png.clone();
        image[name] = value;
        json!([text("Look"), image])
    };
    let five_mib = [PNG, &vec![0; (5 << 20) - PNG.len()]].concat();
    let too_large = [&five_mib[..], &[0]].concat();
    let svg = b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>";
    let cases = [
        (json!([]), "content"),
        (json!([text(" "), text("\n")]), "content"),
        (json!([text("x".repeat(100_001).as_str()), text(&"x".repeat(100_000))]), "content"),
        (json!([png, png, png, png, png]), "content"),
        (json!(7), "content"),
        (json!({"type": "text", "text": "x"}), "content"),
        (json!(["x"]), "content[0]"),
        (json!([{"text": "x"}]), "content[0].type"),
        (json!([{"type": "audio", "data": ""}]), "content[0].type"),
        (json!([{"type": "text"}]), "content[0].text"),
        (json!([{"type": "text", "text": "x", "lang": "en"}]), "content[0].lang"),
        (json!([{"type": "image", "mediaType": "image/png"}]), "content[0].data"),
        (with("name", json!("bee.png")), "content[1].name"),
        (with("mediaType", json!("image/jpeg")), "content[1].mediaType"),
        (with("mediaType", json!("image/svg+xml")), "content[1].mediaType"),
        (with("mediaType", json!("IMAGE/PNG")), "content[1].mediaType"),
        (with("data", json!("")), "content[1].data"),
        (with("data", json!("no base64!")), "content[1].data"),
        (with("data", json!(STANDARD_NO_PAD.encode(b"\x89PNG\r\n\x1a\n"))), "content[1].data"),
        (with("data", json!(format!("{}\n", STANDARD.encode(PNG)))), "content[1].data"),
        (with("data", json!(STANDARD.encode(svg))), "content[1].data"),
        (with("data", json!(STANDARD.encode(&too_large))), "content[1].data"),
    ];
    for (content, field) in cases {
        let refused = user.post(&path, json!({"content": content})).await.expect(400);
        assert_eq!(
            (refused.code(), &refused.json["error"]["details"]["field"]),
            ("VALIDATION_ERROR", &json!(field)),
            "{}",
            refused.text
        );
        assert!(!refused.text.contains("ContentPart"), "{}", refused.text);
    }
    let said = user.post(&path, json!({"content": with("mediaType", json!("image/jpeg"))})).await;
    let expected = &said.json["error"]["details"]["expected"];
    assert_eq!(expected, "image/png, as the data says");
    assert!(chat.model.requests().is_empty());

    // As large as may be.
    user.post(&path, json!({"content": [image("image/png", &five_mib)]})).await.expect(200);
    assert_eq!(shown(&chat), [five_mib]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_send_may_be_longer_with_images_but_not_without_end() {
    let (chat, _catalogue) = start(Engine::Sqlite).await;
    let user = chat.app.user();
    let conversation = a_conversation(&user, json!({})).await;
    let path = format!("/conversations/{conversation}/messages");
    let send = async |content: Value, padding: usize| {
        let body = format!("{{\"content\": {content}{}}}", " ".repeat(padding));
        let request = user.request(Method::POST, &path).header("content-type", "application/json");
        user.send(request.body(body)).await
    };
    let words = json!([text("Look")]);
    let look = json!([text("Look"), image("image/png", PNG)]);
    assert_eq!(send(words.clone(), 4 << 20).await.expect(413).code(), "PAYLOAD_TOO_LARGE");
    assert_eq!(send(look.clone(), 24 << 20).await.expect(413).code(), "PAYLOAD_TOO_LARGE");
    send(words, 3 << 20).await.expect(200);
    send(look, 23 << 20).await.expect(200);
    assert_eq!(shown(&chat), [PNG]);
}
