//! The list of models: each token of the script is the id of one.

use super::json::{error, quoted};
use crate::plan::Event;
use crate::tape::Wire;

/// Writes one `list` object.
#[derive(Clone, Default)]
pub(super) struct Models {
    listed: usize,
}

impl Wire for Models {
    fn write(&mut self, event: &Event<'_>, out: &mut Vec<u8>) {
        let written = match event {
            Event::Opening => r#"{"object":"list","data":["#.to_owned(),
            Event::Text(id) => {
                let comma = if self.listed > 0 { "," } else { "" };
                self.listed += 1;
                let id = quoted(id);
                format!(
                    r#"{comma}{{"id":{id},"object":"model","created":1715367049,"owned_by":"mock"}}"#
                )
            }
            Event::Finish(_) => "]".to_owned(),
            Event::Done => "}".to_owned(),
            Event::Error { code, message } => error(code, message).to_string(),
            Event::Malformed => r#""]{"#.to_owned(),
            Event::Comment => " ".to_owned(),
            Event::Verbatim(body) => (*body).to_owned(),
            Event::Reasoning(_) | Event::Usage | Event::Filler(_) => String::new(),
        };
        out.extend_from_slice(written.as_bytes());
    }
}
