use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::Finding;
use crate::DataDir;
use crate::data_dir::Ring;

/// Whether others than its owner can look into the data folder.
pub fn look_at(folder: &DataDir) -> Vec<Finding> {
    let path = folder.path();
    if !path.exists() {
        let says = format!("{} is not there; what it would have must be set", path.display());
        return vec![Finding::good("data folder", says)];
    }
    let mut findings = vec![private("data folder", path, "700")];
    let rings = Ring::ALL.map(|ring| folder.ring_file(ring));
    findings.extend(
        rings.iter().filter(|file| file.exists()).map(|file| private("secret", file, "600")),
    );
    findings
}

/// That only its owner may read a file or folder.
fn private(what: &str, path: &Path, mode: &str) -> Finding {
    let shown = path.display();
    match path.metadata() {
        Ok(metadata) if metadata.permissions().mode() & 0o077 == 0 => {
            Finding::good(what, format!("{shown} is its owner's alone"))
        }
        Ok(_) => Finding::bad(what, format!("others may read {shown}. Run `chmod {mode} {shown}`")),
        Err(error) => Finding::bad(what, format!("{shown} cannot be looked at: {error}")),
    }
}
