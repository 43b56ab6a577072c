use rstest::rstest;
use serde_json::json;
use testkit::Engine;

use super::{Chat, a_conversation, the_project};

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
