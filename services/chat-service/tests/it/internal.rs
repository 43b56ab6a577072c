use futures_util::future::join_all;
use mock_llm::{Ended, Gate, Script};
use rstest::rstest;
use serde_json::{Value, json};
use testkit::{Actor, Engine};

use super::{Chat, a_conversation, stream, the_project};

/// Makes conversations at once, and `deletes` once the first of them is there; how many were made, and what the others were
/// refused with.
async fn race(
    user: &Actor,
    body: Value,
    deletes: impl Future<Output = ()>,
) -> (Vec<String>, Vec<(u16, String)>) {
    let creating = join_all((0..40).map(|_| {
        let (user, body) = (user.clone(), body.clone());
        async move { user.post("/conversations", body).await }
    }));
    let deleting = async {
        while user.get("/conversations").await.json["pagination"]["totalCount"] == 0 {}
        deletes.await;
    };
    let (created, ()) = tokio::join!(creating, deleting);
    let (made, refused): (Vec<_>, Vec<_>) =
        created.into_iter().partition(|reply| reply.status == 201);
    let refused =
        refused.iter().map(|reply| (reply.status.as_u16(), reply.code().to_owned())).collect();
    (made.iter().map(|reply| reply.id("conversation")).collect(), refused)
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_projects_conversations_go_and_no_others(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let chat = Chat::start(engine).await;
    let user = chat.app.user();
    let kept = a_conversation(&user, json!({})).await;
    let gone = a_conversation(&user, json!({"projectId": the_project()})).await;
    user.post(&format!("/conversations/{gone}/messages"), json!({"content": "x"}))
        .await
        .expect(200);

    let path = format!("/internal/projects/{}", the_project());
    let project_service = chat.app.service("project-service");
    for _ in 0..2 {
        project_service.delete(&path).await.expect(200);
    }
    assert_eq!(user.get(&format!("/conversations/{gone}")).await.expect(404).code(), "NOT_FOUND");
    user.get(&format!("/conversations/{kept}")).await.expect(200);
    assert_eq!(user.get("/conversations").await.json["pagination"]["totalCount"], 1);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn no_conversation_made_while_its_project_is_deleted_survives(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let chat = Chat::start(engine).await;
    let user = chat.app.user();
    let path = format!("/internal/projects/{}", the_project());
    let project_service = chat.app.service("project-service");
    let body = json!({"projectId": the_project()});
    let (made, refused) = race(&user, body.clone(), async {
        project_service.delete(&path).await.expect(200);
    })
    .await;
    for id in made {
        user.get(&format!("/conversations/{id}")).await.expect(404);
    }
    assert!(refused.iter().all(|refused| *refused == (404, "NOT_FOUND".into())), "{refused:?}");
    assert_eq!(user.get("/conversations").await.json["pagination"]["totalCount"], 0);
    assert_eq!(user.post("/conversations", body).await.expect(404).code(), "NOT_FOUND");
    a_conversation(&user, json!({})).await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn no_conversation_made_while_its_owner_is_deleted_survives(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let chat = Chat::start(engine).await;
    let id = chat.app.instance.ids.next();
    let (user, auth) = (chat.app.user_with_id(id), chat.app.service("auth-service"));
    let path = format!("/internal/users/{id}");
    let (made, refused) = race(&user, json!({}), async {
        auth.delete(&path).await.expect(200);
    })
    .await;
    for id in made {
        user.get(&format!("/conversations/{id}")).await.expect(404);
    }
    let gone = (401, "UNAUTHORIZED".to_owned());
    assert!(refused.iter().all(|refused| *refused == gone), "{refused:?}");
    assert_eq!(user.get("/conversations").await.json["pagination"]["totalCount"], 0);
    user.post("/conversations", json!({})).await.expect(401);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_users_things_are_gone_and_nobody_elses(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let chat = Chat::start(engine).await;
    let id = chat.app.instance.ids.next();
    let (user, other) = (chat.app.user_with_id(id), chat.app.user());
    let kept = a_conversation(&other, json!({"projectId": the_project()})).await;
    let path = format!("/conversations/{kept}/messages");
    other.post(&path, json!({"content": "x"})).await.expect(200);
    a_conversation(&user, json!({"projectId": the_project()})).await;
    let running = a_conversation(&user, json!({})).await;
    let gate = Gate::new();
    chat.model.script(Script::text("a b c").hold_after(1, &gate));
    let mut events = stream(&user, &running, "x").await;
    gate.reached().await;

    let (auth, path) = (chat.app.service("auth-service"), format!("/internal/users/{id}"));
    let deleted = auth.delete(&path).await.expect(200);
    assert_eq!(deleted.json["data"], json!({"deletedConversations": 2, "deletedMessages": 2}));
    let rest = events.rest().await;
    let error = rest.iter().find(|event| event.event == "error").unwrap();
    assert_eq!(error.data["code"], "CONVERSATION_DELETED");
    chat.model.wait_for(|asked| asked.iter().any(|asked| asked.ended == Ended::ClientLeft)).await;
    let nothing = json!({"deletedConversations": 0, "deletedMessages": 0});
    assert_eq!(auth.delete(&path).await.expect(200).json["data"], nothing);
    let never = format!("/internal/users/{}", uuid::Uuid::from_u128(7));
    assert_eq!(auth.delete(&never).await.expect(200).json["data"], nothing);

    assert_eq!(user.get("/conversations").await.json["pagination"]["totalCount"], 0);
    let kept = other.get(&format!("/conversations/{kept}")).await.expect(200);
    assert_eq!(kept.data("conversation")["messageCount"], 2);
    assert_eq!(other.get("/conversations").await.json["pagination"]["totalCount"], 1);
}
