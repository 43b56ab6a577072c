//! The committed OpenAPI documents must say what the code says.

use std::path::Path;

/// Fails if `docs/openapi/<name>.json` is not `document`. With `UPDATE_OPENAPI` set, writes it instead.
pub fn assert_committed(manifest_dir: &str, name: &str, document: &str) {
    let path = Path::new(manifest_dir).join("../../docs/openapi").join(format!("{name}.json"));
    assert_refs_resolve(document);
    let document = format!("{document}\n");
    #[expect(clippy::disallowed_methods, reason = "a test's setting, not a service's")]
    let update = std::env::var("UPDATE_OPENAPI").is_ok();
    if update {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, document).unwrap();
        return;
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == document,
        "{} is not what the code says: run `make openapi`",
        path.display()
    );
}

/// Every `$ref` must lead to something.
fn assert_refs_resolve(document: &str) {
    let json: serde_json::Value = serde_json::from_str(document).unwrap();
    for reference in document.split("\"$ref\": \"#").skip(1) {
        let pointer = reference.split('"').next().unwrap_or_default();
        assert!(json.pointer(pointer).is_some(), "{pointer} leads nowhere");
    }
}
