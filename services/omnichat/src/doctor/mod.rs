//! `omnichat doctor`: looks at what OmniChat stands on, and says what to mend. It changes nothing, and shows no secret.

mod databases;
mod folder;
mod providers;
mod settings;

use std::fmt::{self, Display};
use std::path::Path;

use platform::Instance;

use crate::{DataDir, modules};

/// What was looked at, and how it is.
struct Finding {
    what: String,
    verdict: Verdict,
    /// How it is, and what to do if it should be otherwise.
    says: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Good,
    /// It works, and an operator may want to know.
    Doubtful,
    Bad,
}

impl Finding {
    fn good(what: impl Into<String>, says: impl Into<String>) -> Self {
        Self { what: what.into(), verdict: Verdict::Good, says: says.into() }
    }

    fn doubtful(what: impl Into<String>, says: impl Into<String>) -> Self {
        Self { verdict: Verdict::Doubtful, ..Self::good(what, says) }
    }

    fn bad(what: impl Into<String>, says: impl Into<String>) -> Self {
        Self { verdict: Verdict::Bad, ..Self::good(what, says) }
    }
}

impl Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self.verdict {
            Verdict::Good => "ok  ",
            Verdict::Doubtful => "warn",
            Verdict::Bad => "FAIL",
        };
        // What a library says may have more lines than one.
        let says: Vec<&str> = self.says.split_whitespace().collect();
        write!(f, "{word}  {}: {}", self.what, says.join(" "))
    }
}

/// Looks at everything, and prints a line for each thing.
///
/// # Errors
/// Something must be mended.
#[expect(clippy::print_stdout, reason = "printing is what it is for")]
pub async fn run(folder: &DataDir, config: Option<&Path>) -> anyhow::Result<()> {
    let findings = examine(folder, config).await;
    for finding in &findings {
        println!("{finding}");
    }
    let bad = findings.iter().filter(|finding| finding.verdict == Verdict::Bad).count();
    anyhow::ensure!(bad == 0, "{bad} of {} checks failed", findings.len());
    Ok(())
}

async fn examine(folder: &DataDir, config: Option<&Path>) -> Vec<Finding> {
    let mut findings = folder::look_at(folder);
    let settings = match folder.settings(config) {
        Ok(settings) => settings,
        Err(error) => {
            let mend = "Mend it, or run `omnichat migrate` if this is the first start";
            findings.push(Finding::bad("settings", format!("{error:#}. {mend}")));
            return findings;
        }
    };
    findings.extend(settings::look_at(&settings, config));
    let databases = Box::pin(databases::look_at(&settings)).await;
    let are_there = databases.iter().all(|finding| finding.verdict != Verdict::Bad);
    findings.extend(databases);
    let Ok(instance) = Instance::new(&settings) else { return findings };
    if !are_there {
        findings.push(Finding::doubtful("providers", "not asked, since a database is missing"));
        return findings;
    }
    match Box::pin(modules::parts(&settings, &instance)).await {
        Ok(parts) => {
            findings.extend(databases::look_at_schemas(&parts).await);
            findings.extend(providers::look_at(&parts).await);
        }
        Err(error) => findings.push(Finding::bad("settings", format!("{error:#}"))),
    }
    findings
}
