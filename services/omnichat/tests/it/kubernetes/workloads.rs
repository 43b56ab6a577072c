//! What runs: confined, watched over, with the settings and secrets that it needs and no others.

use std::collections::BTreeSet;

use platform::Instance;
use platform::settings::{ServerSettings, Sources};
use rstest::rstest;
use serde_json::{Value, json};

use super::super::containers::SERVICES;
use super::super::tools::{root, yaml};
use super::{Cluster, container, list, name};

#[rstest]
fn every_pod_is_confined(#[values("dev", "prod", "prod-monitored")] overlay: &str) {
    let Some(cluster) = Cluster::of(overlay) else { return };
    assert_eq!(cluster.pods().count(), 7);
    for pod in cluster.pods() {
        let pod = &pod["spec"];
        assert_eq!(pod["automountServiceAccountToken"], false);
        assert_eq!(pod["securityContext"]["runAsNonRoot"], true);
        assert_eq!(pod["securityContext"]["seccompProfile"]["type"], "RuntimeDefault");
        for container in list(&pod["containers"]) {
            let confined = json!({
                "allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true,
                "capabilities": {"drop": ["ALL"]},
            });
            assert_eq!(container["securityContext"], confined);
            for amount in ["/requests/cpu", "/requests/memory", "/limits/memory"] {
                assert!(container["resources"].pointer(amount).is_some(), "{amount}");
            }
            let tag = container["image"].as_str().unwrap().split(':').nth(1).unwrap();
            assert_eq!(tag == "latest", overlay == "dev", "{tag}");
        }
    }
}

#[rstest]
fn every_deployment_is_watched_and_has_time_to_end(
    #[values("dev", "prod", "prod-monitored")] overlay: &str,
) {
    let Some(cluster) = Cluster::of(overlay) else { return };
    let drain = Sources::new(&[]).load().unwrap().section::<ServerSettings>("server").unwrap();
    for deployment in cluster.all("Deployment") {
        let (name, spec) = (name(deployment), &deployment["spec"]);
        assert_eq!(cluster.selected(&spec["selector"]), [name]);
        assert_eq!(spec["strategy"]["rollingUpdate"]["maxUnavailable"], 0);
        let pod = &spec["template"]["spec"];
        let spread = &pod["topologySpreadConstraints"][0];
        assert_eq!(cluster.selected(&spread["labelSelector"]), [name]);
        let container = container(deployment);
        let pause = container["lifecycle"]["preStop"]["sleep"]["seconds"].as_u64().unwrap();
        let grace = pod["terminationGracePeriodSeconds"].as_u64().unwrap();
        assert!(grace >= pause + drain.drain_seconds + 15, "{name}");
        for (probe, path) in
            [("startupProbe", "live"), ("livenessProbe", "live"), ("readinessProbe", "ready")]
        {
            let probe = &container[probe];
            if name == "gateway" {
                assert!(probe.is_null() || probe["tcpSocket"]["port"] == "http");
            } else {
                let expected = json!({"path": format!("/health/{path}"), "port": "http"});
                assert_eq!(probe["httpGet"], expected, "{name}");
            }
        }
        assert!(container["livenessProbe"].is_object() && container["readinessProbe"].is_object());

        let budget = cluster.get("PodDisruptionBudget", name);
        assert_eq!(cluster.selected(&budget["spec"]["selector"]), [name]);
    }
    for scaler in cluster.all("HorizontalPodAutoscaler") {
        let target = &scaler["spec"]["scaleTargetRef"];
        let deployment = cluster.get("Deployment", target["name"].as_str().unwrap());
        assert_eq!(deployment["spec"]["replicas"], Value::Null, "the scaler's to say");
    }
}

#[rstest]
#[tokio::test]
async fn a_service_has_the_settings_that_it_knows(
    #[values("dev", "prod", "prod-monitored")] overlay: &str,
) {
    let Some(cluster) = Cluster::of(overlay) else { return };
    for (service, defaults) in SERVICES {
        let container = container(cluster.get("Deployment", service));
        assert_eq!(container["args"], json!([service]));
        let job = cluster.get("Job", &format!("{service}-migration"));
        assert_eq!(super::container(job)["args"], json!([service, "migrate"]));

        let map = container["envFrom"][0]["configMapRef"]["name"].as_str().unwrap();
        let given = cluster.get("ConfigMap", map)["data"].as_object().unwrap();
        let given = given.iter().map(|(name, value)| (name.as_str(), value.as_str().unwrap()));
        let secrets = [("JWT_SECRETS", testkit::JWT_SECRETS), ("DATABASE_URL", "sqlite::memory:")];
        let settings = Sources::new(&[defaults]).variables(given.chain(secrets)).load().unwrap();
        Instance::new(&settings).unwrap();
        let server: ServerSettings = settings.section("server").unwrap();
        assert!(server.is_https());
        assert_eq!(container["ports"][0]["containerPort"], server.port);
        assert_eq!(cluster.get("Service", service)["spec"]["ports"][0]["port"], server.port);
    }
}

/// Adds every secret, with its key, that something refers to.
fn refer(value: &Value, found: &mut BTreeSet<(String, String)>) {
    match value {
        Value::Object(fields) => {
            for (field, value) in fields {
                let (name, key) = match field.as_str() {
                    "secretKeyRef" => (&value["name"], &value["key"]),
                    "secretRef" => (&value["name"], &Value::Null),
                    "secretName" => (value, &Value::Null),
                    "certificateRefs" => (&value[0]["name"], &Value::Null),
                    _ => {
                        refer(value, found);
                        continue;
                    }
                };
                let key = key.as_str().unwrap_or("*");
                found.insert((name.as_str().unwrap().to_owned(), key.to_owned()));
            }
        }
        Value::Array(values) => values.iter().for_each(|value| refer(value, found)),
        _ => {}
    }
}

#[rstest]
fn every_secret_is_listed_and_has_no_value(
    #[values("dev", "prod", "prod-monitored")] overlay: &str,
) {
    let Some(cluster) = Cluster::of(overlay) else { return };
    assert_eq!(cluster.all("Secret").count(), 0, "secrets are made elsewhere");
    let mut referred = BTreeSet::new();
    cluster.0.iter().for_each(|object| refer(object, &mut referred));

    let text = std::fs::read_to_string(root().join("k8s/secrets.example.yaml")).unwrap();
    let mut listed = BTreeSet::new();
    for secret in yaml(&text).unwrap() {
        let keys = secret["stringData"].as_object().unwrap();
        assert!(keys.values().all(|value| value == ""));
        let is_whole = ["providers", "certificate"].contains(&name(&secret));
        let keys: Vec<_> =
            if is_whole { vec!["*"] } else { keys.keys().map(String::as_str).collect() };
        listed.extend(keys.into_iter().map(|key| (name(&secret).to_owned(), key.to_owned())));
    }
    assert_eq!(referred, listed);
}

#[rstest]
fn every_config_map_is_there(#[values("dev", "prod", "prod-monitored")] overlay: &str) {
    let Some(cluster) = Cluster::of(overlay) else { return };
    for pod in cluster.pods() {
        let volumes = list(&pod["spec"]["volumes"]).iter().map(|volume| &volume["configMap"]);
        let environments = list(&pod["spec"]["containers"][0]["envFrom"]).iter();
        for reference in volumes.chain(environments.map(|from| &from["configMapRef"])) {
            if let Some(name) = reference["name"].as_str()
                && reference["optional"] != true
            {
                cluster.get("ConfigMap", name);
            }
        }
    }
    let proxies = cluster.all("ConfigMap").filter(|map| name(map).starts_with("gateway-proxies"));
    assert_eq!(proxies.count(), usize::from(overlay != "dev"));
}
