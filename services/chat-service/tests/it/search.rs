//! `GET /conversations?q=…`.

use mock_llm::Script;
use reqwest::Url;
use rstest::rstest;
use serde_json::{Value, json};
use testkit::{Actor, Engine, Reply};

use super::{Chat, a_conversation, the_project};

async fn search(user: &Actor, q: &str, more: &[(&str, &str)]) -> Reply {
    let query = [&[("q", q)], more].concat();
    let url = Url::parse_with_params("http://it/conversations", query).unwrap();
    user.get(&format!("/conversations?{}", url.query().unwrap())).await
}

/// The titles of what a page has, and its pagination.
async fn titles(user: &Actor, q: &str, more: &[(&str, &str)]) -> (Vec<String>, Value) {
    let list = search(user, q, more).await.expect(200);
    let rows = list.json["data"]["conversations"].as_array().unwrap();
    let titles = rows.iter().map(|row| row["title"].as_str().unwrap().to_owned()).collect();
    (titles, list.json["pagination"].clone())
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn conversations_are_found_by_title_question_and_reply_and_by_their_owner_alone(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let chat = Chat::start(engine).await;
    let (user, other) = (chat.app.user(), chat.app.user());
    for (owner, title) in [(&user, "mine"), (&other, "theirs")] {
        let conversation = a_conversation(owner, json!({"title": title})).await;
        chat.model.script(Script::text("Bees *dance* for each other."));
        let body = json!({"content": "How do they find the meadow?"});
        owner.post(&format!("/conversations/{conversation}/messages"), body).await.expect(200);
    }
    a_conversation(&user, json!({"title": "Dance of the planets"})).await;
    for (q, expected) in [
        ("meadow", vec!["mine"]),
        ("DANCE", vec!["Dance of the planets", "mine"]),
        ("\"dance for each", vec!["mine"]),
        ("mine", vec!["mine"]),
        ("theirs", vec![]),
        ("meadow dance", vec![]),
        ("?!", vec![]),
    ] {
        let (found, pagination) = titles(&user, q, &[]).await;
        assert_eq!(
            (found, &pagination["totalCount"]),
            (expected.iter().map(ToString::to_string).collect(), &Value::Null),
            "{q}"
        );
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn what_is_found_comes_in_pages_and_by_project_and_archive(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let chat = Chat::start(engine).await;
    let user = chat.app.user();
    for title in ["bees 1", "wasps", "bees 2", "bees 3"] {
        a_conversation(&user, json!({"title": title})).await;
    }
    let body = json!({"title": "bees 4", "projectId": the_project()});
    let in_project = a_conversation(&user, body).await;
    let path = format!("/conversations/{in_project}");
    user.patch(&path, json!({"archived": true})).await.expect(200);

    let by_age = [("orderBy", "created_at"), ("order", "asc"), ("limit", "3")];
    let (first, pagination) = titles(&user, "bees", &by_age).await;
    assert_eq!(first, ["bees 1", "bees 2", "bees 3"]);
    let cursor = pagination["cursor"].as_str().unwrap();
    let next = [by_age.as_slice(), &[("cursor", cursor)]].concat();
    let (second, pagination) = titles(&user, "bees", &next).await;
    assert_eq!((second, &pagination["hasMore"]), (vec!["bees 4".into()], &json!(false)));
    let of_another_search = search(&user, "wasps", &next).await.expect(400);
    assert_eq!(of_another_search.code(), "VALIDATION_ERROR");

    let project = the_project().to_string();
    assert_eq!(titles(&user, "bees", &[("projectId", &project)]).await.0, ["bees 4"]);
    assert_eq!(titles(&user, "bees", &[("archived", "true")]).await.0, ["bees 4"]);
    let open = [("archived", "false"), ("order", "asc")];
    assert_eq!(titles(&user, "bees", &open).await.0, ["bees 1", "bees 2", "bees 3"]);

    user.delete(&path).await.expect(200);
    assert_eq!(titles(&user, "bees 4", &[]).await.0, [""; 0]);
    for bad in ["", " ", "x".repeat(201).as_str()] {
        let refused = search(&user, bad, &[]).await.expect(400);
        assert_eq!(refused.json["error"]["details"]["field"], "q", "{bad:?}");
    }
}
