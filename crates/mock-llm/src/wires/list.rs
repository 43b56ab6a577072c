//! Lists of models: each token of the script is the id of one.

use std::marker::PhantomData;

use serde_json::Value;

use crate::Ask;
use crate::answer::Provider;
use crate::plan::Event;
use crate::tape::Wire;

/// How one provider lists models.
pub(super) trait Listing: Provider + Clone {
    /// What comes before the models.
    const OPENING: &'static str;

    /// One model.
    fn model(id: &str) -> Value;

    /// What comes after the models with these ids.
    fn closing(ids: &[String]) -> String;
}

/// Writes one JSON object with the models in it.
#[derive(Clone)]
pub(super) struct List<L> {
    ids: Vec<String>,
    listing: PhantomData<L>,
}

impl<L> List<L> {
    pub(super) fn new() -> Self {
        Self { ids: Vec::new(), listing: PhantomData }
    }
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
            Event::Reasoning(_) | Event::Tool(_) | Event::Finish(_) | Event::Usage => String::new(),
        };
        out.extend_from_slice(written.as_bytes());
    }
}

/// A request for a list, which asks for nothing more.
pub(super) fn ask() -> Ask {
    Ask::default()
}
