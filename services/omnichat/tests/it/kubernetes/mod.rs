//! What `k8s/` comes to: valid, confined, and each part fitting the others.

mod monitoring;
mod network;
mod workloads;

use std::process::Command;

use rstest::rstest;
use serde_json::{Map, Value};

use super::tools::{assert_finds_nothing, root, skip, tool, yaml};

/// What an overlay comes to; `None`, and it says so, where what renders it is not installed.
fn render(overlay: &str) -> Option<String> {
    let output = Command::new(root().join("scripts/render")).arg(overlay).output().unwrap();
    if output.status.code() == Some(127) {
        skip("the overlays of k8s/", "kubectl");
        return None;
    }
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8(output.stdout).unwrap())
}

/// All objects of an overlay.
struct Cluster(Vec<Value>);

impl Cluster {
    fn of(overlay: &str) -> Option<Self> {
        Some(Self(yaml(&render(overlay)?)?))
    }

    fn all(&self, kind: &'static str) -> impl Iterator<Item = &Value> {
        self.0.iter().filter(move |object| object["kind"] == kind)
    }

    /// The one of a kind and name.
    fn get(&self, kind: &'static str, name: &str) -> &Value {
        let mut found = self.all(kind).filter(|object| self::name(object) == name);
        let one = found.next().unwrap_or_else(|| panic!("no {kind} {name}"));
        assert!(found.next().is_none(), "{kind} {name} twice");
        one
    }

    /// The pods of Deployments and Jobs.
    fn pods(&self) -> impl Iterator<Item = &Value> {
        self.all("Deployment").chain(self.all("Job")).map(|owner| &owner["spec"]["template"])
    }

    /// The names of the pods that labels select.
    fn selected(&self, labels: &Value) -> Vec<&str> {
        let selected = self.pods().filter(|pod| matches(labels, &pod["metadata"]["labels"]));
        selected.map(|pod| pod["spec"]["containers"][0]["name"].as_str().unwrap()).collect()
    }
}

fn name(object: &Value) -> &str {
    object["metadata"]["name"].as_str().unwrap()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn container(deployment: &Value) -> &Value {
    let containers = list(&deployment["spec"]["template"]["spec"]["containers"]);
    assert_eq!(containers.len(), 1);
    &containers[0]
}

/// Whether a selector of labels, by name or by `matchExpressions`, selects some labels.
fn matches(selector: &Value, labels: &Value) -> bool {
    let empty = Map::new();
    let by_name = selector.get("matchLabels").unwrap_or(selector).as_object().unwrap_or(&empty);
    let by_name = by_name.iter().filter(|(_, value)| value.is_string());
    by_name.into_iter().all(|(key, value)| labels[key] == *value)
        && list(&selector["matchExpressions"]).iter().all(|expression| {
            assert_eq!(expression["operator"], "In");
            list(&expression["values"]).contains(&labels[expression["key"].as_str().unwrap()])
        })
}

#[rstest]
fn every_object_is_valid(#[values("dev", "prod", "prod-monitored")] overlay: &str) {
    let Some(text) = render(overlay) else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("all.yaml");
    std::fs::write(&file, text).unwrap();
    let Some(mut validate) = tool("kubernetes-validate") else { return };
    validate.arg("--strict").arg(file);
    assert_finds_nothing(validate);
}

/// Also where nothing renders them.
#[test]
fn every_file_of_the_base_is_valid() {
    let Some(mut validate) = tool("kubernetes-validate") else { return };
    validate.args(["--strict", "k8s/secrets.example.yaml"]);
    for folder in std::fs::read_dir(root().join("k8s/base")).unwrap() {
        let folder = folder.unwrap().path();
        for file in folder.read_dir().into_iter().flatten() {
            let file = file.unwrap().path();
            if file.file_name().is_some_and(|name| name != "kustomization.yaml") {
                validate.arg(file);
            }
        }
    }
    assert_finds_nothing(validate);
}

#[rstest]
fn all_is_in_a_namespace_that_confines_it(
    #[values(("dev", "omnichat-dev"), ("prod", "omnichat"), ("prod-monitored", "omnichat"))]
    (overlay, space): (&str, &str),
) {
    let Some(cluster) = Cluster::of(overlay) else { return };
    let namespace = cluster.get("Namespace", space);
    assert_eq!(namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"], "restricted");
    for object in cluster.0.iter().filter(|object| object["kind"] != "Namespace") {
        assert_eq!(object["metadata"]["namespace"], space, "{}", name(object));
    }
}
