use std::collections::BTreeSet;

use rstest::rstest;
use serde_json::{Value, json};
use testkit::{Actor, Engine, redacted};

use super::{a_project, a_prompt, start};

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_project_is_made_read_changed_and_deleted(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = start(engine).await;
    let user = app.user();

    let made = user
        .post("/projects", json!({"name": "Thesis", "description": "On bees"}))
        .await
        .expect(201);
    insta::assert_json_snapshot!("project", redacted(&made.json));
    let path = format!("/projects/{}", made.id("project"));
    assert_eq!(user.get(&path).await.expect(200).data("project"), made.data("project"));

    let renamed = user.patch(&path, json!({"name": "Bees"})).await.expect(200);
    assert_eq!(
        (&renamed.data("project")["name"], &renamed.data("project")["description"]),
        (&json!("Bees"), &json!("On bees"))
    );
    let cleared = user.patch(&path, json!({"description": null})).await.expect(200);
    assert_eq!(cleared.data("project")["description"], Value::Null);
    assert!(
        cleared.data("project")["updatedAt"].as_str() > made.data("project")["updatedAt"].as_str()
    );

    a_prompt(&user, &made.id("project"), "tone", "Be kind").await;
    a_prompt(&user, &made.id("project"), "form", "Be brief").await;
    assert_eq!(user.get(&path).await.data("project")["promptCount"], 2);
    let deleted = user.delete(&path).await.expect(200);
    assert_eq!(
        deleted.json["data"],
        json!({"deletedProject": made.id("project"), "deletedPrompts": 2})
    );
    assert_eq!(user.get(&path).await.expect(404).code(), "NOT_FOUND");
    assert_eq!(user.delete(&path).await.expect(404).code(), "NOT_FOUND");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_paged_by_cursor_while_rows_come_and_go(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[values("created_at", "updated_at")] order_by: &str,
    #[values("asc", "desc")] order: &str,
) {
    let app = start(engine).await;
    let user = app.user();
    let mut expected = Vec::new();
    for number in 0..7 {
        expected.push(a_project(&user, &format!("p{number}")).await);
    }
    if order == "desc" {
        expected.reverse();
    }
    let path = format!("/projects?limit=3&orderBy={order_by}&order={order}");
    let first = user.get(&path).await.expect(200);
    insta::assert_json_snapshot!("pagination", redacted(&first.json["pagination"]));

    // Neither a new row nor a row that is gone moves the pages after it.
    a_project(&app.user(), "somebody else's").await;
    let newest = a_project(&user, "newest").await;
    user.delete(&format!("/projects/{}", expected[0])).await.expect(200);

    let mut seen = ids(&first.json);
    let mut cursor = first.json["pagination"]["cursor"].as_str().map(str::to_owned);
    while let Some(text) = cursor {
        let page = user.get(&format!("{path}&cursor={text}")).await.expect(200);
        seen.extend(ids(&page.json));
        assert_eq!(
            page.json["pagination"]["hasMore"],
            page.json["pagination"]["cursor"].is_string()
        );
        cursor = page.json["pagination"]["cursor"].as_str().map(str::to_owned);
    }
    seen.retain(|id| *id != newest);
    assert_eq!(seen, expected);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_searched_in_names_and_descriptions(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = start(engine).await;
    let user = app.user();
    for (name, description) in
        [("Honey", "on BEES"), ("bees 100%", ""), ("Wasps", "_"), ("Ants", "100 of them")]
    {
        user.post("/projects", json!({"name": name, "description": description})).await.expect(201);
    }
    for (query, expected) in
        [("Bees", vec!["Honey", "bees 100%"]), ("100%25", vec!["bees 100%"]), ("_", vec!["Wasps"])]
    {
        let found = user.get(&format!("/projects?q={query}&order=asc")).await.expect(200);
        assert_eq!(names(&found.json), expected, "{query}");
        assert_eq!(found.json["pagination"]["totalCount"], Value::Null);
    }
    assert_eq!(user.get("/projects").await.json["pagination"]["totalCount"], 4);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn projects_made_at_once_are_all_there_and_counted(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = start(engine).await;
    let user = app.user();
    let made: Vec<_> = futures_util::future::join_all((0..30).map(|n| {
        let user: Actor = user.clone();
        async move { a_project(&user, &format!("p{n}")).await }
    }))
    .await;
    let list = user.get("/projects?limit=100").await.expect(200);
    assert_eq!(list.json["pagination"]["totalCount"], 30);
    assert_eq!(ids(&list.json).into_iter().collect::<BTreeSet<_>>(), made.into_iter().collect());
}

fn ids(json: &Value) -> Vec<String> {
    texts(json, "id")
}

fn names(json: &Value) -> Vec<String> {
    texts(json, "name")
}

fn texts(json: &Value, field: &str) -> Vec<String> {
    let rows = json["data"]["projects"].as_array().unwrap();
    rows.iter().map(|row| row[field].as_str().unwrap().to_owned()).collect()
}
