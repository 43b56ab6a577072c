//! A conversation for formats in which two take turns: the system text apart, the user first and last.

use std::sync::LazyLock;

use super::super::{PromptMessage, PromptRole};

/// Stands where the format wants a word of the user's, and there is none.
static GO_ON: LazyLock<PromptMessage> =
    LazyLock::new(|| PromptMessage::text(PromptRole::User, "Continue."));

/// A conversation.
pub struct Turns<'a> {
    /// The rules; empty: there are none.
    pub system: String,
    /// Who says what, by turns.
    pub turns: Vec<Turn<'a>>,
}

/// What one of the two says until it is the other's turn.
pub struct Turn<'a> {
    /// Whether it is the user's; what a tool gave is, too.
    pub is_user: bool,
    /// The messages; what tools gave is first.
    pub messages: Vec<&'a PromptMessage>,
}

impl<'a> Turns<'a> {
    /// The turns of the messages that say anything.
    pub fn of(messages: &'a [PromptMessage]) -> Self {
        let (rules, said): (Vec<_>, Vec<_>) =
            messages.iter().partition(|message| message.role == PromptRole::System);
        let rules: Vec<_> = rules.iter().map(|rule| rule.content.trim()).collect();
        let mut turns = Self { system: rules.join("\n\n").trim().to_owned(), turns: Vec::new() };
        let mut said = said.into_iter().filter(|message| !is_silent(message)).peekable();
        if said.peek().is_none_or(|first| first.role == PromptRole::Assistant) {
            turns.add(&GO_ON);
        }
        said.for_each(|message| turns.add(message));
        // A reply that broke off: models do not go on with their own words.
        if turns.turns.last().is_some_and(|last| !last.is_user) {
            turns.add(&GO_ON);
        }
        for turn in &mut turns.turns {
            turn.messages.sort_by_key(|message| message.role != PromptRole::Tool);
        }
        turns
    }

    fn add(&mut self, message: &'a PromptMessage) {
        let is_user = message.role != PromptRole::Assistant;
        match self.turns.last_mut() {
            Some(turn) if turn.is_user == is_user => turn.messages.push(message),
            _ => self.turns.push(Turn { is_user, messages: vec![message] }),
        }
    }
}

fn is_silent(message: &PromptMessage) -> bool {
    message.content.trim().is_empty()
        && message.images.is_empty()
        && message.tool_calls.is_empty()
        && message.tool_call_id.is_none()
}

/// A request that has all that a format may have to translate.
#[cfg(test)]
pub fn a_conversation_with_everything() -> super::super::CompletionRequest {
    use super::super::{CompletionRequest, ToolCall, Tools};
    use common::domain::attachment::{Image, ImageType};
    use serde_json::json;

    let text = |role, text: &str| PromptMessage::text(role, text);
    let call = |id: &str, arguments: &str| {
        let (id, name, arguments) = (id.to_owned(), "weather".to_owned(), arguments.to_owned());
        ToolCall { id, name, arguments }
    };
    let answer = |id: &str, text: &str| PromptMessage {
        tool_call_id: Some(id.to_owned()),
        ..PromptMessage::text(PromptRole::Tool, text)
    };
    let picture = Image { kind: ImageType::Png, data: vec![1, 2, 3].into() };
    let function = json!({"name": "weather", "parameters": {"type": "object"}});
    CompletionRequest {
        model: "a-model".to_owned(),
        messages: [
            text(PromptRole::System, "Be kind."),
            PromptMessage { images: vec![picture], ..text(PromptRole::User, "What is this?") },
            text(PromptRole::User, "And how is the weather?"),
            PromptMessage {
                tool_calls: vec![call("call.1", r#"{"city":"Rome"}"#), call("call.2", "broken")],
                ..text(PromptRole::Assistant, "")
            },
            answer("call.1", r#"{"sky":"blue"}"#),
            answer("call.2", "No such place"),
            text(PromptRole::System, "Be brief."),
            text(PromptRole::Assistant, "It is"),
        ]
        .into(),
        temperature: Some(1.5),
        max_tokens: Some(100),
        stop: vec!["Observation:".to_owned()],
        context_length: 8192,
        tools: Some(Tools {
            tools: json!([{"type": "function", "function": function}]),
            choice: json!({"type": "function", "function": {"name": "weather"}}),
        }),
        key: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_user_is_first_and_last_and_nobody_speaks_twice() {
        use PromptRole::{Assistant, System, User};
        let turns = |messages: &[(PromptRole, &str)]| {
            let messages: Vec<_> =
                messages.iter().map(|(role, text)| PromptMessage::text(*role, *text)).collect();
            let turns = Turns::of(&messages);
            let said = turns.turns.iter().map(|turn| {
                let texts: Vec<_> = turn.messages.iter().map(|m| m.content.as_str()).collect();
                format!("{}{}", if turn.is_user { "u:" } else { "m:" }, texts.join("+"))
            });
            (turns.system.clone(), said.collect::<Vec<_>>().join(" "))
        };
        for (messages, system, said) in [
            (vec![(System, "a"), (User, "b"), (System, "c")], "a\n\nc", "u:b"),
            (vec![(User, "a"), (User, "b"), (Assistant, "c"), (User, "d")], "", "u:a+b m:c u:d"),
            (vec![(User, "a"), (Assistant, " \n"), (User, "b")], "", "u:a+b"),
            (vec![(User, "a"), (Assistant, "b")], "", "u:a m:b u:Continue."),
            (vec![(Assistant, "a"), (User, "b")], "", "u:Continue. m:a u:b"),
            (vec![(System, "a")], "a", "u:Continue."),
        ] {
            assert_eq!(turns(&messages), (system.to_owned(), said.to_owned()));
        }
    }
}
