//! One process after the other is replaced while people work and listen: none of them is to notice.

mod fleet;
mod listeners;
mod load;
mod name;

use std::time::Duration;

use futures_util::future::join_all;
use futures_util::stream::{self, StreamExt as _};
use mock_llm::{Gate, MockLlm, Script};
use rstest::rstest;

use fleet::{Fleet, Way};
use listeners::Listener;
use load::{Load, Somebody};

/// Models whose replies end while the old chat-service lets them, and whose replies would take longer.
const SHORT: &str = "gpt-4o";
const LONG: &str = "gpt-4";

#[rstest]
#[case(Way::Reload, 200)]
#[case(Way::Name, 40)]
#[tokio::test(flavor = "multi_thread")]
async fn nobody_notices_that_one_process_after_the_other_is_replaced(
    #[case] way: Way,
    #[case] streams: usize,
) {
    let model = MockLlm::start().await;
    let Some(mut fleet) = Fleet::start(&model, way).await else { return };
    let (told_to_end, never) = (Gate::new(), Gate::new());
    let words: Vec<_> = (0..12).map(|n| format!("“{n}” 🐝 ")).collect();
    let slowly =
        |gate| Script::tokens(words.clone()).pace(Duration::from_millis(500)).hold_after(10, gate);
    model.default_script(Script::text("Bees buzz."));
    model.script_for(SHORT, slowly(&told_to_end));
    model.script_for(LONG, slowly(&never));

    let (ada, api) = Somebody::alone(&fleet, "ada@example.org").await;
    let models = (0..streams).map(|n| if n % 5 == 0 { LONG } else { SHORT });
    let asks = models.map(|model| Listener::ask(ada.clone(), api.clone(), model));
    let mut listeners: Vec<_> = stream::iter(asks).buffered(8).collect().await;
    let load = Load::start(&fleet).await;

    for service in ["auth-service", "project-service"] {
        fleet.replace(service).await.ended().await;
    }
    let old = fleet.replace("chat-service").await;
    old.says_so().await;
    // Some leave and come back to the new process at once, while the old one still makes their replies.
    let gone = listeners.drain(..streams / 5).map(Listener::comes_back);
    let back = join_all(gone).await;
    listeners.extend(back);
    told_to_end.release();
    let hearing = join_all(listeners.into_iter().map(Listener::hears));
    let (heard, ()) = tokio::join!(hearing, old.ended());

    let tally = load.end().await;
    let repeated = tally.repeated.into_inner();
    for heard in &heard {
        assert_eq!(heard.stored["content"], heard.text, "{}", heard.stored);
    }
    let of = |status: &str| heard.iter().filter(|heard| heard.stored["status"] == status).count();
    let resumed = heard.iter().filter(|heard| heard.has_resumed).count();
    println!(
        "{way:?}: {:?} answered, {repeated} sent again; {} complete, {} interrupted, {resumed} resumed",
        tally.answered.lock().unwrap(),
        of("complete"),
        of("interrupted"),
    );
    assert_eq!(of("complete") + of("interrupted"), streams);
    assert!(of("complete") > 0 && of("interrupted") >= streams / 5);
    assert!(resumed > of("interrupted"));
    assert_eq!(tally.failed.into_inner().unwrap(), [""; 0], "of {:?}", tally.answered);
    // A gateway that is told of a new address closes its clients' connections between two requests: for each client, once a time.
    let most = if way == Way::Reload { 3 * load::CLIENTS } else { 0 };
    assert!(repeated <= most);
}
