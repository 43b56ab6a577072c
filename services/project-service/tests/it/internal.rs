use rstest::rstest;
use serde_json::{Value, json};
use testkit::{Engine, redacted};

use super::{a_project, a_prompt, start};

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_users_things_are_gone_and_nobody_elses(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = start(engine).await;
    let (id, auth) = (app.instance.ids.next(), app.service("auth-service"));
    let (user, other) = (app.user_with_id(id), app.user());
    for name in ["a", "b"] {
        let project = a_project(&user, name).await;
        a_prompt(&user, &project, "n", "c").await;
    }
    a_project(&other, "kept").await;

    let path = format!("/internal/users/{id}");
    assert_eq!(auth.delete(&path).await.expect(200).json["data"], json!({"deletedProjects": 2}));
    assert_eq!(auth.delete(&path).await.expect(200).json["data"], json!({"deletedProjects": 0}));
    let list = user.get("/projects").await.expect(200);
    assert_eq!(
        (&list.json["data"]["projects"], &list.json["pagination"]["totalCount"]),
        (&json!([]), &json!(0))
    );
    assert_eq!(user.get("/prompts").await.json["data"]["prompts"], json!([]));
    assert_eq!(other.get("/projects").await.json["pagination"]["totalCount"], 1);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn an_export_has_all_that_a_user_owns(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = start(engine).await;
    let id = app.instance.ids.next();
    let user = app.user_with_id(id);
    a_project(&app.user(), "somebody else's").await;
    let project = a_project(&user, "mine").await;
    let prompt = a_prompt(&user, &project, "tone", "one").await;
    user.patch(&format!("/prompts/{prompt}"), json!({"content": "two"})).await.expect(200);

    let export =
        app.service("auth-service").get(&format!("/internal/users/{id}/export")).await.expect(200);
    assert_eq!(export.header("content-type"), Some("application/x-ndjson"));
    let lines: Vec<Value> =
        export.text.lines().map(|line| redacted(&serde_json::from_str(line).unwrap())).collect();
    insta::assert_json_snapshot!("export", lines);
}
