//! Clients that leave at any moment of a request that changes something: it has its whole effect or none, and who asks again
//! comes to the same.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use mock_llm::{Ended, Recorded};
use rand::RngExt;
use rand::rngs::SmallRng;
use rand::seq::SliceRandom;
use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};
use testkit::Actor;
use tokio::time::{sleep, timeout};

use super::{Answer, Plan, Scene, Sent, plan};

const AT_ONCE: usize = 4;

/// How often to ask again.
const LOOK: Duration = Duration::from_millis(20);

/// How long it may take until a request that is made again and again has had its effect.
const PATIENCE: Duration = Duration::from_secs(30);

/// Every request that changes something: `{c}` is a conversation, `{u}` and `{r}` its message and reply, `{s}` a share of it.
/// `Q` in a body is a question that nobody has asked.
const ROUTES: [(&str, &str, &str); 19] = [
    ("POST", "/conversations", "{}"),
    ("PATCH", "/conversations/{c}", r#"{"title": "Another", "pinned": true}"#),
    ("DELETE", "/conversations/{c}", ""),
    ("POST", "/conversations/{c}/messages", r#"{"content": "Q"}"#),
    ("POST", "/conversations/{c}/messages", r#"{"content": "Q", "stream": true}"#),
    ("POST", "/conversations/{c}/title", ""),
    ("POST", "/conversations/{c}/shares", ""),
    ("DELETE", "/shares/{s}", ""),
    ("POST", "/messages/{u}/edit", r#"{"content": "Q"}"#),
    ("POST", "/messages/{r}/regenerate", "{}"),
    ("POST", "/messages/{u}/select", ""),
    ("POST", "/messages/{r}/cancel", ""),
    ("POST", "/threads", "{}"),
    ("DELETE", "/threads/{c}", ""),
    ("PATCH", "/threads/{c}/title", r#"{"title": "Another"}"#),
    ("POST", "/threads/{c}/models/claude-haiku/messages", r#"{"content": "Q"}"#),
    ("POST", "/threads/{c}/messages", r#"{"content": "Q", "models": ["claude-haiku", "gemini"]}"#),
    ("POST", "/profile/api-keys", r#"{"claude": "sk-ant-of-my-own"}"#),
    ("DELETE", "/profile/api-keys/claude", ""),
];

/// Somebody with a conversation, and all that can be named.
struct Ground {
    user: Actor,
    conversation: String,
    sent: Sent,
    share: String,
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_leaves_has_done_all_of_it_or_nothing() {
    let mut plan = Plan::of("departures", Duration::from_secs(5));
    let scene = Scene::set(1, vec![plan.lease()]).await;
    let mut story = Vec::new();
    while plan.goes_on() {
        let mut routes = ROUTES;
        routes.shuffle(&mut plan.random);
        for routes in routes.chunks(AT_ONCE) {
            let own = routes.iter().map(|route| (route, plan::own(&mut plan.random)));
            let left: Vec<_> = own.map(|(route, random)| leave(&scene, route, random)).collect();
            story.extend(join_all(left).await.into_iter().flatten());
        }
        scene.settled(Instant::now()).await;
        scene.check(&story).await;
        plan.note(&format!("{} routes", ROUTES.len()));
    }
}

/// Makes a request and leaves, then makes it again until it is answered; what was sent before, if it is still there.
async fn leave(
    scene: &Scene,
    (method, path, body): &(&str, &str, &str),
    mut random: SmallRng,
) -> Option<Sent> {
    let ground = Ground::new(scene, &mut random).await;
    let path = ground.fill(path);
    let body = body.replace('Q', &scene.question(&mut random, 10));
    let method = Method::from_bytes(method.as_bytes()).unwrap();
    let request = || {
        let request = ground.user.request(method.clone(), &path);
        match serde_json::from_str::<Value>(&body) {
            Ok(body) => request.header("idempotency-key", "soak").json(&body),
            Err(_) => request,
        }
    };
    let leaving = async {
        let moment = Duration::from_micros(random.random_range(0..60_000));
        let _left = timeout(moment, whole(request())).await;
        insist(request, method == Method::DELETE).await;
    };
    if method == Method::DELETE && path.ends_with(&ground.conversation) {
        ground.while_answered(scene, leaving).await;
        return None;
    }
    leaving.await;
    Some(ground.sent)
}

/// Makes a request until it has its effect.
async fn insist(request: impl Fn() -> RequestBuilder, is_deletion: bool) {
    let until = Instant::now() + PATIENCE;
    loop {
        let response = request().send().await.unwrap();
        let (url, status) = (response.url().clone(), response.status());
        let answer = response.text().await.unwrap();
        match status.as_u16() {
            200..300 => return,
            404 if is_deletion => return,
            // It is still being done.
            409 => {}
            _ => panic!("{status} {url}: {answer}"),
        }
        assert!(Instant::now() < until, "{status} {url} to the end: {answer}");
        sleep(LOOK).await;
    }
}

async fn whole(request: RequestBuilder) -> reqwest::Result<String> {
    request.send().await?.text().await
}

impl Ground {
    async fn new(scene: &Scene, random: &mut SmallRng) -> Self {
        let (user, address) = (scene.somebody(), scene.address(random).await);
        let user = user.at(&address);
        let conversation = scene.conversation(&user.at(""), random).await;
        let mut sent = Sent::new(scene.question(random, 10));
        let path = format!("/conversations/{conversation}/messages");
        let body = json!({"content": sent.question, "model": "llama-3.3-70b"});
        assert_eq!(sent.ask(user.request(Method::POST, &path).json(&body)).await, Answer::Whole);
        let path = format!("/conversations/{conversation}/shares");
        let shared: Response = user.request(Method::POST, &path).send().await.unwrap();
        let shared: Value = shared.json().await.unwrap();
        let share = shared["data"]["share"]["id"].as_str().unwrap().to_owned();
        Self { user, conversation, sent, share }
    }

    /// Deletes the conversation while a reply is made in it, of which nothing may be left then.
    async fn while_answered(&self, scene: &Scene, deleting: impl Future<Output = ()>) {
        let question = format!("{} {}", self.sent.question, "and ".repeat(200));
        let path = format!("/conversations/{}/messages", self.conversation);
        let body = json!({"content": question, "model": "gemini", "stream": true});
        let begun = self.user.request(Method::POST, &path).json(&body).send().await.unwrap();
        let mut running = Sent::new(question);
        let (answer, ()) = tokio::join!(running.listen(begun), deleting);
        assert_eq!(answer, Answer::Whole);
        assert_eq!(running.end, Some(Err("CONVERSATION_DELETED".to_owned())), "{running:?}");
        let last = |call: &Recorded| call.messages().pop().unwrap_or_default().1;
        let has_ended = |call: &Recorded| {
            !last(call).contains(&running.question) || call.ended == Ended::ClientLeft
        };
        scene.model.wait_for(|calls| calls.iter().all(has_ended)).await;
    }

    fn fill(&self, path: &str) -> String {
        path.replace("{c}", &self.conversation)
            .replace("{u}", self.sent.user_message.as_ref().unwrap())
            .replace("{r}", self.sent.reply.as_ref().unwrap())
            .replace("{s}", &self.share)
    }
}
