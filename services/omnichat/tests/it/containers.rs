//! The images and the Compose file, as far as they can be checked without an engine for containers.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use auth_service::AuthService;
use chat_service::ChatService;
use platform::Instance;
use platform::cli::Service;
use platform::sealing::Sealer;
use platform::settings::{ServerSettings, Sources};
use project_service::ProjectService;
use serde_json::{Value, json};

use super::tools::{assert_finds_nothing, root, tool, yaml};

/// Each service's name and defaults.
pub const SERVICES: [(&str, &str); 3] = [
    (AuthService::NAME, AuthService::DEFAULTS),
    (ProjectService::NAME, ProjectService::DEFAULTS),
    (ChatService::NAME, ChatService::DEFAULTS),
];

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap()
}

/// The lines `NAME=value` of a file.
pub fn variables(text: &str) -> BTreeMap<String, String> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .filter_map(|line| line.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// The Compose file.
fn compose() -> Option<Value> {
    Some(yaml(&read("docker-compose.yml"))?.remove(0))
}

/// A text with `${NAME}`, `${NAME:-default}` and `${NAME:?message}` filled in, and the names that were.
fn filled(text: &str, values: &BTreeMap<String, String>, names: &mut BTreeSet<String>) -> String {
    let Some((before, rest)) = text.split_once("${") else { return text.to_owned() };
    let (inside, after) = rest.split_once('}').unwrap();
    let (name, otherwise) = inside.split_once(':').unwrap_or((inside, ""));
    names.insert(name.to_owned());
    let given = values.get(name).map(String::as_str).filter(|value| !value.is_empty());
    let value = given.unwrap_or_else(|| {
        assert!(!otherwise.starts_with('?'), "{name} is not set");
        otherwise.trim_start_matches('-')
    });
    format!("{before}{value}{}", filled(after, values, names))
}

#[test]
fn the_files_are_sound() {
    if let Some(mut hadolint) = tool("hadolint") {
        hadolint.arg("deploy/Dockerfile");
        assert_finds_nothing(hadolint);
    }
    if let Some(mut schema) = tool("check-jsonschema") {
        schema.args(["--builtin-schema", "vendor.compose-spec", "docker-compose.yml"]);
        assert_finds_nothing(schema);
    }
}

/// `.env`, as `make up` makes it.
fn made_env() -> BTreeMap<String, String> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("scripts")).unwrap();
    for file in ["scripts/make-env", ".env.example"] {
        std::fs::copy(root().join(file), folder.path().join(file)).unwrap();
    }
    let make = || {
        let output = Command::new(folder.path().join("scripts/make-env")).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        std::fs::read_to_string(folder.path().join(".env")).unwrap()
    };
    let made = make();
    assert_eq!(make(), made, "what is there stays");
    let mode = std::fs::metadata(folder.path().join(".env")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    variables(&made)
}

#[tokio::test]
async fn what_make_up_makes_is_what_compose_and_the_services_want() {
    let values = made_env();
    assert!(values.keys().eq(variables(&read(".env.example")).keys()));
    let secrets: BTreeSet<_> = values
        .iter()
        .filter(|(name, _)| name.ends_with("_PASSWORD"))
        .map(|(_, value)| value)
        .collect();
    assert_eq!(secrets.len(), 7, "each is another");
    assert!(secrets.iter().all(|secret| secret.len() == 48));

    let Some(compose) = compose() else { return };
    let mut names = BTreeSet::new();
    filled(&compose.to_string(), &values, &mut names);
    let operators =
        ["OMNICHAT_VERSION", "OMNICHAT_COMMIT", "OMNICHAT_BUILD_TIME", "OMNICHAT_SUBNET"];
    let known: BTreeSet<_> = values.keys().cloned().chain(operators.map(str::to_owned)).collect();
    assert_eq!(names, known, "every variable is used, and every one that is used can be found");

    for (service, defaults) in SERVICES {
        let given = compose["services"][service]["environment"].as_object().unwrap();
        let given = given.iter().map(|(name, value)| {
            (name.clone(), filled(value.as_str().unwrap(), &values, &mut names))
        });
        let settings = Sources::new(&[defaults]).variables(given).load().unwrap();
        Instance::new(&settings).unwrap();
        let server: ServerSettings = settings.section("server").unwrap();
        assert_eq!(server.environment, "production");
        let needs_sealing = service != ProjectService::NAME;
        let sealer = Sealer::from(&settings, std::sync::Arc::new(common::SystemEntropy));
        assert_eq!(sealer.is_ok(), needs_sealing, "{service}");
    }
}

#[test]
fn a_password_reaches_its_own_role_alone() {
    let roles = read("deploy/postgres/roles.sql");
    let Some(compose) = compose() else { return };
    for (service, _) in SERVICES {
        let short = service.trim_end_matches("-service");
        let capital = short.to_uppercase();
        for (container, role, password) in [
            (service.to_owned(), format!("omnichat_{short}"), format!("{capital}_DB_PASSWORD")),
            (
                format!("migrate-{short}"),
                format!("omnichat_{short}_migrate"),
                format!("{capital}_MIGRATE_DB_PASSWORD"),
            ),
        ] {
            assert!(roles.contains(&format!(" {password}\n")), "{password}");
            let given = &compose["services"][&container]["environment"];
            let url = format!("postgres://{role}:${{{password}}}@postgres:5432/omnichat");
            assert_eq!(given["DATABASE_URL"], url);
            assert_eq!(given.to_string().matches("PASSWORD}").count(), 1, "{container}");
        }
    }
}

#[test]
fn every_container_is_confined_and_only_the_gateway_is_open() {
    let Some(compose) = compose() else { return };
    let services = compose["services"].as_object().unwrap();
    assert_eq!(services.len(), 8);
    for (name, service) in services {
        assert_eq!(service["security_opt"], json!(["no-new-privileges:true"]), "{name}");
        if name != "postgres" {
            let confined = [&service["read_only"], &service["cap_drop"]];
            assert_eq!(confined, [&json!(true), &json!(["ALL"])], "{name}");
        }
        assert_eq!(service.get("ports").is_some(), name == "gateway");
        let networks = match name.as_str() {
            "gateway" => json!(["services"]),
            name if name.ends_with("-service") => json!(["data", "services"]),
            _ => json!(["data"]),
        };
        assert_eq!(service["networks"], networks, "{name}");
        let has_check = service.get("healthcheck").is_some();
        assert_eq!(has_check, !name.starts_with("migrate-"), "{name}");
    }
    assert_eq!(compose["networks"]["data"]["internal"], true);
}
