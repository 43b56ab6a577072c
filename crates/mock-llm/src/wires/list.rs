//! Lists of models: each token of the script is the id of one.

use std::marker::PhantomData;

use actix_web::HttpRequest;
use parking_lot::Mutex;
use serde_json::Value;

use crate::answer::{Endpoint, Provider};
use crate::plan::{Event, Shape};
use crate::playlist::Playlist;
use crate::state::State;
use crate::tape::Wire;
use crate::{Ask, Refusal, Script};

/// How one provider lists models.
pub(super) trait Listing: Provider + Clone {
    /// What comes before the models.
    const OPENING: &'static str;

    /// The models where no script names others.
    fn models(state: &State) -> Vec<String>;

    /// One model.
    fn model(id: &str) -> Value;

    /// What comes after the models with these ids.
    fn closing(_: &[String]) -> String {
        "]}".to_owned()
    }
}

/// The list of a provider's models.
pub(super) struct Models<L>(PhantomData<L>);

impl<L: Listing> Endpoint for Models<L> {
    type Provider = L;
    type Wire = List<L>;

    fn playlist(state: &State) -> &Mutex<Playlist> {
        &state.catalogue
    }

    fn unscripted(state: &State) -> Script {
        Script::tokens(L::models(state))
    }

    fn read(_: &HttpRequest, _: &[u8]) -> Result<Ask, Refusal> {
        Ok(Ask::default())
    }

    fn wire(_: &Script, _: &Ask, _: Shape) -> List<L> {
        List { ids: Vec::new(), listing: PhantomData }
    }
}

/// Writes one JSON object with the models in it.
#[derive(Clone)]
pub(super) struct List<L> {
    ids: Vec<String>,
    listing: PhantomData<L>,
}

impl<L: Listing> Wire for List<L> {
    fn write(&mut self, event: &Event<'_>, out: &mut Vec<u8>) {
        let written = match event {
            Event::Opening => L::OPENING.to_owned(),
            Event::Text(id) => {
                let comma = if self.ids.is_empty() { "" } else { "," };
                self.ids.push(id.clone());
                format!("{comma}{}", L::model(id))
            }
            Event::Done => L::closing(&self.ids),
            Event::Error(why) => L::refuse(why, "").body.to_string(),
            Event::Comment => " ".to_owned(),
            Event::Reasoning(_) | Event::Tool(_) | Event::Finish(_) | Event::Usage => return,
        };
        out.extend_from_slice(written.as_bytes());
    }
}

/// Some names as ids.
pub(super) fn named<const N: usize>(names: [&str; N]) -> Vec<String> {
    names.map(str::to_owned).into()
}
