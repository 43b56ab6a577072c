use mock_llm::Script;
use rstest::rstest;
use serde_json::{Value, json};
use testkit::{Engine, redacted};

use super::{Chat, a_conversation, the_project};

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_whole_reply_is_answered_and_stored(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let chat = Chat::start(engine).await;
    let user = chat.app.user();
    let conversation = a_conversation(&user, json!({})).await;
    chat.model.script(Script::text("Buzz, they say.").usage(1_000, 500));
    let sent = user
        .post(
            &format!("/conversations/{conversation}/messages"),
            json!({"content": "What do bees say?", "temperature": 0.2}),
        )
        .await
        .expect(200);
    insta::assert_json_snapshot!("sent", redacted(&sent.json));

    let listed = user.get(&format!("/conversations/{conversation}/messages")).await.expect(200);
    let messages = listed.data("messages").as_array().unwrap();
    assert_eq!(messages[0], *sent.data("assistantMessage"));
    assert_eq!(messages[1], *sent.data("userMessage"));
    let one = user.get(&format!("/messages/{}", sent.id("assistantMessage"))).await.expect(200);
    assert_eq!(one.data("message"), sent.data("assistantMessage"));

    let asked = chat.model.last_request().unwrap().json();
    assert_eq!((&asked["model"], &asked["temperature"]), (&json!("gpt-4o-mini"), &json!(0.2)));
    assert_eq!(chat.model.last_request().unwrap().header("authorization"), Some("Bearer sk-test"));
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn the_model_is_told_the_prompts_and_the_whole_history(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let chat = Chat::start(engine).await;
    let user = chat.app.user();
    let body = json!({"projectId": the_project(), "systemPrompt": "Be wise."});
    let conversation = a_conversation(&user, body).await;
    let send = async |body: Value| {
        user.post(&format!("/conversations/{conversation}/messages"), body).await.expect(200)
    };
    chat.model.script(Script::text("one"));
    let first = send(json!({"content": "1"})).await;
    chat.model.script(Script::text("two"));
    send(json!({"content": "2", "model": "gpt-4o"})).await;
    send(json!({"content": "3"})).await;

    let expected = [
        ("system", "Be kind.\n\nBe short and clear.\n\nBe wise."),
        ("user", "1"),
        ("assistant", "one"),
        ("user", "2"),
        ("assistant", "two"),
        ("user", "3"),
    ];
    let told = chat.model.last_request().unwrap().messages();
    assert_eq!(told, expected.map(|(role, text)| (role.to_owned(), text.to_owned())));
    let versions = &first.data("assistantMessage")["promptVersions"];
    assert_eq!((&versions[0]["version"], &versions[1]["version"]), (&json!(3), &json!(1)));

    send(json!({"content": "4", "history": "model", "model": "gpt-4o"})).await;
    let told = chat.model.last_request().unwrap().messages();
    let own = [("system", expected[0].1), ("user", "2"), ("assistant", "two"), ("user", "4")];
    assert_eq!(told, own.map(|(role, text)| (role.to_owned(), text.to_owned())));

    let conversation = user.get(&format!("/conversations/{conversation}")).await.expect(200);
    assert_eq!(conversation.data("conversation")["activeModels"], json!(["gpt-4o-mini", "gpt-4o"]));
    assert_eq!(conversation.data("conversation")["messageCount"], 8);
}

/// A token, by OpenAI's vocabularies as by the estimate that stands in until they are loaded.
const WORD: &str = " one";

#[tokio::test(flavor = "multi_thread")]
async fn a_long_history_is_cut_to_the_models_window() {
    let chat = Chat::start(Engine::Sqlite).await;
    let user = chat.app.user();
    let conversation =
        a_conversation(&user, json!({"model": "gpt-4", "systemPrompt": "Be wise."})).await;
    let path = format!("/conversations/{conversation}/messages");
    for number in 0..4 {
        user.post(&path, json!({"content": format!("{number}{}", WORD.repeat(1_125))}))
            .await
            .expect(200);
    }
    let told = chat.model.last_request().unwrap().messages();
    let beginnings: Vec<_> =
        told.iter().map(|(role, text)| (role.as_str(), text.chars().next().unwrap())).collect();
    // gpt-4 reads 8,192 tokens, of which 4,096 are kept for the reply: three messages of about 1,130 fit.
    assert_eq!(
        (beginnings[0], beginnings[1], *beginnings.last().unwrap()),
        (("system", 'B'), ("user", '1'), ("user", '3'))
    );

    let long = user.post(&path, json!({"content": WORD.repeat(5_000)})).await.expect(422);
    assert_eq!(
        (long.code(), &long.json["error"]["details"]["limit"]),
        ("CONTEXT_TOO_LONG", &json!(4_096))
    );
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn of_sends_made_at_once_to_one_model_one_wins_and_the_numbers_have_no_gap(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let chat = Chat::start(engine).await;
    let user = chat.app.user();
    let conversation = a_conversation(&user, json!({})).await;
    let path = format!("/conversations/{conversation}/messages");
    let gate = mock_llm::Gate::new();
    chat.model.script(Script::text("a b c").hold_after(1, &gate));

    // Two processes, so that the database has to decide as well.
    let replica = chat.replica().await;
    let at_once = (0..20).map(|number| {
        let user = if number % 2 == 0 { user.clone() } else { user.at(&replica.base_url) };
        let path = path.clone();
        async move {
            let body = json!({"content": format!("{number}"), "stream": true});
            user.request(reqwest::Method::POST, &path).json(&body).send().await.unwrap()
        }
    });
    let answers = futures_util::future::join_all(at_once).await;
    let won = answers.iter().filter(|answer| answer.status() == 200).count();
    let refused = answers.iter().filter(|answer| answer.status() == 409).count();
    assert_eq!((won, refused), (1, 19));
    gate.release();
    for answer in answers {
        answer.text().await.unwrap();
    }
    user.post(&path, json!({"content": "after"})).await.expect(200);
    let asc = user.get(&format!("{path}?order=asc")).await.expect(200);
    assert_eq!(asc.data("messages").as_array().unwrap().len(), 4);
    assert_eq!(chat.model.requests().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_are_paged_by_number_and_by_model() {
    let chat = Chat::start(Engine::Sqlite).await;
    let user = chat.app.user();
    let conversation = a_conversation(&user, json!({})).await;
    let path = format!("/conversations/{conversation}/messages");
    for (content, model) in [("1", "gpt-4o"), ("2", "gpt-4o-mini"), ("3", "gpt-4o")] {
        user.post(&path, json!({"content": content, "model": model})).await.expect(200);
    }
    let users = async |query: &str| {
        let page = user.get(&format!("{path}?{query}")).await.expect(200);
        let rows = page.data("messages").as_array().unwrap().clone();
        let texts: Vec<String> = rows
            .iter()
            .filter(|row| row["role"] == "user")
            .map(|row| row["content"].as_str().unwrap().to_owned())
            .collect();
        (texts, page.json["pagination"]["cursor"].clone())
    };
    assert_eq!(users("order=asc").await.0, ["1", "2", "3"]);
    assert_eq!(users("model=gpt-4o").await.0, ["3", "1"]);
    let (first, cursor) = users("limit=4").await;
    let (second, end) = users(&format!("limit=4&cursor={}", cursor.as_str().unwrap())).await;
    assert_eq!((first, second, end), (vec!["3".into(), "2".into()], vec!["1".into()], Value::Null));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_key_the_demo_model_answers_and_others_say_what_is_missing() {
    let database = testkit::TestDatabase::new(Engine::Sqlite).await;
    let settings = testkit::settings(
        &[<chat_service::ChatService as platform::cli::Service>::DEFAULTS],
        &database,
        &[],
    );
    let instance = platform::Instance::new(&settings).unwrap();
    let projects =
        std::sync::Arc::new(super::OneProject { id: the_project(), prompts: Vec::new() });
    let module = chat_service::ChatModule::build(&settings, &instance, projects).await.unwrap();
    let app = testkit::TestApp::serve(
        &settings,
        instance,
        vec![std::sync::Arc::new(module)],
        platform::http::Paths::Bare,
    )
    .await;
    let user = app.user();

    let models = user.get("/models").await.expect(200);
    insta::assert_json_snapshot!("models_without_a_key", redacted(&models.json));
    let conversation = a_conversation(&user, json!({})).await;
    let path = format!("/conversations/{conversation}/messages");
    let sent = user.post(&path, json!({"content": "Hello there"})).await.expect(200);
    let reply = sent.data("assistantMessage")["content"].as_str().unwrap();
    assert!(reply.contains("demonstration") && reply.contains("Hello there"), "{reply}");
    let keyless = user.post(&path, json!({"content": "x", "model": "gpt-4o"})).await.expect(422);
    assert_eq!(
        (keyless.code(), &keyless.json["error"]["details"]["provider"]),
        ("API_KEY_REQUIRED", &json!("openai"))
    );
}
