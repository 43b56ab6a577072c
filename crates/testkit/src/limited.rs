//! Every endpoint has a limit, or is known to have none: read off the table of endpoints.

use std::collections::{BTreeMap, BTreeSet};

use platform::cli::Service;
use platform::http::{Endpoints, Server};
use platform::settings::Sources;
use serde_json::Value;

/// What everybody may call as often as they like: signing out, and what probes ask.
const UNLIMITED: [&str; 4] = ["/auth/logout", "/logout", "/health/live", "/health/ready"];

/// Fails if an endpoint has no key in `[rate_limits]`, or a key no endpoint. Siblings are not counted.
pub fn assert_limited<S: Service>() {
    let settings = Sources::new(&[S::DEFAULTS]).load().unwrap();
    let section: BTreeMap<String, Value> = settings.section("rate_limits").unwrap();
    let keys: BTreeSet<String> = section.into_keys().filter(|key| key != "enabled").collect();
    let endpoints = [S::endpoints().without_internal(), Server::operating_endpoints()];
    let operations: BTreeSet<String> = endpoints
        .iter()
        .flat_map(Endpoints::table)
        .filter(|endpoint| !UNLIMITED.contains(&endpoint.path.as_str()))
        .map(|endpoint| endpoint.counted_as.clone())
        .collect();
    assert_eq!(keys, operations, "left: [rate_limits], right: the operations");
}
