//! Who can reach whom.

use rstest::rstest;
use serde_json::{Value, json};

use super::super::containers::{SERVICES, variables};
use super::super::gateway::nginx::shipped;
use super::super::tools::root;
use super::{Cluster, container, list, matches, name};

#[rstest]
fn the_gateway_is_the_only_way_in(#[values("dev", "prod", "prod-monitored")] overlay: &str) {
    let Some(cluster) = Cluster::of(overlay) else { return };
    // What the gateway routes where, its own tests hold to the services' lists of endpoints.
    let mut ways = 0;
    for ingress in cluster.all("Ingress") {
        assert!(ingress["spec"]["defaultBackend"].is_null());
        for path in list(&ingress["spec"]["rules"][0]["http"]["paths"]) {
            assert_eq!((&path["path"], &path["pathType"]), (&json!("/"), &json!("Prefix")));
            let backend = json!({"service": {"name": "gateway", "port": {"name": "http"}}});
            assert_eq!(path["backend"], backend);
            ways += 1;
        }
        assert!(ingress["spec"]["tls"][0]["secretName"].is_string());
    }
    for route in cluster.all("HTTPRoute") {
        for rule in list(&route["spec"]["rules"]) {
            let Some(backends) = rule["backendRefs"].as_array() else { continue };
            assert_eq!(*backends, [json!({"name": "gateway", "port": 8080})]);
            assert_eq!(rule["matches"], json!([{"path": {"type": "PathPrefix", "value": "/"}}]));
            assert_eq!(rule["timeouts"]["request"], "0s");
            ways += 1;
        }
    }
    assert_eq!(ways, 1);
    for service in cluster.all("Service") {
        assert_eq!(service["spec"]["type"], Value::Null, "of the cluster alone");
    }
}

#[rstest]
fn a_service_leads_to_its_pods(#[values("dev", "prod", "prod-monitored")] overlay: &str) {
    let Some(cluster) = Cluster::of(overlay) else { return };
    assert_eq!(cluster.all("Service").count(), 4);
    for service in cluster.all("Service") {
        assert_eq!(cluster.selected(&service["spec"]["selector"]), [name(service)]);
        let port = &service["spec"]["ports"][0];
        let own = &container(cluster.get("Deployment", name(service)))["ports"][0];
        assert_eq!((&port["targetPort"], &port["port"]), (&own["name"], &own["containerPort"]));
    }
    // Where nginx looks for them.
    let place = std::fs::read_to_string(shipped().join("place.conf")).unwrap();
    let plain = std::fs::read_to_string(shipped().join("plain.conf")).unwrap();
    for service in cluster.all("Service") {
        let port = &service["spec"]["ports"][0]["port"];
        let is_known = match name(service) {
            "gateway" => plain.contains(&format!("listen {port};")),
            name => place.contains(&format!("server {name}:{port};")),
        };
        assert!(is_known, "{}", name(service));
    }
}

/// Whether the policies let pods of one name speak to those of another.
fn may_speak(cluster: &Cluster, from: &str, to: &str) -> bool {
    let [sender, receiver] = [from, to].map(|name| cluster.get("Deployment", name));
    let port = &container(receiver)["ports"][0]["containerPort"];
    let labels = |owner: &Value| owner["spec"]["template"]["metadata"]["labels"].clone();
    let allows = |own: &Value, direction: &str, side: &str, other: &Value| {
        let (own, other) = (labels(own), labels(other));
        let policies = cluster.all("NetworkPolicy").map(|policy| &policy["spec"]);
        let mut rules = policies
            .filter(|policy| matches(&policy["podSelector"], &own))
            .flat_map(|policy| list(&policy[direction]));
        rules.any(|rule| {
            let (ports, peers) = (list(&rule["ports"]), list(&rule[side]));
            let is_peer = |peer: &Value| {
                peer["podSelector"].is_object() && matches(&peer["podSelector"], &other)
            };
            (ports.is_empty() || ports.iter().any(|allowed| allowed["port"] == *port))
                && (peers.is_empty() || peers.iter().any(is_peer))
        })
    };
    allows(sender, "egress", "to", receiver) && allows(receiver, "ingress", "from", sender)
}

#[rstest]
fn only_who_must_can_speak_to_a_service(#[values("dev", "prod", "prod-monitored")] overlay: &str) {
    let Some(cluster) = Cluster::of(overlay) else { return };
    let deny = &cluster.get("NetworkPolicy", "default-deny")["spec"];
    assert_eq!(*deny, json!({"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}));
    let settings = std::fs::read_to_string(root().join("k8s/base/settings.env")).unwrap();
    let settings = variables(&settings);
    for (to, _) in SERVICES {
        for (from, _) in SERVICES.into_iter().filter(|(from, _)| *from != to) {
            assert!(may_speak(&cluster, from, to), "{from} calls {to}");
        }
        assert!(may_speak(&cluster, "gateway", to));
        assert!(!may_speak(&cluster, to, "gateway"));
        let variable = to.to_uppercase().replace('-', "_") + "_URL";
        let port = &cluster.get("Service", to)["spec"]["ports"][0]["port"];
        assert_eq!(settings[&variable], format!("http://{to}:{port}"));
    }
    // No rule is for pods that there are none of.
    for policy in cluster.all("NetworkPolicy") {
        let rules = ["ingress", "egress"].map(|direction| list(&policy["spec"][direction]));
        for rule in rules.into_iter().flatten() {
            for peer in list(&rule["from"]).iter().chain(list(&rule["to"])) {
                // Of other namespaces nothing is known here.
                let ours = peer.get("podSelector").filter(|_| peer["namespaceSelector"].is_null());
                let Some(pods) = ours else { continue };
                assert!(!cluster.selected(pods).is_empty(), "{policy}");
            }
        }
        assert!(!cluster.selected(&policy["spec"]["podSelector"]).is_empty(), "{}", name(policy));
    }
    let reachable = &cluster.get("NetworkPolicy", "gateway")["spec"]["ingress"][0]["from"];
    assert_eq!(reachable.is_array(), overlay != "dev", "who is believed must be known");
}
