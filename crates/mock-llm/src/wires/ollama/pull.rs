//! The download of a model, which tells how far it is.

use actix_web::{HttpRequest, web};
use parking_lot::Mutex;
use serde_json::{Value, json};

use super::{Ollama, lines, request};
use crate::answer::{Endpoint, Provider};
use crate::log::Turn;
use crate::plan::{Event, Shape};
use crate::playlist::Playlist;
use crate::state::State;
use crate::tape::Wire;
use crate::{Ask, Refusal, Script};

/// Each token of its script is one report of progress, whatever it says.
pub(super) struct Pull;

impl Endpoint for Pull {
    type Provider = Ollama;
    type Wire = Progress;
    const STREAM: &'static str = lines::CONTENT_TYPE;

    fn playlist(state: &State) -> &Mutex<Playlist> {
        &state.loading
    }

    fn unscripted(_: &State) -> Script {
        Script::generated(6)
    }

    fn read(_: &HttpRequest, body: &[u8]) -> Result<Ask, Refusal> {
        request::read(body)
    }

    fn accept(state: &web::Data<State>, ask: &Ask, turn: &Turn) -> Result<(), Refusal> {
        let (state, model) = (state.clone(), ask.model.clone());
        turn.when_finished(move || state.machine.lock().pull(&model));
        Ok(())
    }

    fn wire(script: &Script, ask: &Ask, shape: Shape) -> Progress {
        Progress {
            whole: shape.whole,
            model: ask.model.clone(),
            reports: script.reply.tokens("").len(),
            report: 0,
        }
    }
}

/// The layers of a model, which come in turns, by digest and size in bytes.
const LAYERS: [(&str, usize); 2] = [
    ("dde5aa3fc5ffc17176b5e8bdc82f587b24b2678c6c66101bf7da77af9f7ccdff", 2_019_377_376),
    ("966de95ca8a62200913e3f8bfbf84c8494536f1b94b49166851e76644e966396", 1_429),
];

/// Writes a line for each event.
#[derive(Clone)]
pub(super) struct Progress {
    whole: bool,
    model: String,
    /// Reports in all.
    reports: usize,
    /// Reports written.
    report: usize,
}

impl Progress {
    /// The first report of a layer with several does not say how far it is; its last says that
    /// it is there.
    fn report(&mut self) -> Value {
        let layer = self.report % LAYERS.len();
        let (digest, total) = LAYERS[layer];
        let turn = self.report / LAYERS.len();
        let turns = self.reports.saturating_sub(layer).div_ceil(LAYERS.len()).max(1);
        self.report += 1;
        let mut report = json!({
            "status": format!("pulling {}", &digest[..12]),
            "digest": format!("sha256:{digest}"),
            "total": total,
        });
        if turn > 0 || turns == 1 {
            report["completed"] = (total * (turn + 1) / turns).into();
        }
        report
    }

    fn statuses(statuses: &[&str], out: &mut Vec<u8>) {
        for status in statuses {
            line(&json!({ "status": status }), out);
        }
    }
}

fn line(value: &Value, out: &mut Vec<u8>) {
    out.extend_from_slice(value.to_string().as_bytes());
    out.push(b'\n');
}

impl Wire for Progress {
    fn write(&mut self, event: &Event<'_>, out: &mut Vec<u8>) {
        match event {
            Event::Error(why) => line(&Ollama::refuse(why, &self.model).body, out),
            Event::Comment => out.push(b' '),
            Event::Done => Self::statuses(&["success"], out),
            _ if self.whole => {}
            Event::Opening => Self::statuses(&["pulling manifest"], out),
            Event::Text(_) => line(&self.report(), out),
            Event::Finish(_) => {
                let statuses =
                    ["verifying sha256 digest", "writing manifest", "removing any unused layers"];
                Self::statuses(&statuses, out);
            }
            Event::Reasoning(_) | Event::Tool(_) | Event::Usage => {}
        }
    }
}
