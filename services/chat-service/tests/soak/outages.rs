//! A database that is stopped and started under load: what was acknowledged is there, replies go on, and all is well soon after.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use rand::RngExt;
use rand::rngs::SmallRng;
use reqwest::Method;
use serde_json::json;
use testkit::{PostgresServer, Stop};
use tokio::task::block_in_place;
use tokio::time::sleep;

use super::scene::MODELS;
use super::{Answer, Plan, Scene, Sent, plan};

const CLIENTS: usize = 4;

/// How long after its database a service may need.
const NORMAL_WITHIN: Duration = Duration::from_secs(5);

/// So many requests in a row that are answered are no chance.
const NORMAL: usize = 10;

/// How long a live stream may be without a word, of which one comes every few milliseconds.
const SILENCE: Duration = Duration::from_secs(3);

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_away_loses_nothing() {
    let mut plan = Plan::of("outages", Duration::ZERO);
    while plan.goes_on() {
        let server = PostgresServer::new();
        let url = server.url();
        let scene = Scene::over(&[&url, &url], vec![plan.lease()]).await;
        let is_over = AtomicBool::new(false);
        let randoms: Vec<_> = (0..=CLIENTS).map(|_| plan::own(&mut plan.random)).collect();
        let (writers, listener) = randoms.split_at(CLIENTS);
        let writers = writers.iter().map(|random| write(&scene, random.clone(), &is_over));
        let listening = listen(&scene, listener[0].clone(), &is_over);
        let outages = if plan.is_long { 10 } else { 3 };
        let stopping = stop(&scene, &server, &mut plan, outages, &is_over);
        let (written, heard, slowest) = tokio::join!(join_all(writers), listening, stopping);
        let story = [written.concat(), heard].concat();
        scene.settled(Instant::now()).await;
        scene.check(&story).await;
        let milliseconds = slowest.as_millis();
        plan.note(&format!(
            "{outages} outages, {} sends, normal after {milliseconds} ms at most",
            story.len()
        ));
    }
}

/// Stops and starts the database, in every way; how long it took at most until all was well again.
async fn stop(
    scene: &Scene,
    server: &PostgresServer,
    plan: &mut Plan,
    outages: usize,
    is_over: &AtomicBool,
) -> Duration {
    let ways = [Stop::Fast, Stop::Immediate, Stop::Kill];
    let first = plan.random.random_range(0..ways.len());
    let longest = if plan.is_long { 8_000 } else { 1_500 };
    let mut slowest = Duration::ZERO;
    for way in ways.into_iter().cycle().skip(first).take(outages) {
        sleep(plan::pause(&mut plan.random, 200..1_500)).await;
        block_in_place(|| server.stop(way));
        sleep(plan::pause(&mut plan.random, 0..longest)).await;
        block_in_place(|| server.start());
        slowest = slowest.max(recover(scene, &mut plan.random).await);
    }
    is_over.store(true, Ordering::Relaxed);
    slowest
}

/// Waits until requests are answered as ever; how long that took.
async fn recover(scene: &Scene, random: &mut SmallRng) -> Duration {
    let (ready, user) = (Instant::now(), scene.somebody());
    let (mut well, mut since) = (0, Duration::ZERO);
    while well < NORMAL {
        let request =
            user.request(Method::POST, &format!("{}/conversations", scene.address(random).await));
        let status = request.json(&json!({})).send().await.unwrap().status();
        if status.is_success() {
            well += 1;
        } else {
            (well, since) = (0, ready.elapsed());
            assert!(since < NORMAL_WITHIN, "{status}, {since:?} after the database is ready");
        }
    }
    since
}

/// Sends one message after another. What is refused meanwhile says when to come again.
async fn write(scene: &Scene, mut random: SmallRng, is_over: &AtomicBool) -> Vec<Sent> {
    let (user, mut story) = (scene.somebody(), Vec::new());
    while !is_over.load(Ordering::Relaxed) {
        let conversation = scene.conversation(&user, &mut random).await;
        for _ in 0..3 {
            let mut sent = Sent::new(scene.question(&mut random, 40));
            let address = scene.address(&mut random).await;
            let path = format!("{address}/conversations/{conversation}/messages");
            let body = json!({"content": sent.question, "stream": random.random::<bool>()});
            match sent.ask(user.request(Method::POST, &path).json(&body)).await {
                Answer::Whole => {}
                Answer::Refused { status: 503, retry_after: true, .. } => {
                    sleep(plan::pause(&mut random, 10..100)).await;
                }
                // The database kept what it could not acknowledge.
                Answer::Refused { status: 409, code, .. } if code == "GENERATION_IN_PROGRESS" => {}
                other => panic!("{other:?}: {sent:?}"),
            }
            story.push(sent);
        }
    }
    story
}

/// Listens to long replies that begin while the database is there.
async fn listen(scene: &Scene, mut random: SmallRng, is_over: &AtomicBool) -> Vec<Sent> {
    let (user, mut story) = (scene.somebody(), Vec::new());
    while !is_over.load(Ordering::Relaxed) {
        let conversation = scene.conversation(&user, &mut random).await;
        let question =
            format!("{} {}", scene.question(&mut random, 1), plan::words(&mut random, 100));
        let mut sent = Sent::new(question);
        let address = scene.address(&mut random).await;
        let path = format!("{address}/conversations/{conversation}/messages");
        let body = json!({"content": sent.question, "model": MODELS[2], "stream": true});
        let answer = sent.ask(user.request(Method::POST, &path).json(&body)).await;
        if sent.reply.is_some() {
            assert_eq!(answer, Answer::Whole, "{sent:?}");
            assert!(matches!(sent.end, Some(Ok(_))), "a reply did not outlive an outage: {sent:?}");
            let times: Vec<_> = sent.times().collect();
            let silence = times.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or_default();
            assert!(silence < SILENCE, "a live stream was silent for {silence:?}");
        }
        story.push(sent);
    }
    story
}
