//! The same send again and again: one message, one reply, one call to the model.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use rand::RngExt;
use reqwest::Method;
use serde_json::json;
use testkit::{Engine, TestDatabase};
use tokio::time::sleep;

use super::proxy::{Cut, Proxy};
use super::{Answer, Plan, Scene, Sent, plan};

const AT_ONCE: usize = 50;

/// How long it may take until a send that is made again and again has had its effect.
const PATIENCE: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread")]
async fn fifty_sends_with_one_key_are_one() {
    let mut plan = Plan::of("duplicates", Duration::from_secs(3));
    let scene = Scene::set(3, vec![plan.lease()]).await;
    while plan.goes_on() {
        let user = scene.somebody();
        let conversation = scene.conversation(&user, &mut plan.random).await;
        let sent = Sent::new(scene.question(&mut plan.random, 60));
        let sends = (0..AT_ONCE).map(|_| (plan::own(&mut plan.random), sent.clone()));
        let sends = sends.map(async |(mut random, mut sent)| {
            sleep(plan::pause(&mut random, 0..30)).await;
            let address = scene.address(&mut random).await;
            let path = format!("{address}/conversations/{conversation}/messages");
            let body = json!({"content": sent.question, "stream": true});
            let request = user.request(Method::POST, &path).header("idempotency-key", "soak");
            assert_eq!(sent.ask(request.json(&body)).await, Answer::Whole);
            sent
        });
        let story = join_all(sends).await;
        assert!(story.iter().all(|sent| sent.reply == story[0].reply), "{story:?}");
        assert!(story.iter().all(|sent| sent.text == sent.question), "{story:?}");
        scene.check(&story).await;
        plan.note(&format!("{AT_ONCE} sends"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_send_whose_commit_is_not_answered_is_made_once() {
    let mut plan = Plan::of("cut commits", Duration::from_secs(4));
    let database = TestDatabase::new(Engine::Postgres).await;
    let proxy = Proxy::to(database.url()).await;
    let scene = Scene::over(&[&proxy.url(database.url())], vec![plan.lease()]).await;
    let mut story = Vec::new();
    while plan.goes_on() {
        let user = scene.somebody();
        let conversation = scene.conversation(&user, &mut plan.random).await;
        let mut sent = Sent::new(scene.question(&mut plan.random, 60));
        let cut = match plan.random.random_bool(0.5) {
            // The turn's, or its end's.
            true => Cut::AfterCommits(plan.random.random_range(0..2)),
            false => Cut::AfterPieces(plan.random.random_range(0..60)),
        };
        proxy.cut(Some(cut));
        let until = Instant::now() + PATIENCE;
        loop {
            let path = format!(
                "{}/conversations/{conversation}/messages",
                scene.address(&mut plan.random).await
            );
            let body = json!({"content": sent.question, "stream": true});
            let request = user.request(Method::POST, &path).header("idempotency-key", "soak");
            match sent.ask(request.json(&body)).await {
                Answer::Whole => break,
                Answer::Refused { status: 503, retry_after: true, .. } => {}
                other => panic!("{other:?} after {cut:?}: {sent:?}"),
            }
            assert!(Instant::now() < until, "refused to the end: {sent:?}");
        }
        proxy.cut(None);
        assert!(matches!(sent.end, Some(Ok(_))), "after {cut:?} there is no reply: {sent:?}");
        story.push(sent);
    }
    scene.settled(Instant::now()).await;
    scene.check(&story).await;
    plan.note(&format!("{} sends", story.len()));
}
