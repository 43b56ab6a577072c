//! A PostgreSQL of our own: started on a free port in a temporary folder, as an ordinary user even when we are root, and
//! removed when the test process ends, however it ends. Benchmarks have a second one, which takes commits seriously.

use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, Stdio};
use std::sync::OnceLock;

static VOLATILE: OnceLock<Cluster> = OnceLock::new();
static DURABLE: OnceLock<Cluster> = OnceLock::new();

/// What a server of ours does with what is committed.
#[derive(Debug, Clone, Copy)]
pub enum Commits {
    /// It forgets it if the machine stops, and is the quicker for it.
    Volatile,
    /// It has it on disk before it says so, as an operator's does.
    Durable,
}

/// A server that databases can be made on.
pub struct Cluster {
    /// `postgres://user@host:port`, without a database.
    pub address: String,
    /// Whether somebody else runs it, so that what we make on it must be removed again.
    pub is_borrowed: bool,
    /// While this is open, the watchdog waits.
    _alive: Option<ChildStdin>,
}

/// The process's server: `TEST_DATABASE_URL`'s if that is set, however that commits; else one of our own.
pub fn cluster(commits: Commits) -> &'static Cluster {
    let cluster = match commits {
        Commits::Volatile => &VOLATILE,
        Commits::Durable => &DURABLE,
    };
    #[expect(clippy::disallowed_methods, reason = "a test's setting, not a service's")]
    cluster.get_or_init(|| match std::env::var("TEST_DATABASE_URL") {
        Ok(url) => {
            let (address, _database) =
                url.rsplit_once('/').expect("TEST_DATABASE_URL is postgres://host/database");
            Cluster { address: address.to_owned(), is_borrowed: true, _alive: None }
        }
        Err(_) => start(commits),
    })
}

/// Where a program of the newest PostgreSQL on this machine is, such as `pgbench`.
pub fn postgres_program(name: &str) -> PathBuf {
    binaries().join(name)
}

fn start(commits: Commits) -> Cluster {
    let bin = binaries();
    let folder = tempfile::Builder::new().prefix("omnichat-postgres-").tempdir().unwrap().keep();
    let user = unprivileged_user();
    if let Some((uid, gid)) = user {
        std::os::unix::fs::chown(&folder, Some(uid), Some(gid)).unwrap();
    }
    let run = |program: &str, arguments: &[&str]| {
        let mut command = Command::new(bin.join(program));
        command.args(arguments).current_dir("/").stdout(Stdio::null()).stderr(Stdio::piped());
        become_user(&mut command, user);
        let output = command.output().unwrap_or_else(|error| panic!("{program}: {error}"));
        assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    };
    let data = folder.join("data");
    let data = data.to_str().unwrap();
    run(
        "initdb",
        &["-D", data, "-U", "omnichat", "-A", "trust", "-N", "-E", "UTF8", "--locale=C.UTF-8"],
    );

    let watchdog = watchdog(&bin, &folder, user);
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let on = match commits {
        Commits::Volatile => "off",
        Commits::Durable => "on",
    };
    let options = format!(
        "-p {port} -k {} -c listen_addresses=127.0.0.1 -c max_connections=400 \
         -c fsync={on} -c synchronous_commit={on} -c full_page_writes={on}",
        folder.display()
    );
    let log = folder.join("log");
    run("pg_ctl", &["-D", data, "-w", "-l", log.to_str().unwrap(), "-o", &options, "start"]);
    Cluster {
        address: format!("postgres://omnichat@127.0.0.1:{port}"),
        is_borrowed: false,
        _alive: Some(watchdog),
    }
}

/// A process that waits for our end, which closes the pipe, and then stops the server and removes its folder.
fn watchdog(bin: &Path, folder: &Path, user: Option<(u32, u32)>) -> ChildStdin {
    let script = r#"cat >/dev/null; "$0/pg_ctl" -D "$1/data" -m immediate stop; rm -rf "$1""#;
    let mut command = Command::new("sh");
    command
        .args(["-c", script])
        .args([bin, folder])
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        // An interrupt from the terminal must not reach it before us.
        .process_group(0);
    become_user(&mut command, user);
    command.spawn().expect("sh starts").stdin.take().expect("its input is ours")
}

fn become_user(command: &mut Command, user: Option<(u32, u32)>) {
    if let Some((uid, gid)) = user {
        command.uid(uid).gid(gid);
    }
}

/// The newest server on this machine.
fn binaries() -> PathBuf {
    let installed = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest = installed
        .filter_map(|entry| {
            Some((entry.file_name().to_str()?.parse::<u32>().ok()?, entry.path().join("bin")))
        })
        .filter(|(_, bin)| bin.join("initdb").exists())
        .max();
    let in_path = || {
        let found =
            Command::new("sh").args(["-c", "dirname \"$(command -v initdb)\""]).output().ok()?;
        let folder = PathBuf::from(String::from_utf8(found.stdout).ok()?.trim());
        folder.join("initdb").exists().then_some(folder)
    };
    newest.map(|(_, bin)| bin).or_else(in_path).expect(
        "no PostgreSQL server here: `apt-get install postgresql`, or set TEST_DATABASE_URL to one where databases may be made",
    )
}

/// PostgreSQL refuses to run as root; then it runs as `postgres`.
fn unprivileged_user() -> Option<(u32, u32)> {
    let id = |arguments: &[&str]| -> u32 {
        let output = Command::new("id").args(arguments).output().expect("`id` runs");
        String::from_utf8_lossy(&output.stdout)
            .trim()
            .parse()
            .unwrap_or_else(|_| panic!("`id {arguments:?}` tells no number"))
    };
    (id(&["-u"]) == 0).then(|| (id(&["-u", "postgres"]), id(&["-g", "postgres"])))
}
