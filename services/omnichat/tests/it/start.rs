//! A start with wrong settings stops, with a line that names the setting and does not show its value.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Output;
use std::sync::Arc;

use common::SystemEntropy;
use platform::cli::Service;
use platform::sealing::Sealer;
use platform::settings::{LIMITED, SECTIONS, Sources};
use rstest::rstest;
use serde_json::Value;
use testkit::JWT_SECRETS;

use super::deployment::command;

const URL: (&str, &str) = ("DATABASE_URL", "postgres://nobody@127.0.0.1:1/nothing");
const SECRETS: (&str, &str) = ("JWT_SECRETS", JWT_SECRETS);

fn run(name: &str, variables: &[(&str, &str)]) -> Output {
    command(name).envs(variables.iter().copied()).output().unwrap()
}

#[rstest]
#[case::no_database(&[SECRETS], "DATABASE_URL")]
#[case::odd_database(&[SECRETS, ("DATABASE_URL", "mysql://s3cret")], "DATABASE_URL")]
#[case::no_secret(&[URL], "JWT_SECRET")]
#[case::short_secret(&[URL, ("JWT_SECRETS", "a:s3cret")], "JWT_SECRETS")]
#[case::repeated_secret(&[URL, ("JWT_SECRET", "s3crets3crets3crets3crets3crets3crets3crets3cret")], "JWT_SECRET")]
#[case::one_key_id_twice(&[URL, ("JWT_SECRETS", "a:9vZk2Qx7Lw4Rt1Yb8Nc5Mf3Hg6Js0Dp2KeUaXoViTz,a:s3cret2Qx7Lw4Rt1Yb8Nc5Mf3Hg6Js0Dp2KeUaXoViT")], "JWT_SECRETS")]
#[case::no_key_id(&[URL, ("JWT_SECRETS", "s3cret-without-a-key-id-but-long-enough-to-be-one")], "JWT_SECRETS")]
#[case::odd_proxies(&[URL, SECRETS, ("TRUSTED_PROXIES", "s3cret")], "TRUSTED_PROXIES")]
#[case::odd_port(&[URL, SECRETS, ("PORT", "s3cret")], "PORT")]
#[case::odd_number(&[URL, SECRETS, ("OMNICHAT__SERVER__DRAIN_SECONDS", "s3cret")], "OMNICHAT__SERVER__DRAIN_SECONDS")]
#[case::unknown_key(&[URL, SECRETS, ("OMNICHAT__SERVER__PROT", "s3cret")], "OMNICHAT__SERVER__PROT")]
#[case::unknown_section(&[URL, SECRETS, ("OMNICHAT__SERVR__PORT", "s3cret")], "OMNICHAT__SERVR__PORT")]
#[case::odd_log(&[URL, SECRETS, ("RUST_LOG", "s3cret=s3cret=")], "RUST_LOG")]
#[case::no_such_file(&[URL, SECRETS, ("ARGUMENT", "--config=/nowhere/s3ttings.toml")], "/nowhere/s3ttings.toml")]
fn a_service_says_which_setting_is_wrong(
    #[case] variables: &[(&str, &str)],
    #[case] named: &str,
    #[values("auth-service", "project-service", "chat-service")] service: &str,
) {
    let argument =
        variables.iter().find(|(name, _)| *name == "ARGUMENT").map(|(_, argument)| *argument);
    let output = command(service).args(argument).envs(variables.iter().copied()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned()
        + &String::from_utf8_lossy(&output.stdout);
    assert!(!output.status.success() && said.contains(named), "{said}");
    assert!(!said.contains("s3cret"), "{said}");
    assert_eq!(said.trim_end().lines().count(), 1, "{said}");
}

#[test]
fn a_services_own_settings_are_checked_too() {
    for (service, name, value) in [
        ("auth-service", "OMNICHAT__REGISTRATION__MODE", "sometimes"),
        ("auth-service", "OMNICHAT__PASSWORDS__ROUNDS", "many"),
        ("chat-service", "OPENAI_BASE_URL", "s3cret"),
        ("chat-service", "OMNICHAT__GENERATION__LEASE_SECONDS", "1"),
        ("chat-service", "OMNICHAT__GENERATION__LEASE_SECONDS", "21"),
        ("chat-service", "OMNICHAT__GENERATION__CHECKPOINT_MILLISECONDS", "0"),
        ("chat-service", "OMNICHAT__MODELS__DEMO", "perhaps"),
        ("chat-service", "OMNICHAT__MODELS__DEFAULT", "gpt-0"),
        ("chat-service", "OPENAI_API_KEY", "sk-s3cret\n"),
        ("chat-service", "PROJECT_SERVICE_URL", "s3cret"),
        ("project-service", "CHAT_SERVICE_URL", "ftp://s3cret"),
        ("project-service", "OMNICHAT__SIBLINGS__DELETION_MILLISECONDS", "12001"),
        ("auth-service", "OMNICHAT__SIBLINGS__BREAKER_FAILURES", "0"),
    ] {
        let output = run(service, &[URL, SECRETS, (name, value)]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && said.contains(name) && !said.contains(value), "{said}");
    }
}

#[test]
fn the_all_in_one_makes_its_own_secrets_once_and_keeps_them() {
    const SECRETS: [&str; 2] = ["jwt-secrets", "key-encryption-keys"];
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let migrate = || {
        let output =
            command("omnichat").args(["migrate", "--data-dir"]).arg(&data).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let kept = SECRETS.map(|name| std::fs::read_to_string(data.join(name)).unwrap());
        (String::from_utf8(output.stdout).unwrap(), kept)
    };
    let (said, kept) = migrate();
    for (name, secret) in SECRETS.iter().zip(&kept) {
        assert!(said.contains(name) && !said.contains(secret), "{said}");
        let mode = std::os::unix::fs::PermissionsExt::mode(
            &std::fs::metadata(data.join(name)).unwrap().permissions(),
        );
        assert_eq!(mode & 0o777, 0o600);
    }
    let (said, again) = migrate();
    assert_eq!((said.as_str(), again), ("", kept.clone()));
    for database in ["auth.db", "project.db", "chat.db"] {
        assert!(data.join(database).exists());
    }
    let ring = Sources::new(&[]).variables([("KEY_ENCRYPTION_KEYS", &kept[1])]).load().unwrap();
    Sealer::from(&ring, Arc::new(SystemEntropy)).unwrap();
}

#[test]
fn every_section_is_known_to_all() {
    let own = [
        auth_service::AuthService::DEFAULTS,
        project_service::ProjectService::DEFAULTS,
        chat_service::ChatService::DEFAULTS,
        platform::settings::DEFAULTS,
    ];
    let mut sections: Vec<&str> = own
        .iter()
        .flat_map(|text| text.lines())
        .filter_map(|line| line.strip_prefix('[')?.strip_suffix(']'))
        .filter(|section| !section.contains('.'))
        .collect();
    sections.sort_unstable();
    sections.dedup();
    let mut known = SECTIONS.to_vec();
    known.sort_unstable();
    assert_eq!(known, sections);
}

#[test]
fn every_operation_with_a_limit_is_known_to_all() {
    let keys = |defaults: &'static str| {
        let settings = Sources::new(&[defaults]).load().unwrap();
        settings.section::<BTreeMap<String, Value>>("rate_limits").unwrap().into_keys()
    };
    let own = [
        auth_service::AuthService::DEFAULTS,
        project_service::ProjectService::DEFAULTS,
        chat_service::ChatService::DEFAULTS,
    ];
    let platforms: BTreeSet<String> = keys("").collect();
    let sections: BTreeSet<String> =
        own.into_iter().flat_map(keys).filter(|key| !platforms.contains(key)).collect();
    assert_eq!(LIMITED.iter().map(ToString::to_string).collect::<BTreeSet<_>>(), sections);
    assert_eq!(LIMITED.len(), sections.len());
}

#[test]
fn a_limit_of_nothing_stops_every_start() {
    let name = "OMNICHAT__RATE_LIMITS__LOGIN";
    let folder = tempfile::tempdir().unwrap();
    for service in ["omnichat", "auth-service", "project-service", "chat-service"] {
        let mut command = command(service);
        if service == "omnichat" {
            command.arg("--data-dir").arg(folder.path());
        }
        let output = command.envs([URL, SECRETS, (name, "1")]).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && said.contains(name), "{service}: {said}");
    }
}
