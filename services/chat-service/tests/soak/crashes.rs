//! Processes that are killed while they make replies: what was acknowledged is there, what had come is kept, and whoever lives
//! says so.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use rand::RngExt;
use rand::rngs::SmallRng;
use reqwest::Method;
use rstest::rstest;
use serde_json::json;
use testkit::Actor;
use tokio::time::sleep;

use super::{Answer, Plan, Scene, Sent, plan};

const CLIENTS: usize = 6;

/// How long a client may need to hear the end of a reply whose process was killed.
const PATIENCE: Duration = Duration::from_secs(60);

#[rstest]
#[case::one_process("crashes of one", 1)]
#[case::two_replicas("crashes of two", 2)]
#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_is_killed_loses_nothing(
    #[case] run: &'static str,
    #[case] replicas: usize,
) {
    let mut plan = Plan::of(run, Duration::ZERO);
    while plan.goes_on() {
        let scene = Scene::set(replicas, vec![plan.lease()]).await;
        let is_over = AtomicBool::new(false);
        let randoms: Vec<_> = (0..CLIENTS).map(|_| plan::own(&mut plan.random)).collect();
        let clients = randoms.into_iter().map(|random| talk(&scene, random, &is_over));
        let kills = if plan.is_long { 12 } else { 3 };
        let killing = kill(&scene, &mut plan.random, kills, &is_over);
        let (story, last) = tokio::join!(join_all(clients), killing);
        let story = story.concat();
        scene.settled(last).await;
        scene.check(&story).await;
        let cut = story.iter().filter(|sent| matches!(sent.end, Some(Err(_)))).count();
        plan.note(&format!("{kills} kills, {} sends, {cut} replies cut", story.len()));
    }
}

/// Kills now one, now another, and starts it again; when it did so last.
async fn kill(scene: &Scene, random: &mut SmallRng, kills: usize, is_over: &AtomicBool) -> Instant {
    let mut last = Instant::now();
    for _ in 0..kills {
        sleep(plan::pause(random, 50..2_000)).await;
        let index = random.random_range(0..scene.size());
        last = scene.kill(index);
        scene.restart(index).await;
    }
    is_over.store(true, Ordering::Relaxed);
    last
}

/// Sends one message after another, and hears each reply to its end, wherever it may be heard.
async fn talk(scene: &Scene, mut random: SmallRng, is_over: &AtomicBool) -> Vec<Sent> {
    let (user, mut story) = (scene.somebody(), Vec::new());
    while !is_over.load(Ordering::Relaxed) {
        let conversation = scene.conversation(&user, &mut random).await;
        for _ in 0..3 {
            if is_over.load(Ordering::Relaxed) {
                break;
            }
            let words = if random.random_bool(0.2) { 2_000 } else { 60 };
            let mut sent = Sent::new(scene.question(&mut random, words));
            let maker = scene.address(&mut random).await;
            let path = format!("{maker}/conversations/{conversation}/messages");
            let body = json!({"content": sent.question, "stream": true});
            let request = user.request(Method::POST, &path).json(&body);
            // Some turn to whoever else is there, in the middle of it.
            let patience = match random.random_bool(0.3) {
                true => plan::pause(&mut random, 0..1_500),
                false => PATIENCE,
            };
            let asked = tokio::time::timeout(patience, sent.ask(request)).await;
            match &asked {
                Ok(Answer::Broken(why)) => {
                    assert!(scene.killed_at(&maker).is_some(), "{why}: {sent:?}");
                }
                // One that was cut, or is heard elsewhere, is not over for the conversation.
                Ok(Answer::Refused { code, .. }) => assert_eq!(code, "GENERATION_IN_PROGRESS"),
                Ok(Answer::Whole) | Err(_) => {}
            }
            let is_heard = matches!(asked, Ok(Answer::Whole));
            // To wait for the end each time would leave nothing to be killed.
            if !is_heard && random.random_bool(0.5) {
                hear_the_rest(scene, &user, &mut random, &mut sent).await;
            }
            story.push((maker, sent));
        }
    }
    for (maker, sent) in &mut story {
        if sent.end.is_none() {
            hear_the_rest(scene, &user, &mut random, sent).await;
        }
        sent.cut = scene.killed_at(maker);
    }
    story.into_iter().map(|(_, sent)| sent).collect()
}

/// Goes on where the client was, until the reply's end.
async fn hear_the_rest(scene: &Scene, user: &Actor, random: &mut SmallRng, sent: &mut Sent) {
    // What was not acknowledged may be gone.
    let Some(reply) = sent.reply.clone() else { return };
    let until = Instant::now() + PATIENCE;
    loop {
        assert!(Instant::now() < until, "a reply does not end: {reply}");
        let address = scene.address(random).await;
        let request = user.request(Method::GET, &format!("{address}/messages/{reply}/stream"));
        match sent.ask(request.header("last-event-id", &sent.last_event)).await {
            Answer::Whole => return,
            Answer::Broken(why) => assert!(scene.killed_at(&address).is_some(), "{why}: {sent:?}"),
            refused => panic!("{refused:?}: {reply}"),
        }
    }
}
