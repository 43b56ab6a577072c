//! What `omnichat doctor` finds, and what it says to do.

use std::os::unix::fs::PermissionsExt;

use mock_llm::MockLlm;
use rstest::rstest;
use testkit::{Engine, TestDatabase};

use super::admin::{omnichat, run, said};
use super::deployment::{Deployment, SECRETS, command};

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn what_is_well_is_said_to_be(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let model = MockLlm::start().await;
    let deployment = Deployment::all_in_one(engine, &model).await;
    let output =
        run(omnichat(&deployment).arg("doctor").env("OPENAI_BASE_URL", model.base_url()), "");
    let report = said(&output);
    for line in [
        "ok    signing secrets: ",
        "ok    sealing keys: ",
        "ok    database of auth: ",
        "ok    schema of chat: this version's",
        "ok    provider openai: answers",
    ] {
        assert!(report.contains(line), "{line} is not in\n{report}");
    }
    assert!(report.lines().all(|line| line.starts_with("ok    ") || line.starts_with("warn  ")));
}

#[rstest]
#[case::weak_secret(("JWT_SECRETS", "a:s3cret"), "FAIL  signing secrets: ")]
#[case::no_key(("KEY_ENCRYPTION_KEYS", "a:s3cret"), "FAIL  sealing keys: ")]
#[case::unknown_setting(("OMNICHAT__SERVER__PROT", "s3cret"), "FAIL  settings: ")]
#[case::odd_setting(("OMNICHAT__PASSWORDS__ROUNDS", "s3cret"), "FAIL  settings: ")]
#[case::no_database(("DATABASE_URL", "postgres://s3cret@127.0.0.1:1/s3cret"), "FAIL  database of auth: ")]
#[case::no_provider(("OPENAI_BASE_URL", "http://127.0.0.1:1/v1"), "FAIL  provider openai: does not answer")]
#[case::no_limits(("OMNICHAT__RATE_LIMITS__ENABLED", "false"), "warn  rate limits: ")]
#[case::no_tls(("HOST", "0.0.0.0"), "warn  address: ")]
#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_well_is_named(#[case] wrong: (&str, &str), #[case] line: &str) {
    let deployment = Deployment::all_in_one(Engine::Sqlite, &MockLlm::start().await).await;
    let output = run(omnichat(&deployment).arg("doctor").envs([wrong]), "");
    let report = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(report.contains(line), "{report}");
    assert_eq!(output.status.success(), !line.starts_with("FAIL"), "{report}");
    assert!(!report.contains("s3cret"), "{report}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_schema_that_is_not_there_is_missed(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let database = TestDatabase::new(engine).await;
    let mut doctor = command("omnichat");
    doctor.args(["doctor", "--data-dir", "/nowhere"]).envs(SECRETS);
    let output = run(doctor.env("DATABASE_URL", database.url()), "");
    let report = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(!output.status.success() && report.contains("FAIL  schema of auth: "), "{report}");
}

#[test]
fn a_folder_that_others_can_read_is_no_place_for_secrets() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let omnichat = |verb: &str| run(command("omnichat").arg(verb).arg("--data-dir").arg(&data), "");
    assert!(!omnichat("doctor").status.success() && !data.exists(), "it makes nothing");
    said(&omnichat("migrate"));
    said(&omnichat("doctor"));
    for (path, open) in [(data.clone(), 0o755), (data.join("jwt-secrets"), 0o644)] {
        let permissions = path.metadata().unwrap().permissions();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(open)).unwrap();
        let output = omnichat("doctor");
        let report = String::from_utf8_lossy(&output.stdout).into_owned();
        let expected = format!("others may read {}. Run `chmod", path.display());
        assert!(!output.status.success() && report.contains(&expected), "{report}");
        std::fs::set_permissions(&path, permissions).unwrap();
    }
}
