//! Everything that can be done to one conversation, at once and on two replicas: no number is missing, no update is lost, one
//! branch is shown.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use rand::RngExt;
use rand::rngs::SmallRng;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use testkit::Actor;

use super::scene::MODELS;
use super::{Answer, Plan, Scene, Sent, checker, plan};

const AT_ONCE: usize = 12;

/// A column that was written, and when the client asked and was answered.
pub struct Write {
    pub column: &'static str,
    pub value: String,
    pub began: Instant,
    pub ended: Instant,
}

/// One conversation, and what is known of it.
struct Table<'a> {
    scene: &'a Scene,
    user: Actor,
    conversation: String,
    sent: Mutex<Vec<Sent>>,
    writes: Mutex<Vec<Write>>,
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_done_at_once_is_done_in_some_order() {
    let mut plan = Plan::of("races", Duration::ZERO);
    let scene = Scene::set(2, vec![plan.lease()]).await;
    let steps = if plan.is_long { 1_000 } else { 144 };
    while plan.goes_on() {
        let user = scene.somebody();
        let conversation = scene.conversation(&user, &mut plan.random).await;
        let table = Table {
            scene: &scene,
            user,
            conversation,
            sent: Mutex::default(),
            writes: Mutex::default(),
        };
        for column in ["title", "system_prompt", "pinned"] {
            table.write(&mut plan.random, column).await;
        }
        table.say(&mut plan.random).await;
        let randoms: Vec<_> = (0..AT_ONCE).map(|_| plan::own(&mut plan.random)).collect();
        let players = randoms.into_iter().map(async |mut random| {
            for _ in 0..steps / AT_ONCE {
                table.step(&mut random).await;
            }
        });
        join_all(players).await;
        scene.settled(Instant::now()).await;
        let Table { conversation, sent, writes, .. } = table;
        let (story, writes) = (sent.into_inner().unwrap(), writes.into_inner().unwrap());
        scene.check(&story).await;
        let lost = checker::lost_updates(&scene.database, &conversation, &writes).await;
        assert!(lost.is_empty(), "{lost:?}");
        plan.note(&format!("{steps} steps, {} sends, {} writes", story.len(), writes.len()));
    }
}

impl Table<'_> {
    async fn step(&self, random: &mut SmallRng) {
        match random.random_range(0..20) {
            0..5 => self.say(random).await,
            5..8 => {
                let other = self.some(random).user_message.unwrap();
                let sent = Sent::new(self.scene.question(random, 30));
                let body = json!({"content": sent.question, "stream": random.random::<bool>()});
                self.ask(random, sent, &format!("/messages/{other}/edit"), body).await;
            }
            8..11 => {
                let Sent { question, reply, .. } = self.some(random);
                let (sent, reply) = (Sent::new(question), reply.unwrap());
                let body = json!({"model": model(random), "stream": random.random::<bool>()});
                self.ask(random, sent, &format!("/messages/{reply}/regenerate"), body).await;
            }
            11..13 => {
                let id = self.some(random).reply.unwrap();
                self.post(random, &format!("/messages/{id}/select")).await;
            }
            13..15 => {
                let id = self.some(random).reply.unwrap();
                self.post(random, &format!("/messages/{id}/cancel")).await;
            }
            15 => {
                let model = model(random);
                let path = format!("/threads/{}/models/{model}/summarize", self.conversation);
                self.post(random, &path).await;
            }
            16 => self.name(random).await,
            17 => self.write(random, "system_prompt").await,
            18 => self.write(random, "pinned").await,
            _ => self.write(random, "title").await,
        }
    }

    /// Something that was sent before, of the latest more often.
    fn some(&self, random: &mut SmallRng) -> Sent {
        let sent = self.sent.lock().unwrap();
        let oldest = if random.random() { sent.len().saturating_sub(6) } else { 0 };
        sent[random.random_range(oldest..sent.len())].clone()
    }

    async fn say(&self, random: &mut SmallRng) {
        let sent = Sent::new(self.scene.question(random, 30));
        let body = json!({
            "content": sent.question, "model": model(random), "stream": random.random::<bool>(),
        });
        let path = format!("/conversations/{}/messages", self.conversation);
        self.ask(random, sent, &path, body).await;
    }

    async fn ask(&self, random: &mut SmallRng, mut sent: Sent, path: &str, body: Value) {
        let request = self.request(random, Method::POST, path).await.json(&body);
        match sent.ask(request).await {
            Answer::Whole => self.sent.lock().unwrap().push(sent),
            Answer::Refused { status: 409, code, .. } if code == "GENERATION_IN_PROGRESS" => {}
            other => panic!("{other:?}: {path}"),
        }
    }

    /// Asks for what stores no message.
    async fn post(&self, random: &mut SmallRng, path: &str) -> Option<Value> {
        let response = self.request(random, Method::POST, path).await.send().await.unwrap();
        let (status, answer) = (response.status(), response.json::<Value>().await.unwrap());
        // There may be nothing to sum up.
        assert!(status.is_success() || status == 409, "{status} {path}: {answer}");
        status.is_success().then_some(answer)
    }

    /// Has a model write the title.
    async fn name(&self, random: &mut SmallRng) {
        let (began, path) = (Instant::now(), format!("/conversations/{}/title", self.conversation));
        let Some(answer) = self.post(random, &path).await else { return };
        let title = answer["data"]["conversation"]["title"].as_str().unwrap().to_owned();
        let write = Write { column: "title", value: title, began, ended: Instant::now() };
        self.writes.lock().unwrap().push(write);
    }

    async fn write(&self, random: &mut SmallRng, column: &'static str) {
        let (number, is_pinned): (u32, bool) = (random.random(), random.random());
        let (body, value) = match column {
            "pinned" => (json!({"pinned": is_pinned}), is_pinned.to_string()),
            "title" => (json!({"title": format!("t {number}")}), format!("t {number}")),
            _ => (json!({"systemPrompt": format!("s {number}")}), format!("s {number}")),
        };
        let path = format!("/conversations/{}", self.conversation);
        let request = self.request(random, Method::PATCH, &path).await.json(&body);
        let began = Instant::now();
        let status = request.send().await.unwrap().status();
        assert!(status.is_success(), "{status}: {body}");
        let write = Write { column, value, began, ended: Instant::now() };
        self.writes.lock().unwrap().push(write);
    }

    async fn request(&self, random: &mut SmallRng, method: Method, path: &str) -> RequestBuilder {
        self.user.request(method, &format!("{}{path}", self.scene.address(random).await))
    }
}

fn model(random: &mut SmallRng) -> &'static str {
    MODELS[random.random_range(0..MODELS.len())]
}
