//! What Prometheus may read in a cluster, and what comes of it.

use serde_json::json;

use super::super::containers::SERVICES;
use super::super::tools::root;
use super::{Cluster, container, list, name};

#[test]
fn every_service_is_read_where_it_listens() {
    let Some(cluster) = Cluster::of("prod-monitored") else { return };
    let policy = &cluster.get("NetworkPolicy", "monitoring")["spec"]["ingress"][0];
    let open: Vec<_> = list(&policy["ports"]).iter().map(|port| &port["port"]).collect();
    for (service, _) in SERVICES {
        let deployment = cluster.get("Deployment", service);
        let port = &container(deployment)["ports"][0]["containerPort"];
        assert!(open.contains(&port), "{service}");
        let annotations = json!({
            "prometheus.io/scrape": "true", "prometheus.io/path": "/metrics",
            "prometheus.io/port": port.to_string(),
        });
        assert_eq!(deployment["spec"]["template"]["metadata"]["annotations"], annotations);
    }
    assert_eq!(open.len(), SERVICES.len());
}

#[test]
fn every_service_may_tell_what_it_does_and_what_went_wrong() {
    let Some(cluster) = Cluster::of("prod-monitored") else { return };
    let policy = &cluster.get("NetworkPolicy", "telling")["spec"];
    let telling = cluster.selected(&policy["podSelector"]);
    for (service, _) in SERVICES {
        assert!(telling.contains(&service), "{service}");
    }
    let [collector, tracker] = list(&policy["egress"]) else { panic!("{policy}") };
    let namespace = json!({"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}});
    assert_eq!(collector["to"], json!([{"namespaceSelector": namespace}]));
    assert_eq!(collector["ports"], json!([{"port": 4318}]));
    assert_eq!(*tracker, json!({"ports": [{"port": 443}]}));
}

#[test]
fn a_scaler_asks_for_a_measure_that_the_adapter_gives() {
    let Some(cluster) = Cluster::of("prod-monitored") else { return };
    let adapter = root().join("deploy/observability/adapter.yaml");
    let adapter = std::fs::read_to_string(adapter).unwrap();
    let mut asked = 0;
    for scaler in cluster.all("HorizontalPodAutoscaler") {
        for metric in list(&scaler["spec"]["metrics"]).iter().filter(|one| one["type"] == "Pods") {
            let measure = metric["pods"]["metric"]["name"].as_str().unwrap();
            assert!(adapter.contains(&format!("as: {measure}\n")), "{}", name(scaler));
            asked += 1;
        }
    }
    assert_eq!(asked, 1);
}
