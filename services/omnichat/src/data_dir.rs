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
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use crate::DEFAULTS;

/// The folder.
#[derive(Debug, Clone)]
pub struct DataDir {
    path: PathBuf,
    /// Whether what is missing in it may be made.
    may_make: bool,
}

/// A ring of secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ring {
    /// Which signs tokens.
    Signing,
    /// Which seals other secrets.
    Sealing,
}

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

impl Ring {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Signing, Self::Sealing];

    /// The setting that gives it.
    pub fn variable(self) -> &'static str {
        match self {
            Self::Signing => "JWT_SECRETS",
            Self::Sealing => "KEY_ENCRYPTION_KEYS",
        }
    }

    fn file(self) -> &'static str {
        match self {
            Self::Signing => "jwt-secrets",
            Self::Sealing => "key-encryption-keys",
        }
    }

    fn purpose(self) -> &'static str {
        match self {
            Self::Signing => "signing tokens",
            Self::Sealing => "sealing other secrets",
        }
    }

    /// A new key of it, under an id.
    pub fn new_key(self, id: &str) -> String {
        let mut random = vec![
            0;
            match self {
                Self::Signing => 48,
                Self::Sealing => 32,
            }
        ];
        SystemEntropy.fill(&mut random);
        format!("{id}:{}", STANDARD_NO_PAD.encode(random))
    }

    /// Whether a setting gives it, so that it is not the folder's.
    fn is_given(self, settings: &Settings) -> anyhow::Result<bool> {
        let is_set = |secret: &SecretString| !secret.expose_secret().is_empty();
        Ok(match self {
            Self::Signing => {
                let tokens: Tokens = settings.section("tokens")?;
                is_set(&tokens.secrets) || is_set(&tokens.secret)
            }
            Self::Sealing => is_set(&settings.section::<Sealing>("sealing")?.keys),
        })
    }
}

impl DataDir {
    /// The folder at `path`, made if it is not there; then only its owner may look into it.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn open(path: PathBuf) -> anyhow::Result<Self> {
        let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(&path);
        made.with_context(|| format!("--data-dir {} cannot be made", path.display()))?;
        Ok(Self { path, may_make: true })
    }

    /// The folder at `path` as it is: nothing is made in it, neither databases nor secrets.
    pub fn as_it_is(path: PathBuf) -> Self {
        Self { path, may_make: false }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where a ring of the folder is kept.
    pub fn ring_file(&self, ring: Ring) -> PathBuf {
        self.path.join(ring.file())
    }

    /// All settings: what nobody has set of databases and secrets is in the folder.
    ///
    /// # Errors
    /// A setting is wrong, or the folder cannot be read or written.
    pub fn settings(&self, config: Option<&Path>) -> anyhow::Result<Settings> {
        let given = given(config)?;
        let mut ours = Vec::new();
        if given.section::<Database>("database")?.url.expose_secret().is_empty() {
            let mode = if self.may_make { "rwc" } else { "rw" };
            let url = format!("sqlite://{}/{{service}}.db?mode={mode}", self.path.display());
            ours.push(("DATABASE_URL", url));
        }
        for ring in Ring::ALL {
            if !ring.is_given(&given)? {
                ours.push((ring.variable(), self.ring(ring)?));
            }
        }
        let sources = Sources::new(DEFAULTS).file(config).process_environment();
        Ok(sources.variables(ours).load()?)
    }

    /// Puts a new key first into a ring of the folder; the others stay. `None`, and nothing is done, where a setting gives the
    /// ring.
    ///
    /// # Errors
    /// The folder has no such ring, or it cannot be written.
    pub fn rotate(
        &self,
        ring: Ring,
        id: &str,
        config: Option<&Path>,
    ) -> anyhow::Result<Option<PathBuf>> {
        if ring.is_given(&given(config)?)? {
            return Ok(None);
        }
        let others = self.ring(ring)?;
        let path = self.ring_file(ring);
        keep(&path, &format!("{},{others}", ring.new_key(id)))?;
        Ok(Some(path))
    }

    /// A ring of the folder, made at the first start: one key.
    #[expect(clippy::print_stdout, reason = "whoever starts it for the first time should know")]
    fn ring(&self, ring: Ring) -> anyhow::Result<String> {
        let path = self.ring_file(ring);
        if self.may_make && !path.exists() {
            keep(&path, &ring.new_key("generated"))?;
            println!("A secret for {} was made: {}", ring.purpose(), path.display());
        }
        let text = fs::read_to_string(&path).with_context(|| {
            let variable = ring.variable();
            format!("{} cannot be read, and {variable} is not set", path.display())
        })?;
        Ok(text.trim().to_owned())
    }
}

/// What the file and the environment give.
fn given(config: Option<&Path>) -> anyhow::Result<Settings> {
    Ok(Sources::new(DEFAULTS).file(config).process_environment().load()?)
}

/// Writes a secret beside its place and renames it, so that it is there whole or not at all.
fn keep(path: &Path, secret: &str) -> anyhow::Result<()> {
    let unfinished = path.with_extension("new");
    let mut options = fs::OpenOptions::new();
    let mut file = options
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&unfinished)
        .with_context(|| format!("{} cannot be written", unfinished.display()))?;
    file.write_all(secret.as_bytes())?;
    file.sync_all()?;
    Ok(fs::rename(&unfinished, path)?)
}
