use rstest::rstest;
use serde_json::{Value, json};
use testkit::{Engine, Reply, redacted};

use super::{a_project, a_prompt, start};

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_changed_text_is_a_new_version_and_the_old_one_is_kept(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = start(engine).await;
    let user = app.user();
    let project = a_project(&user, "p").await;
    let body = json!({"name": "tone", "content": "Be kind to {{name}}"});
    let made = user.post(&format!("/projects/{project}/prompts"), body).await.expect(201);
    insta::assert_json_snapshot!("prompt", redacted(&made.json));
    let path = format!("/prompts/{}", made.id("prompt"));

    let second =
        user.patch(&path, json!({"content": "Be brief", "expectedVersion": 1})).await.expect(200);
    assert_eq!(second.data("prompt")["version"], 2);
    let same = user.patch(&path, json!({"content": "Be brief", "name": "form"})).await.expect(200);
    assert_eq!(
        (&same.data("prompt")["version"], &same.data("prompt")["name"]),
        (&json!(2), &json!("form"))
    );

    let stale =
        user.patch(&path, json!({"content": "Be rude", "expectedVersion": 1})).await.expect(409);
    assert_eq!(
        (stale.code(), &stale.json["error"]["details"]["currentVersion"]),
        ("VERSION_CONFLICT", &json!(2))
    );

    let restored = user.post(&format!("{path}/restore"), json!({"version": 1})).await.expect(200);
    assert_eq!(restored.data("prompt")["content"], "Be kind to {{name}}");
    let versions = user.get(&format!("{path}/versions?limit=2")).await.expect(200);
    insta::assert_json_snapshot!("versions", redacted(&versions.json));
    let rest = user.get(&format!("{path}/versions?cursor={}", cursor(&versions))).await.expect(200);
    assert_eq!(rest.json["data"]["versions"][0]["content"], "Be kind to {{name}}");

    let one = user.get(&format!("{path}/versions/2")).await.expect(200);
    assert_eq!(one.data("version")["content"], "Be brief");
    for missing in ["versions/0", "versions/9", "versions/99999999999", "versions/x"] {
        assert_eq!(user.get(&format!("{path}/{missing}")).await.expect(404).code(), "NOT_FOUND");
    }
    assert_eq!(
        user.post(&format!("{path}/restore"), json!({"version": 9})).await.expect(404).code(),
        "NOT_FOUND"
    );
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn of_changes_made_at_once_each_makes_its_own_version(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = start(engine).await;
    let user = app.user();
    let project = a_project(&user, "p").await;
    let path = format!("/prompts/{}", a_prompt(&user, &project, "tone", "0").await);
    let changes = (1..=20).map(|n| {
        let (user, path) = (user.clone(), path.clone());
        async move { user.patch(&path, json!({"content": n.to_string()})).await.expect(200) }
    });
    let mut versions: Vec<_> = futures_util::future::join_all(changes)
        .await
        .iter()
        .map(|reply| reply.data("prompt")["version"].as_u64().unwrap())
        .collect();
    versions.sort_unstable();
    assert_eq!(versions, (2..=21).collect::<Vec<_>>());

    let expecting = (0..10).map(|n| {
        let (user, path) = (user.clone(), path.clone());
        async move {
            user.patch(&path, json!({"content": format!("x{n}"), "expectedVersion": 21})).await
        }
    });
    let replies = futures_util::future::join_all(expecting).await;
    assert_eq!(replies.iter().filter(|reply| reply.status == 200).count(), 1);
    assert!(replies.iter().all(|reply| reply.status == 200 || reply.code() == "VERSION_CONFLICT"));
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_name_is_unique_in_its_project(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = start(engine).await;
    let user = app.user();
    let (project, other) = (a_project(&user, "p").await, a_project(&user, "q").await);
    a_prompt(&user, &project, "tone", "x").await;
    a_prompt(&user, &other, "tone", "x").await;
    let form = a_prompt(&user, &project, "form", "x").await;

    let taken = user
        .post(&format!("/projects/{project}/prompts"), json!({"name": "tone", "content": "y"}))
        .await;
    assert_eq!(taken.expect(409).code(), "CONFLICT");
    let taken = user.patch(&format!("/prompts/{form}"), json!({"name": "tone"})).await;
    assert_eq!(taken.expect(409).code(), "CONFLICT");
    // What failed has left nothing behind.
    assert_eq!(user.get(&format!("/projects/{project}")).await.data("project")["promptCount"], 2);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn prompts_are_listed_by_project_in_their_order_with_an_entity_tag(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = start(engine).await;
    let user = app.user();
    let project = a_project(&user, "p").await;
    let (a, b, c) = (
        a_prompt(&user, &project, "a", "1").await,
        a_prompt(&user, &project, "b", "2").await,
        a_prompt(&user, &project, "c", "3").await,
    );
    user.patch(&format!("/prompts/{c}"), json!({"position": 0})).await.expect(200);
    user.patch(&format!("/prompts/{b}"), json!({"isActive": false})).await.expect(200);

    let path = format!("/projects/{project}/prompts?orderBy=position&order=asc");
    assert_eq!(names(&user.get(&path).await), ["a", "c", "b"]);
    assert_eq!(names(&user.get(&format!("{path}&isActive=true")).await), ["a", "c"]);
    assert_eq!(names(&user.get(&format!("{path}&limit=2")).await), ["a", "c"]);
    let second = user
        .get(&format!(
            "{path}&limit=2&cursor={}",
            cursor(&user.get(&format!("{path}&limit=2")).await)
        ))
        .await;
    assert_eq!(names(&second), ["b"]);

    let tag = user.get(&path).await.header("etag").unwrap().to_owned();
    let again = |tag: String| {
        let user = user.clone();
        let request = user.request(reqwest::Method::GET, &path).header("if-none-match", tag);
        async move { user.send(request).await }
    };
    let unchanged = again(tag.clone()).await.expect(304);
    assert!(unchanged.text.is_empty());
    for change in [json!({"content": "9"}), json!({"isActive": false})] {
        user.patch(&format!("/prompts/{a}"), change).await.expect(200);
        assert_ne!(again(tag.clone()).await.expect(200).header("etag"), Some(tag.as_str()));
    }
    let tag = user.get(&path).await.header("etag").unwrap().to_owned();
    user.delete(&format!("/prompts/{a}")).await.expect(200);
    again(tag).await.expect(200);
    assert_eq!(user.get(&format!("/prompts/{a}")).await.expect(404).code(), "NOT_FOUND");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn prompts_are_found_across_projects(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = start(engine).await;
    let user = app.user();
    let (p, q) = (a_project(&user, "p").await, a_project(&user, "q").await);
    a_prompt(&user, &p, "tone", "About Bees").await;
    a_prompt(&user, &q, "bees", "…").await;
    a_prompt(&user, &q, "ants", "…").await;
    assert_eq!(names(&user.get("/prompts?q=BEES").await), ["bees", "tone"]);
    assert_eq!(names(&user.get(&format!("/prompts?projectId={q}")).await), ["ants", "bees"]);
    assert_eq!(names(&user.get("/prompts").await).len(), 3);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn variables_are_filled_in_or_named(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = start(engine).await;
    let user = app.user();
    let project = a_project(&user, "p").await;
    let path = format!(
        "/prompts/{}/render",
        a_prompt(&user, &project, "n", "Dear {{name}}, {{ text }}").await
    );
    let filled =
        user.post(&path, json!({"variables": {"name": "Ada", "text": "{{hi}}"}})).await.expect(200);
    assert_eq!(filled.json["data"], json!({"content": "Dear Ada, {{hi}}"}));

    let wrong =
        user.post(&path, json!({"variables": {"name": "Ada", "txet": "hi"}})).await.expect(400);
    insta::assert_json_snapshot!("wrong_variables", redacted(&wrong.json));
}

fn names(reply: &Reply) -> Vec<&str> {
    let rows = reply.json["data"]["prompts"].as_array().unwrap_or_else(|| panic!("{}", reply.text));
    rows.iter().map(|row| row["name"].as_str().unwrap()).collect()
}

fn cursor(reply: &Reply) -> &str {
    match &reply.json["pagination"]["cursor"] {
        Value::String(cursor) => cursor,
        other => panic!("no cursor but {other}"),
    }
}
