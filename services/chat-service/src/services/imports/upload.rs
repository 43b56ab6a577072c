use std::sync::Arc;

use common::ImportId;
use common::domain::idempotency::{Fingerprinter, IdempotencyKey, RequestKey};
use common::domain::import::{Import, ImportError};
use common::domain::message::Lease;

use super::Imports;

/// How many bytes are stored at once.
const PIECE: usize = 256 * 1024;

/// A file that is coming. One that is dropped before its end is forgotten.
pub struct Receiving {
    imports: Arc<Imports>,
    import: Import,
    lease: Lease,
    key: Option<(IdempotencyKey, Fingerprinter)>,
    /// What has come and is not stored yet.
    held: Vec<u8>,
    number: u32,
    is_whole: bool,
}

impl Receiving {
    pub(super) fn new(
        imports: Arc<Imports>,
        import: Import,
        lease: Lease,
        key: Option<(IdempotencyKey, Fingerprinter)>,
    ) -> Self {
        Self { imports, import, lease, key, held: Vec::new(), number: 0, is_whole: false }
    }

    /// Takes what comes next.
    ///
    /// # Errors
    /// `NotJson`, if the file cannot be one that is read.
    pub async fn take(&mut self, bytes: &[u8]) -> Result<(), ImportError> {
        if let Some((_, fingerprinter)) = &mut self.key {
            fingerprinter.update(bytes);
        }
        self.held.extend_from_slice(bytes);
        if self.held.len() >= PIECE { self.store().await } else { Ok(()) }
    }

    /// Takes the file, now that it is whole: from here on it will be read, whatever happens. The import of it, or of an earlier
    /// file with its key.
    pub async fn finish(mut self) -> Result<ImportId, ImportError> {
        if !self.held.is_empty() || self.number == 0 {
            self.store().await?;
        }
        let key = self
            .key
            .take()
            .map(|(key, fingerprinter)| RequestKey { key, fingerprint: fingerprinter.finish() });
        let uploads = &self.imports.uploads;
        let accepted = uploads.accept(&self.import, self.lease, key.as_ref()).await?;
        self.is_whole = true;
        let imports = self.imports.clone();
        self.imports.instance.tasks.spawn(async move { imports.take_up().await });
        Ok(accepted)
    }

    async fn store(&mut self) -> Result<(), ImportError> {
        if self.number == 0 && !begins_as_json(&self.held) {
            return Err(ImportError::NotJson);
        }
        let piece = std::mem::take(&mut self.held);
        let uploads = &self.imports.uploads;
        uploads.append(self.import.id, self.lease, self.number, &piece).await?;
        self.number += 1;
        Ok(())
    }
}

impl Drop for Receiving {
    fn drop(&mut self) {
        if self.is_whole {
            return;
        }
        let (imports, owner, id) = (self.imports.clone(), self.import.owner, self.import.id);
        self.imports.instance.tasks.spawn(async move {
            if let Err(error) = imports.uploads.abandon(owner, id).await {
                tracing::warn!(%error, import = %id, "a file that stopped coming is kept for a while");
            }
        });
    }
}

/// So that who sends an archive is told at once.
fn begins_as_json(piece: &[u8]) -> bool {
    let piece = piece.strip_prefix(b"\xef\xbb\xbf").unwrap_or(piece).trim_ascii_start();
    matches!(piece.first(), Some(b'{' | b'['))
}
