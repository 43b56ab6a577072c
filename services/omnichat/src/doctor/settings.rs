use std::net::IpAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;

use common::{SystemClock, SystemEntropy};
use platform::sealing::Sealer;
use platform::settings::{self, ServerSettings, Settings};
use serde::Deserialize;

use super::Finding;

#[derive(Deserialize)]
struct RateLimits {
    enabled: bool,
}

/// What is set, as far as it can be judged without asking anybody.
pub fn look_at(settings: &Settings, config: Option<&Path>) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some(path) = config {
        findings.push(look_at_file(path));
    }
    findings.push(look_at_address(settings));
    if matches!(settings.section("rate_limits"), Ok(RateLimits { enabled: false })) {
        let says = "are off: passwords can be tried as fast as the machine can. Unset OMNICHAT__RATE_LIMITS__ENABLED";
        findings.push(Finding::doubtful("rate limits", says));
    }
    findings.push(match settings::key_ring(settings, Arc::new(SystemClock)) {
        Ok(_) => Finding::good("signing secrets", "strong, each with an id of its own"),
        Err(error) => Finding::bad("signing secrets", error.to_string()),
    });
    findings.push(match Sealer::from(settings, Arc::new(SystemEntropy)) {
        Ok(sealer) => Finding::good("sealing keys", format!("strong; {} seals", sealer.current())),
        Err(error) => Finding::bad("sealing keys", error.to_string()),
    });
    findings
}

fn look_at_file(path: &Path) -> Finding {
    let is_private =
        path.metadata().is_ok_and(|metadata| metadata.permissions().mode() & 0o077 == 0);
    let shown = path.display();
    if is_private {
        Finding::good("settings file", format!("{shown} is its owner's alone"))
    } else {
        let says = format!("others may read {shown}. If it has secrets, run `chmod 600 {shown}`");
        Finding::doubtful("settings file", says)
    }
}

/// Whether what people send can be read on its way.
fn look_at_address(settings: &Settings) -> Finding {
    let what = "address";
    let server: ServerSettings = match settings.section("server") {
        Ok(server) => server,
        Err(error) => return Finding::bad(what, error.to_string()),
    };
    let is_local = server.host == "localhost"
        || server.host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    if is_local || server.is_https() {
        Finding::good(what, format!("{}:{}", server.host, server.port))
    } else {
        let says = "passwords can be read on their way to it. Put a proxy that speaks TLS in front, and its https:// address into PUBLIC_URL";
        Finding::doubtful(what, says)
    }
}
