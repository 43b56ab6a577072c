//! The gateway as it is shipped: nginx with the files of `deploy/gateway`, in which only addresses and folders are replaced.

use std::io::Write as _;
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tokio::time::{sleep, timeout};

/// Where it is, of which an ordinary user's PATH may not know.
const FIND: &str = "PATH=$PATH:/usr/sbin:/usr/local/sbin; command -v nginx";

const PAUSE: Duration = Duration::from_millis(20);
const PATIENCE: Duration = Duration::from_secs(30);

/// A gateway on two free ports, gone when dropped.
pub struct Nginx {
    child: Child,
    folder: tempfile::TempDir,
    /// `http://127.0.0.1:port`.
    pub base_url: String,
    /// Where it listens with TLS, if it does.
    pub tls_address: String,
}

/// Where the services are, as `127.0.0.1:port`.
pub struct Upstreams<'a> {
    pub auth: &'a str,
    pub project: &'a str,
    pub chat: &'a str,
}

impl Nginx {
    /// In front of some services; `None`, and it says so, where nginx is not installed.
    pub fn start(upstreams: &Upstreams<'_>) -> Option<Self> {
        Self::start_with(upstreams, &[])
    }

    /// The same, with more replaced: what an operator would change.
    pub fn start_with(upstreams: &Upstreams<'_>, changes: &[(&str, &str)]) -> Option<Self> {
        let program = program()?;
        let folder = tempfile::Builder::new().prefix("omnichat-gateway-").tempdir().unwrap();
        let [plain, tls] = [(); 2].map(|()| listener());
        let address = |listener: &TcpListener| listener.local_addr().unwrap().to_string();
        let (plain_address, tls_address) = (address(&plain), address(&tls));
        let listens = [format!("listen {plain_address}"), format!("listen {tls_address}")];
        let here = |path: &str| folder.path().join(path).display().to_string();
        let mut replaced: Vec<_> =
            changes.iter().map(|(old, new)| (*old, (*new).to_owned())).collect();
        replaced.extend([
            ("auth-service:8000", upstreams.auth.to_owned()),
            ("project-service:8001", upstreams.project.to_owned()),
            ("chat-service:8002", upstreams.chat.to_owned()),
            ("127.0.0.1:8000", upstreams.auth.to_owned()),
            ("127.0.0.1:8001", upstreams.project.to_owned()),
            ("127.0.0.1:8002", upstreams.chat.to_owned()),
            ("listen 8080", listens[0].clone()),
            ("listen 80;", format!("{};", listens[0])),
            ("listen 443", listens[1].clone()),
            ("/dev/stdout", here("access.log")),
            ("/usr/share/omnichat", here("share")),
        ]);
        copy(&folder.path().join("conf"), &replaced);

        let mut command = Command::new(program);
        command.arg("-p").arg(folder.path()).arg("-c").arg(folder.path().join("conf/nginx.conf"));
        if let Some(nobody) = nobody() {
            std::os::unix::fs::chown(folder.path(), Some(nobody), None).unwrap();
            command.uid(nobody);
        }
        // It takes the sockets that we have bound over from its input and output, as from an nginx that it replaces: so it
        // listens from the first moment on, and nobody else can take the ports.
        let child = command
            .env_clear()
            .envs([("TZ", "UTC"), ("NGINX", "0;1;")])
            .stdin(Stdio::from(OwnedFd::from(plain)))
            .stdout(Stdio::from(OwnedFd::from(tls)))
            .stderr(std::fs::File::create(folder.path().join("error.log")).unwrap())
            .spawn()
            .unwrap();
        let base_url = format!("http://{plain_address}");
        let nginx = Self { child, folder, base_url, tls_address };
        // As deploy/Dockerfile puts it there.
        nginx.share("openapi.json", include_str!("../../../../../docs/openapi/omnichat.json"));
        Some(nginx)
    }

    /// A file at the place of `/usr/share/omnichat/…`.
    pub fn share(&self, path: &str, content: &str) {
        let path = self.folder.path().join("share").join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    /// Puts another address in a service's place, has the configuration read anew, and waits until every worker with the old one
    /// takes no more connections.
    pub async fn point(&self, old: &str, new: &str) {
        for name in ["place.conf", "machine.conf"] {
            let path = self.folder.path().join("conf").join(name);
            let text = std::fs::read_to_string(&path).unwrap();
            std::fs::write(
                &path,
                text.replace(&format!("server {old};"), &format!("server {new};")),
            )
            .unwrap();
        }
        let workers = self.workers();
        // What `nginx -s reload` sends.
        Command::new("kill").args(["-HUP", &self.child.id().to_string()]).status().unwrap();
        let left = async {
            while !workers.iter().all(|worker| is_leaving(worker)) {
                sleep(PAUSE).await;
            }
        };
        timeout(PATIENCE, left).await.unwrap();
    }

    /// The ids of its workers' processes.
    fn workers(&self) -> Vec<String> {
        let master = self.child.id();
        let children =
            std::fs::read_to_string(format!("/proc/{master}/task/{master}/children")).unwrap();
        children.split_whitespace().map(str::to_owned).collect()
    }

    /// Ends it, and gives all that it has logged.
    pub fn logged(mut self) -> String {
        self.stop();
        let read = |name| std::fs::read_to_string(self.folder.path().join(name)).unwrap();
        read("access.log") + &read("error.log")
    }

    /// SIGTERM, which its workers are told of too.
    fn stop(&mut self) {
        Command::new("kill").arg(self.child.id().to_string()).status().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Nginx {
    #[expect(clippy::print_stdout, reason = "for whoever looks for the cause")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            let log = std::fs::read_to_string(self.folder.path().join("error.log"));
            println!("The gateway's log:\n{}", log.unwrap_or_default());
        }
        if matches!(self.child.try_wait(), Ok(None)) {
            self.stop();
        }
    }
}

/// A socket as nginx opens them itself: a worker that finds that another was quicker must not wait for the next connection.
fn listener() -> TcpListener {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    listener
}

/// Whether a worker takes no more connections: it says so in its title, or has ended.
fn is_leaving(worker: &str) -> bool {
    let title = std::fs::read(format!("/proc/{worker}/cmdline")).unwrap_or_default();
    title.is_empty() || String::from_utf8_lossy(&title).contains("is shutting down")
}

/// `deploy/gateway`.
pub fn shipped() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/gateway")
}

/// Its files, with the place.conf for one machine beside them, as machine.conf.
fn copy(folder: &Path, replaced: &[(&str, String)]) {
    std::fs::create_dir(folder).unwrap();
    let files = std::fs::read_dir(shipped()).unwrap().map(|file| file.unwrap().path());
    let named = files.filter(|path| path.is_file()).map(|path| {
        let name = path.file_name().unwrap().to_owned();
        (path, name)
    });
    let machine = (shipped().join("../systemd/place.conf"), "machine.conf".into());
    for (path, name) in named.chain([machine]) {
        let text = std::fs::read_to_string(path).unwrap();
        let text = replaced.iter().fold(text, |text, (old, new)| text.replace(old, new));
        std::fs::write(folder.join(name), text).unwrap();
    }
}

fn program() -> Option<String> {
    let found = Command::new("sh").args(["-c", FIND]).output().unwrap();
    if !found.status.success() {
        // Not `println!`, which is not shown of a test that does not fail.
        let said = b"SKIPPED the gateway: nginx is missing; see scripts/test-setup\n";
        std::io::stderr().write_all(said).unwrap();
        return None;
    }
    Some(String::from_utf8(found.stdout).unwrap().trim().to_owned())
}

/// Whom it runs as where we are root.
fn nobody() -> Option<u32> {
    let id = |arguments: &[&str]| {
        let output = Command::new("id").args(arguments).output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim().parse().unwrap()
    };
    (id(&["-u"]) == 0).then(|| id(&["-u", "nobody"]))
}
