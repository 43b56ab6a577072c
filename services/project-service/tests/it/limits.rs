//! How often somebody may call.

use rstest::rstest;
use serde_json::json;
use testkit::{Engine, TestApp, a_clock};

async fn start(engine: Engine, more: &[(&str, &str)]) -> TestApp {
    let on = [("OMNICHAT__RATE_LIMITS__ENABLED", "true")];
    let more: Vec<_> = on.into_iter().chain(more.iter().copied()).collect();
    TestApp::start_at::<project_service::ProjectService>(
        engine,
        std::sync::Arc::new(a_clock()),
        &more,
    )
    .await
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn every_answer_of_a_limited_endpoint_says_what_is_left(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = start(engine, &[("OMNICHAT__RATE_LIMITS__CREATE_PROJECT", "3")]).await;
    let user = app.user();
    let named = json!({"name": "p"});
    for (body, status, left) in [(&named, 201, "2"), (&json!({}), 400, "1"), (&named, 201, "0")] {
        let answer = user.post("/projects", body.clone()).await.expect(status);
        let header = |name| answer.header(name).unwrap_or_else(|| panic!("no {name}"));
        assert_eq!(
            [
                header("x-ratelimit-limit"),
                header("x-ratelimit-remaining"),
                header("x-ratelimit-window")
            ],
            ["3", left, "60"]
        );
        assert!(header("x-ratelimit-reset").parse::<i64>().unwrap() > 1_700_000_000);
    }
    let refused = user.post("/projects", named.clone()).await.expect(429);
    assert_eq!(refused.code(), "RATE_LIMITED");
    let wait: u64 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=20).contains(&wait), "{wait}");
    // Each person has a limit of their own, and so has each endpoint.
    app.user().post("/projects", named).await.expect(201);
    user.get("/projects").await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_are_counted_by_address_whatever_they_say_it_is() {
    let app = start(Engine::Sqlite, &[("OMNICHAT__RATE_LIMITS__LIST_PROJECTS", "2")]).await;
    let stranger = app.anonymous();
    for (number, status) in [(1, 401), (2, 401), (3, 429), (4, 429)] {
        let request = stranger.request(reqwest::Method::GET, "/projects");
        let request = request.header("x-forwarded-for", format!("198.51.100.{number}"));
        let answer = stranger.send(request).await.expect(status);
        assert!(answer.headers.contains_key("x-ratelimit-limit"));
    }
    app.user().get("/projects").await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_can_be_switched_off_and_with_them_their_headers() {
    let app = TestApp::start::<project_service::ProjectService>(
        Engine::Sqlite,
        &[
            ("OMNICHAT__RATE_LIMITS__ENABLED", "false"),
            ("OMNICHAT__RATE_LIMITS__LIST_PROJECTS", "1"),
        ],
    )
    .await;
    let user = app.user();
    for _ in 0..3 {
        let answer = user.get("/projects").await.expect(200);
        assert_eq!(answer.header("x-ratelimit-limit"), None);
    }
}
