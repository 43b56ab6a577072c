//! The rules of the layers, read off the sources: what a layer must never mention, and how long a handler may be.

use std::fs;
use std::path::{Path, PathBuf};

/// A layer is a folder under `src`; the words must not stand in its code.
const RULES: &[(&str, &[&str])] = &[
    ("routes", &["sea_orm", "repositories", "reqwest"]),
    ("schemas", &["async ", "sea_orm", "repositories", "services"]),
    ("dependencies", &["sea_orm"]),
    ("services", &["actix_web", "sea_orm", "schemas", "routes"]),
    ("repositories", &["actix_web", "services", "schemas", "routes"]),
    ("providers", &["actix_web", "sea_orm", "repositories"]),
    ("generation", &["actix_web", "sea_orm", "schemas", "routes"]),
];

const HANDLER_LINES: usize = 15;

/// Every mention of what a layer must not know, as `file:line: word`, and every handler that is too long.
///
/// # Panics
/// If the service has none of the layers: then the rules would hold of nothing.
pub fn violations(manifest_dir: &str) -> Vec<String> {
    let src = Path::new(manifest_dir).join("src");
    let mut found = Vec::new();
    let mut files = 0;
    for (layer, words) in RULES {
        for file in sources(&src.join(layer)) {
            files += 1;
            let text = fs::read_to_string(&file).unwrap();
            for (number, line) in text.lines().enumerate() {
                let code = line.split("//").next().unwrap_or_default();
                for word in words.iter().filter(|word| mentions(code, word)) {
                    let place = file.strip_prefix(manifest_dir).unwrap_or(&file).display();
                    found.push(format!("{place}:{}: {word}", number + 1));
                }
            }
        }
    }
    assert!(files > 0, "no layers under {}", src.display());
    found.extend(long_handlers(manifest_dir, &src));
    found
}

/// Handlers that are longer than [`HANDLER_LINES`], as `file: name`. A handler extracts, calls one service method, answers.
fn long_handlers(manifest_dir: &str, src: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for file in sources(&src.join("routes")) {
        let text = fs::read_to_string(&file).unwrap();
        for handler in text.split("#[utoipa::path").skip(1) {
            let name = handler.split("async fn ").nth(1).and_then(|rest| rest.split('(').next());
            // The body starts where a line ends in `{` and ends at the first brace that stands alone.
            let body = handler.lines().skip_while(|line| !line.ends_with('{')).skip(1);
            if body.take_while(|line| *line != "}").count() > HANDLER_LINES {
                let place = file.strip_prefix(manifest_dir).unwrap_or(&file).display();
                found.push(format!("{place}: {} is too long", name.unwrap_or_default()));
            }
        }
    }
    found
}

/// Whether the word stands in the code as a path or a keyword: `common::repositories` names the traits, which services
/// may use.
fn mentions(code: &str, word: &str) -> bool {
    let code = code.replace("common::repositories", "").replace("common::domain", "");
    code.match_indices(word).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        let after = code[at + word.len()..].chars().next();
        let part_of_name = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        !part_of_name(before) && (word.ends_with(' ') || !part_of_name(after))
    })
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    entries
        .flatten()
        .flat_map(|entry| {
            let path = entry.path();
            if path.is_dir() { sources(&path) } else { vec![path] }
        })
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .collect()
}
