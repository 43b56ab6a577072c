//! A PostgreSQL of our own: started on a free port in a temporary folder, as an ordinary user even when we are root, and
//! removed when the test process ends, however it ends. Benchmarks have a second one, which takes commits seriously.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

/// How long a server may take to start after a crash.
const PATIENCE: Duration = Duration::from_secs(60);

static VOLATILE: OnceLock<Cluster> = OnceLock::new();
static DURABLE: OnceLock<Cluster> = OnceLock::new();

/// What a server of ours does with what is committed.
#[derive(Debug, Clone, Copy)]
pub enum Commits {
    /// Says so before it is written down: fast, for tests that only need a database.
    Volatile,
    /// Keeps it when its processes are killed. Only the machine's own crash would need `fsync`.
    Kept,
    /// Has it on disk before it says so, as an operator's does.
    Durable,
}

/// A server that databases can be made on.
pub struct Cluster {
    /// `postgres://user@host:port`, without a database.
    pub address: String,
    /// Whether somebody else runs it, so that what we make on it must be removed again.
    pub is_borrowed: bool,
    _own: Option<PostgresServer>,
}

/// A PostgreSQL server of a test's own, which the test may stop and start. Gone when this is dropped.
pub struct PostgresServer {
    bin: PathBuf,
    folder: PathBuf,
    user: Option<(u32, u32)>,
    port: u16,
    commits: Commits,
    /// Whether it speaks TLS.
    tls: bool,
    /// While this is open, the watchdog waits.
    _alive: ChildStdin,
}

/// How a server is stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// Connections are ended and all is written down.
    Fast,
    /// Connections break off; what was acknowledged is found again at the next start.
    Immediate,
    /// As if its memory had run out: `kill -9`.
    Kill,
}

/// The process's server: `TEST_DATABASE_URL`'s if that is set, however that commits; else one of our own.
pub fn cluster(commits: Commits) -> &'static Cluster {
    let cluster = match commits {
        Commits::Volatile => &VOLATILE,
        Commits::Kept | Commits::Durable => &DURABLE,
    };
    #[expect(clippy::disallowed_methods, reason = "a test's setting, not a service's")]
    cluster.get_or_init(|| match std::env::var("TEST_DATABASE_URL") {
        Ok(url) => {
            let (address, _database) =
                url.rsplit_once('/').expect("TEST_DATABASE_URL is postgres://host/database");
            Cluster { address: address.to_owned(), is_borrowed: true, _own: None }
        }
        Err(_) => {
            let own = PostgresServer::launch(commits, None);
            Cluster { address: own.address(), is_borrowed: false, _own: Some(own) }
        }
    })
}

/// Where a program of the newest PostgreSQL on this machine is, such as `pgbench`.
pub fn postgres_program(name: &str) -> PathBuf {
    binaries().join(name)
}

impl Commits {
    fn settings(self) -> &'static str {
        match self {
            Self::Volatile => "-c fsync=off -c synchronous_commit=off -c full_page_writes=off",
            Self::Kept => "-c fsync=off -c full_page_writes=off",
            Self::Durable => "",
        }
    }
}

impl PostgresServer {
    /// A new server, running. What it acknowledges it keeps, however it is stopped.
    pub fn new() -> Self {
        Self::launch(Commits::Kept, None)
    }

    /// The same, which speaks TLS with a certificate and its key, both PEM. It still takes connections without.
    pub fn with_tls(certificate: &str, key: &str) -> Self {
        Self::launch(Commits::Kept, Some([certificate, key]))
    }

    /// A replica of this one, running, which follows it over the network.
    pub fn replica(&self) -> Self {
        let replica = Self::laid_out(self.commits, false);
        let port = self.port.to_string();
        let copy = ["-R", "-c", "fast", "-h", "127.0.0.1", "-U", "omnichat", "-p", &port];
        replica.run("pg_basebackup", &copy).unwrap_or_else(|error| panic!("a copy: {error}"));
        replica.start();
        replica
    }

    /// The address of its one database.
    pub fn url(&self) -> String {
        format!("{}/postgres", self.address())
    }

    /// Stops it, and waits until it has.
    pub fn stop(&self, how: Stop) {
        match how {
            Stop::Fast => self.control(&["-m", "fast", "stop"]),
            Stop::Immediate => self.control(&["-m", "immediate", "stop"]),
            Stop::Kill => {
                let pid = fs::read_to_string(self.folder.join("data/postmaster.pid")).unwrap();
                let pid = pid.lines().next().expect("its process's number");
                let killed = Command::new("kill").args(["-9", pid]).status().unwrap();
                assert!(killed.success(), "kill -9 {pid}");
            }
        }
    }

    /// Starts it again, and waits until it takes connections.
    pub fn start(&self) {
        let options = format!(
            "-p {} -k {} -c listen_addresses=127.0.0.1 -c max_connections=400 -c ssl={} {}",
            self.port,
            self.folder.display(),
            self.tls,
            self.commits.settings()
        );
        let log = self.folder.join("log");
        let arguments = ["-w", "-l", log.to_str().unwrap(), "-o", &options, "start"];
        let until = Instant::now() + PATIENCE;
        // What a killed server leaves behind holds its memory for a moment.
        while let Err(refused) = self.try_control(&arguments) {
            assert!(Instant::now() < until, "pg_ctl start: {refused}");
            thread::sleep(Duration::from_millis(50));
        }
    }

    fn launch(commits: Commits, tls: Option<[&str; 2]>) -> Self {
        let server = Self::laid_out(commits, tls.is_some());
        let database = ["-U", "omnichat", "-A", "trust", "-N", "-E", "UTF8", "--locale=C.UTF-8"];
        server.run("initdb", &database).unwrap_or_else(|error| panic!("initdb: {error}"));
        for (name, pem) in ["server.crt", "server.key"].into_iter().zip(tls.into_iter().flatten()) {
            server.keep(name, pem);
        }
        server.start();
        server
    }

    /// A server's folder and port, without data.
    fn laid_out(commits: Commits, tls: bool) -> Self {
        let bin = binaries();
        let folder =
            tempfile::Builder::new().prefix("omnichat-postgres-").tempdir().unwrap().keep();
        let user = unprivileged_user();
        if let Some((uid, gid)) = user {
            std::os::unix::fs::chown(&folder, Some(uid), Some(gid)).unwrap();
        }
        let alive = watchdog(&bin, &folder, user);
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        Self { bin, folder, user, port, commits, tls, _alive: alive }
    }

    /// Writes a file that the server's user alone may read, as it wants its key to be.
    fn keep(&self, name: &str, text: &str) {
        let path = self.folder.join("data").join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        if let Some((uid, gid)) = self.user {
            std::os::unix::fs::chown(&path, Some(uid), Some(gid)).unwrap();
        }
    }

    fn address(&self) -> String {
        format!("postgres://omnichat@127.0.0.1:{}", self.port)
    }

    fn control(&self, arguments: &[&str]) {
        self.try_control(arguments).unwrap_or_else(|error| panic!("pg_ctl {arguments:?}: {error}"));
    }

    fn try_control(&self, arguments: &[&str]) -> Result<(), String> {
        self.run("pg_ctl", arguments)
    }

    /// Runs one of PostgreSQL's programs on the server's data; what it says where it fails.
    fn run(&self, program: &str, arguments: &[&str]) -> Result<(), String> {
        let mut command = Command::new(self.bin.join(program));
        command.arg("-D").arg(self.folder.join("data")).args(arguments);
        command.current_dir("/").stdout(Stdio::null()).stderr(Stdio::piped());
        become_user(&mut command, self.user);
        let output = command.output().unwrap_or_else(|error| panic!("{program}: {error}"));
        let said = || String::from_utf8_lossy(&output.stderr).into_owned();
        if output.status.success() { Ok(()) } else { Err(said()) }
    }
}

impl Default for PostgresServer {
    fn default() -> Self {
        Self::new()
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
    let installed = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
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
