//! The folder of the all-in-one: its databases, and the secrets that nobody gave it.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use common::{Entropy as _, SystemEntropy};
use platform::settings::{Settings, Sources};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use crate::DEFAULTS;

/// The folder.
#[derive(Debug, Clone)]
pub struct DataDir(PathBuf);

#[derive(Deserialize)]
struct Tokens {
    secrets: SecretString,
    secret: SecretString,
}

#[derive(Deserialize)]
struct Sealing {
    keys: SecretString,
}

#[derive(Deserialize)]
struct Database {
    url: SecretString,
}

impl DataDir {
    /// The folder at `path`, made if it is not there; then only its owner may look into it.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn open(path: PathBuf) -> anyhow::Result<Self> {
        let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(&path);
        made.with_context(|| format!("--data-dir {} cannot be made", path.display()))?;
        Ok(Self(path))
    }

    /// All settings: what nobody has set of databases and secrets is in the folder.
    ///
    /// # Errors
    /// A setting is wrong, or the folder cannot be read or written.
    pub fn settings(&self, config: Option<&Path>) -> anyhow::Result<Settings> {
        let sources = || Sources::new(DEFAULTS).file(config);
        let given = sources().process_environment().load()?;
        let mut ours = Vec::new();
        if given.section::<Database>("database")?.url.expose_secret().is_empty() {
            let url = format!("sqlite://{}/{{service}}.db?mode=rwc", self.0.display());
            ours.push(("DATABASE_URL", url));
        }
        let tokens: Tokens = given.section("tokens")?;
        if tokens.secrets.expose_secret().is_empty() && tokens.secret.expose_secret().is_empty() {
            ours.push(("JWT_SECRETS", self.ring("jwt-secrets", 48, "signing tokens")?));
        }
        if given.section::<Sealing>("sealing")?.keys.expose_secret().is_empty() {
            let keys = self.ring("key-encryption-keys", 32, "sealing other secrets")?;
            ours.push(("KEY_ENCRYPTION_KEYS", keys));
        }
        Ok(sources().process_environment().variables(ours).load()?)
    }

    /// A ring of the folder, made at the first start: one key of `bytes` random bytes.
    #[expect(clippy::print_stdout, reason = "whoever starts it for the first time should know")]
    fn ring(&self, name: &str, bytes: usize, purpose: &str) -> anyhow::Result<String> {
        let path = self.0.join(name);
        if !path.exists() {
            let mut random = vec![0; bytes];
            SystemEntropy.fill(&mut random);
            // Written beside and renamed, so that it is there whole or not at all.
            let unfinished = self.0.join(format!("{name}.new"));
            let mut options = fs::OpenOptions::new();
            let mut file = options
                .write(true)
                .create(true)
                .truncate(true)
                .mode(0o600)
                .open(&unfinished)
                .with_context(|| format!("{} cannot be written", unfinished.display()))?;
            file.write_all(format!("generated:{}", STANDARD_NO_PAD.encode(random)).as_bytes())?;
            file.sync_all()?;
            fs::rename(&unfinished, &path)?;
            println!("A secret for {purpose} was made: {}", path.display());
        }
        let ring = fs::read_to_string(&path)
            .with_context(|| format!("{} cannot be read", path.display()))?;
        Ok(ring.trim().to_owned())
    }
}
