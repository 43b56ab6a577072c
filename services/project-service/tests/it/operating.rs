//! What an operator asks of a process. The same for every service; tested here.

use std::io::Read as _;
use std::sync::Arc;
use std::time::Duration;

use flate2::read::GzDecoder;
use platform::cli::Service;
use platform::http::Paths;
use platform::settings::Settings;
use platform::{Instance, Module};
use project_service::ProjectService;
use reqwest::Method;
use rstest::rstest;
use sea_orm::ConnectionTrait as _;
use serde_json::json;
use testkit::{Actor, Engine, PostgresServer, Stop, TestApp, TestDatabase, redacted, settings};

use super::start;

async fn build(settings: &Settings) -> (Instance, Arc<dyn Module>) {
    let instance = Instance::new(settings).unwrap();
    let module = ProjectService::build(settings, &instance).await.unwrap();
    (instance, module)
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_process_is_ready_once_its_database_is_migrated_until_it_drains(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let database = TestDatabase::new(engine).await;
    let settings = settings(&[ProjectService::DEFAULTS], &database, &[]);
    let (instance, module) = build(&settings).await;
    assert!(module.ready().await.unwrap_err().to_string().contains("migrat"));
    let app = TestApp::serve(&settings, instance.clone(), vec![module], Paths::Bare).await;
    let anybody = app.anonymous();
    assert_eq!(anybody.get("/health/ready").await.expect(200).data("status"), "healthy");

    instance.start_draining();
    let draining = anybody.get("/health/ready").await.expect(503);
    assert_eq!(
        (draining.code(), draining.header("retry-after")),
        ("SERVICE_UNAVAILABLE", Some("1"))
    );
    anybody.get("/health/live").await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn replicas_that_start_together_take_turns_to_migrate() {
    let database = TestDatabase::new(Engine::Postgres).await;
    let settings = settings(&[ProjectService::DEFAULTS], &database, &[]);
    let mut replicas = Vec::new();
    for _ in 0..8 {
        replicas.push(build(&settings).await.1);
    }
    let outcomes =
        futures_util::future::join_all(replicas.iter().map(|module| module.migrate())).await;
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    for module in replicas {
        module.ready().await.unwrap();
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn the_version_before_goes_on_beside_a_newer_one(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let database = TestDatabase::new(engine).await;
    let settings = settings(&[ProjectService::DEFAULTS], &database, &[]);
    let (_, module) = build(&settings).await;
    module.migrate().await.unwrap();
    let newer =
        "INSERT INTO project_migrations (version, applied_at) VALUES ('m99990101_000001_newer', 0)";
    module.database().connection().execute_unprepared(newer).await.unwrap();
    module.ready().await.unwrap();
    // Also if it is started again.
    let (_, again) = build(&settings).await;
    again.migrate().await.unwrap();
    again.ready().await.unwrap();
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn health_and_version_are_told(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = start(engine).await;
    let health = app.anonymous().get("/health").await.expect(200);
    // There is no auth-service here, which may have been noticed.
    assert_ne!(health.data("status"), "unhealthy");
    let database = &health.data("services")["database"];
    assert_eq!(database["status"], "healthy");
    let provider = if engine == Engine::Sqlite { "sqlite" } else { "postgres" };
    assert_eq!(database["provider"], provider);
    let version = app.user().get("/version").await.expect(200);
    insta::assert_json_snapshot!("version", redacted(&version.json["data"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn readiness_falls_with_the_database_and_comes_back_with_it() {
    let server = tokio::task::spawn_blocking(PostgresServer::new).await.unwrap();
    let database = TestDatabase::new(Engine::Sqlite).await;
    let more = [("DATABASE_URL", server.url())];
    let more = more.each_ref().map(|(name, value)| (*name, value.as_str()));
    let settings = settings(&[ProjectService::DEFAULTS], &database, &more);
    let (instance, module) = build(&settings).await;
    let app = TestApp::serve(&settings, instance, vec![module], Paths::Bare).await;
    let anybody = app.anonymous();
    let until = async |status: u16| {
        let asking = async {
            loop {
                let answer = anybody.get("/health/ready").await;
                if answer.status == status {
                    break answer;
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(60), asking).await.unwrap()
    };
    until(200).await;
    for stop in [Stop::Fast, Stop::Kill] {
        tokio::task::block_in_place(|| server.stop(stop));
        let fallen = until(503).await;
        assert_eq!(fallen.code(), "SERVICE_UNAVAILABLE");
        assert!(fallen.text.contains("project: the database does not answer"), "{}", fallen.text);
        let health = anybody.get("/health").await.expect(200);
        assert_eq!(health.data("status"), "unhealthy");
        assert_eq!(health.data("services")["database"]["status"], "unhealthy");
        // Its process is well.
        anybody.get("/health/live").await.expect(200);
        tokio::task::block_in_place(|| server.start());
        until(200).await;
        let health = anybody.get("/health").await.expect(200);
        assert_eq!(health.data("services")["database"]["status"], "healthy");
    }
}

/// A file of the documentation; most are sent compressed.
async fn unpacked(anybody: &Actor, path: &str) -> String {
    let answer = anybody.request(Method::GET, path).send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 200, "{path}");
    let is_packed = answer.headers().contains_key("content-encoding");
    let bytes = answer.bytes().await.unwrap();
    let mut text = String::new();
    let read = if is_packed {
        GzDecoder::new(&*bytes).read_to_string(&mut text)
    } else {
        (&*bytes).read_to_string(&mut text)
    };
    read.unwrap();
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn the_documentation_asks_no_other_host_for_anything() {
    let app = start(Engine::Sqlite).await;
    let anybody = app.anonymous();
    assert_eq!(anybody.get("/openapi.json").await.expect(200).json["openapi"], "3.1.0");
    for path in ["/docs/", "/docs/index.css", "/docs/swagger-initializer.js", "/redoc"] {
        let page = unpacked(&anybody, path).await;
        let foreign = page.matches("src=\"http").count() + page.matches("href=\"http").count();
        assert_eq!(foreign, 0, "{page}");
    }
    assert!(
        anybody
            .get("/docs/")
            .await
            .header("content-security-policy")
            .unwrap()
            .contains("default-src 'self'")
    );
    let script = unpacked(&anybody, "/redoc/redoc.standalone.js").await;
    assert!(!script.contains("cdn.redoc.ly"));
    // As npm has it, but for the two changes that its README names.
    assert_eq!(script.len(), 1_103_393);
    assert_eq!(anybody.get("/redoc/other.js").await.expect(404).code(), "NOT_FOUND");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_trickles_is_given_up() {
    let app = TestApp::start::<ProjectService>(
        Engine::Sqlite,
        &[("OMNICHAT__SERVER__BODY_SECONDS", "1")],
    )
    .await;
    let user = app.user();
    let never = futures_util::stream::pending::<Result<Vec<u8>, std::io::Error>>();
    let body = reqwest::Body::wrap_stream(futures_util::StreamExt::chain(
        futures_util::stream::iter([Ok(b"{\"name\":".to_vec())]),
        never,
    ));
    let request = user
        .request(Method::POST, "/projects")
        .header("content-type", "application/json")
        .body(body);
    let refused = user.send(request).await.expect(408);
    assert_eq!((refused.code(), &refused.json["success"]), ("REQUEST_TIMEOUT", &json!(false)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_is_refused_where_none_is_taken_and_head_is_get_without_a_body() {
    let app = start(Engine::Sqlite).await;
    let user = app.user();
    for (method, path) in [(Method::GET, "/version?x=1"), (Method::POST, "/projects?name=x")] {
        let refused =
            user.send(user.request(method, path).json(&json!({"name": "x"}))).await.expect(400);
        assert_eq!(refused.code(), "VALIDATION_ERROR");
    }
    let head = user.send(user.request(Method::HEAD, "/projects")).await.expect(200);
    assert_eq!((head.text.as_str(), head.header("content-type")), ("", Some("application/json")));
    let put = user.send(user.request(Method::PUT, "/health/ready")).await.expect(405);
    assert!(put.header("allow").is_some_and(|allow| allow.contains("GET")), "{:?}", put.headers);
}
