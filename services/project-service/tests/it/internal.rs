use futures_util::future::join_all;
use platform::Instance;
use platform::cli::Service;
use platform::http::Paths;
use project_service::ProjectService;
use rstest::rstest;
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use serde_json::{Value, json};
use testkit::{Engine, TestApp, TestDatabase, redacted, settings};

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
async fn nothing_made_while_its_owner_is_deleted_survives(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = start(engine).await;
    let (id, auth) = (app.instance.ids.next(), app.service("auth-service"));
    let (user, path) = (app.user_with_id(id), format!("/internal/users/{id}"));
    let creating = join_all((0..40).map(|n| {
        let user = user.clone();
        async move { user.post("/projects", json!({"name": format!("p{n}")})).await }
    }));
    let deleting = async {
        // Not before the first of them is there, so that some come before and some after.
        while user.get("/projects").await.json["pagination"]["totalCount"] == 0 {}
        auth.delete(&path).await.expect(200)
    };
    let (created, deleted) = tokio::join!(creating, deleting);
    let made = created.iter().filter(|reply| reply.status == 201).count();
    assert_eq!(deleted.json["data"]["deletedProjects"], json!(made));
    for refused in created.iter().filter(|reply| reply.status != 201) {
        assert_eq!((refused.status.as_u16(), refused.code()), (401, "UNAUTHORIZED"));
    }
    let list = user.get("/projects").await.expect(200);
    assert_eq!(
        (&list.json["data"]["projects"], &list.json["pagination"]["totalCount"]),
        (&json!([]), &json!(0))
    );
    user.post("/projects", json!({"name": "later"})).await.expect(401);
    assert_eq!(auth.delete(&path).await.expect(200).json["data"], json!({"deletedProjects": 0}));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_goes_on_when_its_caller_has_gone() {
    let database = TestDatabase::new(Engine::Postgres).await;
    let more = [("CHAT_SERVICE_URL", "http://127.0.0.1:1")];
    let settings = settings(&[ProjectService::DEFAULTS], &database, &more);
    let instance = Instance::new(&settings).unwrap();
    let module = ProjectService::build(&settings, &instance).await.unwrap();
    let app = TestApp::serve(&settings, instance, vec![module.clone()], Paths::Bare).await;
    let id = app.instance.ids.next();
    let user = app.user_with_id(id);
    for n in 0..120 {
        a_project(&user, &format!("p{n}")).await;
    }
    let (db, path) = (module.database(), format!("/internal/users/{id}"));
    let lock = db.begin_write().await.unwrap();
    lock.execute_unprepared("SELECT * FROM projects FOR UPDATE").await.unwrap();
    let is_waiting = async {
        let waits = "SELECT count(*) FROM pg_stat_activity \
                     WHERE datname = current_database() AND wait_event_type = 'Lock'";
        loop {
            let query = Statement::from_string(DbBackend::Postgres, waits);
            let row = db.connection().query_one_raw(query).await.unwrap().unwrap();
            if row.try_get_by_index::<i64>(0).unwrap() > 0 {
                return;
            }
        }
    };
    let caller = app.service("auth-service");
    tokio::select! {
        _ = caller.delete(&path) => panic!("it must wait"),
        () = is_waiting => {}
    }
    lock.rollback().await.unwrap();
    while user.get("/projects").await.json["pagination"]["totalCount"] != 0 {}
    let left = caller.delete(&path).await.expect(200);
    assert_eq!(left.json["data"], json!({"deletedProjects": 0}));
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
