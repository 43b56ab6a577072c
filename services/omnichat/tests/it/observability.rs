//! What is shipped for Prometheus and Grafana: that it is well-formed, and speaks of measures that there are.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use mock_llm::{MockLlm, Refusal, Script};
use serde_json::{Value, json};
use testkit::Actor;
use tokio::time::{sleep, timeout};

use super::deployment::{Deployment, free_ports};
use super::person::Person;
use super::tools::{assert_finds_nothing, root, skip, yaml};

const PATIENCE: Duration = Duration::from_secs(60);
/// Between two questions.
const PAUSE: Duration = Duration::from_millis(50);

fn shipped() -> PathBuf {
    root().join("deploy/observability")
}

/// One of Prometheus's programs; `None`, and it says so, where it is not installed.
fn program(name: &str) -> Option<Command> {
    if Command::new(name).arg("--version").output().is_err() {
        skip("what is shipped for Prometheus", name);
        return None;
    }
    let mut command = Command::new(name);
    command.current_dir(shipped());
    Some(command)
}

#[test]
fn rules_say_what_they_should() {
    for arguments in [["check", "config", "prometheus.yml"], ["test", "rules", "rules_test.yml"]] {
        let Some(mut promtool) = program("promtool") else { return };
        promtool.args(arguments);
        assert_finds_nothing(promtool);
    }
    // Each is tried.
    let read = |name: &str| std::fs::read_to_string(shipped().join(name)).unwrap();
    let tests = read("rules_test.yml");
    for line in read("rules.yml").lines() {
        if let Some((_, alert)) = line.split_once("- alert: ") {
            assert!(tests.contains(&format!("- alertname: {alert}\n")), "{alert} is not tried");
        }
    }
}

/// Debian's promtool knows nothing of clusters.
#[test]
fn in_a_cluster_the_same_is_read_under_the_same_labels() {
    let read = |name: &str| yaml(&std::fs::read_to_string(shipped().join(name)).unwrap());
    let (Some(alone), Some(cluster)) = (read("prometheus.yml"), read("prometheus-kubernetes.yml"))
    else {
        return;
    };
    let (alone, cluster) = (&alone[0], &cluster[0]);
    assert_eq!(cluster["rule_files"], alone["rule_files"]);
    let [alone, cluster] = [alone, cluster].map(|config| &config["scrape_configs"][0]);
    assert_eq!(cluster["job_name"], alone["job_name"]);
    let relabelled = cluster["relabel_configs"].as_array().unwrap();
    for label in ["part", "namespace", "pod"] {
        assert!(relabelled.iter().any(|one| one["target_label"] == label), "{label}");
    }
}

/// A Prometheus with the shipped configuration, in which only addresses and the pause are replaced. Gone when dropped.
struct Prometheus {
    child: Child,
    address: String,
    _folder: tempfile::TempDir,
}

impl Prometheus {
    fn start(services: [(&str, &str); 3]) -> Option<Self> {
        let mut command = program("prometheus")?;
        let folder = tempfile::Builder::new().prefix("omnichat-prometheus-").tempdir().unwrap();
        let config = std::fs::read_to_string(shipped().join("prometheus.yml")).unwrap();
        let config = config.replace("_interval: 15s", "_interval: 1s");
        let config = services.iter().fold(config, |config, (shipped, address)| {
            assert!(config.contains(shipped), "{shipped}");
            config.replace(shipped, address)
        });
        std::fs::write(folder.path().join("prometheus.yml"), config).unwrap();
        std::fs::copy(shipped().join("rules.yml"), folder.path().join("rules.yml")).unwrap();
        let [port, ..] = free_ports();
        let address = format!("127.0.0.1:{port}");
        let child = command
            .current_dir(folder.path())
            .args(["--config.file=prometheus.yml", "--storage.tsdb.path=data", "--log.level=error"])
            .arg(format!("--web.listen-address={address}"))
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        Some(Self { child, address: format!("http://{address}"), _folder: folder })
    }

    /// What it answers, once it does.
    async fn ask(&self, path: &str) -> Value {
        let url = format!("{}/api/v1/{path}", self.address);
        loop {
            if let Ok(answer) = reqwest::get(&url).await
                && answer.status().is_success()
            {
                return serde_json::from_str::<Value>(&answer.text().await.unwrap()).unwrap()["data"].clone();
            }
            sleep(PAUSE).await;
        }
    }

    /// The same, once it has looked at all that it tells of.
    async fn judged(&self, path: &str) -> Value {
        let judged = async {
            loop {
                let answer = self.ask(path).await;
                if !answer.to_string().contains(r#""health":"unknown""#) {
                    return answer;
                }
                sleep(PAUSE).await;
            }
        };
        timeout(PATIENCE, judged).await.unwrap()
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// The measures that rules and dashboard speak of.
fn mentioned() -> BTreeSet<String> {
    let files = ["rules.yml", "dashboard.json", "adapter.yaml"];
    let text = files.map(|name| std::fs::read_to_string(shipped().join(name)).unwrap()).concat();
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words.filter(|word| word.starts_with("omnichat_")).map(str::to_owned).collect()
}

/// Has everything happen that is measured only once it has.
async fn make_all_happen(model: &MockLlm, deployment: &Deployment) {
    let ada = Person::new(deployment, "ada@example.org").await;
    let conversation = ada.post("/conversations", json!({})).await.expect(201).id("conversation");
    let messages = format!("/conversations/{conversation}/messages");
    model.script(Refusal::Overloaded);
    model.script(Script::tokens(["Bees ", "buzz."]).usage(12, 34));
    ada.post(&messages, json!({"content": "What do bees say?"})).await.expect(200);
    // Until the provider is left alone.
    for _ in 0..6 {
        model.script(Refusal::Overloaded);
        model.script(Refusal::Overloaded);
        ada.post(&messages, json!({"content": "And wasps?"})).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_measure_that_is_looked_at_is_there() {
    let model = MockLlm::start().await;
    let deployment = Deployment::three_processes(&model).await;
    make_all_happen(&model, &deployment).await;
    let [auth, project, chat] = deployment.addresses();
    let services = [
        ("auth-service:8000", auth),
        ("project-service:8001", project),
        ("chat-service:8002", chat),
    ];
    let Some(prometheus) = Prometheus::start(services) else { return };

    let wanted = mentioned();
    assert!(wanted.len() > 10, "{wanted:?}");
    let mut missing = wanted.clone();
    let all_there = async {
        while !missing.is_empty() {
            let names = prometheus.ask("label/__name__/values").await;
            for name in names.as_array().unwrap() {
                missing.remove(name.as_str().unwrap());
            }
            sleep(PAUSE).await;
        }
    };
    if timeout(PATIENCE, all_there).await.is_err() {
        let said = Actor::anywhere(None).get(&format!("http://{chat}/metrics")).await.text;
        std::io::stderr().write_all(said.as_bytes()).unwrap();
        panic!("nobody measures {missing:?}");
    }
    let targets = prometheus.judged("targets").await;
    let targets = targets["activeTargets"].as_array().unwrap();
    assert_eq!(targets.len(), 3);
    for target in targets {
        assert_eq!((&target["health"], &target["lastError"]), (&json!("up"), &json!("")));
    }
    let rules = prometheus.judged("rules").await.to_string();
    assert!(!rules.contains(r#""health":"err""#), "{rules}");
}
