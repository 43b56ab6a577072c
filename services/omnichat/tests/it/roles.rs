//! The roles of PostgreSQL under which the services run, made as an operator makes them: by `deploy/postgres/roles.sql`.

use std::io::Write as _;
use std::process::{Command, Stdio};

use reqwest::Url;
use testkit::{Engine, TestDatabase};

use super::backup::{assert_done, script};
use super::deployment::migrate;

const SERVICES: [&str; 3] = ["auth", "project", "chat"];

/// The roles of a database, dropped with all that is theirs when this is.
pub struct Roles {
    administrator: Url,
}

impl Roles {
    /// Makes them; `None`, and it says so, where the tests' role may not.
    pub fn make(database_url: &str) -> Option<Self> {
        let administrator: Url = database_url.parse().unwrap();
        let may = "SELECT rolsuper FROM pg_roles WHERE rolname = current_user";
        if psql(&administrator, &["-c", may], []).unwrap() != "t" {
            // Not `println!`, which is not shown of a test that does not fail.
            let said = b"SKIPPED the roles of PostgreSQL: the tests' role is no superuser\n";
            std::io::stderr().write_all(said).unwrap();
            return None;
        }
        let roles = Self { administrator };
        // Twice, as whoever sets other passwords does.
        roles.run_the_file();
        roles.run_the_file();
        Some(roles)
    }

    fn run_the_file(&self) {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/postgres/roles.sql");
        let passwords = SERVICES.map(str::to_uppercase).into_iter().flat_map(|service| {
            ["", "_MIGRATE"].map(|kind| (format!("{service}{kind}_DB_PASSWORD"), "it's secret"))
        });
        psql(&self.administrator, &["-f", file], passwords).unwrap();
    }

    /// The address of the database for the role that serves.
    pub fn server(&self, service: &str) -> String {
        self.address(service, "")
    }

    /// And for the one that owns the schema.
    pub fn owner(&self, service: &str) -> String {
        self.address(service, "_migrate")
    }

    /// What a role may do: the first line that a statement gives, or why it failed.
    pub fn try_as(&self, address: &str, statement: &str) -> Result<String, String> {
        psql(&address.parse().unwrap(), &["-c", statement], [])
    }

    fn address(&self, service: &str, kind: &str) -> String {
        let mut address = self.administrator.clone();
        let name = address.path().trim_start_matches('/').to_owned();
        address.set_username(&format!("{name}_{service}{kind}")).unwrap();
        address.set_password(Some("it's secret")).unwrap();
        address.to_string()
    }

    fn tell(&self, statement: &str) -> String {
        psql(&self.administrator, &["-c", statement], []).unwrap()
    }
}

impl Drop for Roles {
    fn drop(&mut self) {
        let name = self.administrator.path().trim_start_matches('/');
        for service in SERVICES {
            for role in [format!("{name}_{service}"), format!("{name}_{service}_migrate")] {
                let dropped = format!("DROP OWNED BY {role}; DROP ROLE {role}");
                let _ = psql(&self.administrator, &["-c", &dropped], []);
            }
        }
    }
}

/// What a statement or a file gives: its first line, or why it failed.
pub fn psql(
    address: &Url,
    arguments: &[&str],
    variables: impl IntoIterator<Item = (String, &'static str)>,
) -> Result<String, String> {
    let output = Command::new("psql")
        .args(["-X", "-q", "-t", "-A", "-v", "ON_ERROR_STOP=1", "-d", address.as_str()])
        .args(arguments)
        .envs(variables)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_restored_as_the_operator_is_told_to() {
    let database = TestDatabase::new(Engine::Postgres).await;
    let Some(roles) = Roles::make(database.url()) else { return };
    let migrate_all = || {
        for service in SERVICES {
            migrate(&format!("{service}-service"), &roles.owner(service));
        }
    };
    migrate_all();
    let chat = roles.server("chat");
    roles.try_as(&chat, "INSERT INTO chat.tombstones VALUES (gen_random_uuid())").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let backup = folder.path().join("backup").display().to_string();
    let administrator = roles.administrator.as_str();
    let Some(made) = script("backup", administrator, &backup) else { return };
    assert_done(&made);

    for service in SERVICES {
        roles.tell(&format!("DROP SCHEMA {service} CASCADE"));
    }
    roles.run_the_file();
    assert_done(&script("restore", &backup, administrator).unwrap());
    migrate_all();
    let count = roles.try_as(&chat, "SELECT count(*) FROM chat.tombstones").unwrap();
    assert_eq!(count, "1");
    // What a later migration makes can be read and written too.
    roles.try_as(&roles.owner("chat"), "CREATE TABLE chat.later (id int)").unwrap();
    roles.try_as(&chat, "INSERT INTO chat.later VALUES (1)").unwrap();
    roles.try_as(&chat, "CREATE TABLE chat.more ()").unwrap_err();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_may_read_and_write_its_own_rows_and_nothing_else() {
    let model = mock_llm::MockLlm::start().await;
    let deployment = super::deployment::Deployment::behind_nginx(&model).await;
    let Some(roles) = deployment.roles() else { return };
    let auth = roles.server("auth");
    for allowed in ["SELECT count(*) FROM auth.users", "DELETE FROM auth.rate_buckets"] {
        roles.try_as(&auth, allowed).unwrap();
    }
    for refused in [
        "SELECT count(*) FROM chat.messages",
        "CREATE TABLE auth.more ()",
        "CREATE TABLE public.more ()",
        "CREATE TEMPORARY TABLE more ()",
        "CREATE SCHEMA more",
        "ALTER TABLE auth.users ADD COLUMN more int",
        "TRUNCATE auth.users",
        "DROP TABLE auth.users",
        "SET ROLE postgres",
    ] {
        let error = roles.try_as(&auth, refused).unwrap_err();
        assert!(
            error.contains("denied")
                || error.contains("must be owner")
                || error.contains("does not exist"),
            "{refused}: {error}"
        );
    }
    let owner = roles.owner("auth");
    roles.try_as(&owner, "CREATE TABLE auth.more ()").unwrap();
    roles.try_as(&owner, "SELECT count(*) FROM chat.messages").unwrap_err();
}
