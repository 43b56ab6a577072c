//! Conversations as ChatGPT exports them, each a tree of nodes. The form is not documented; what is read here is what such files
//! have. Nodes that ChatGPT does not show (tools, system texts, what is asked of tools) are passed over, and what follows them
//! follows what they follow.

use std::collections::{HashMap, HashSet};
use std::fmt;

use chrono::{DateTime, Utc};
use common::domain::message::{FinishReason, Role};
use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, Visitor};

use super::bounded;
use super::file::{About, File, Said};

/// What stands for what is not in the file.
const IMAGE: &str = "[Image]";

/// How many characters the ids of nodes and models may have, of which there are many copies.
const MOST_ID: usize = 100;

#[derive(Deserialize)]
pub(super) struct Chat {
    title: Option<String>,
    create_time: Option<f64>,
    update_time: Option<f64>,
    #[serde(deserialize_with = "bounded::pairs")]
    mapping: Vec<(String, Node)>,
    current_node: Option<String>,
    default_model_slug: Option<String>,
    is_archived: Option<bool>,
    is_starred: Option<bool>,
}

#[derive(Deserialize)]
struct Node {
    message: Option<Message>,
    parent: Option<String>,
    #[serde(default, deserialize_with = "bounded::list")]
    children: Vec<String>,
}

#[derive(Deserialize)]
struct Message {
    author: Author,
    create_time: Option<f64>,
    #[serde(default)]
    content: Content,
    recipient: Option<String>,
    #[serde(default)]
    metadata: Metadata,
}

#[derive(Deserialize)]
struct Author {
    role: String,
}

#[derive(Default, Deserialize)]
struct Content {
    #[serde(default)]
    content_type: String,
    #[serde(default, deserialize_with = "bounded::list")]
    parts: Vec<Part>,
    #[serde(default, deserialize_with = "bounded::list")]
    thoughts: Vec<Thought>,
}

#[derive(Deserialize)]
struct Thought {
    summary: Option<String>,
    content: Option<String>,
}

#[derive(Default, Deserialize)]
struct Metadata {
    model_slug: Option<String>,
    is_visually_hidden_from_conversation: Option<bool>,
    finish_details: Option<FinishDetails>,
}

#[derive(Deserialize)]
struct FinishDetails {
    #[serde(rename = "type")]
    kind: Option<String>,
}

/// A part of a message: a text, or something that stands in another file.
struct Part(Option<String>);

/// A node that is to be looked at.
struct Visit {
    node: usize,
    /// The message that it follows.
    after: Option<String>,
}

impl Chat {
    /// It in our own form; `None` if nothing in it was said.
    pub(super) fn into_file(mut self) -> Option<File> {
        let slug = self.default_model_slug.and_then(model);
        self.mapping.retain(|(id, _)| id.len() <= MOST_ID);
        let mut tree = Tree::of(self.mapping);
        tree.walk();
        let leaf = self.current_node.and_then(|node| tree.shown.get(&node).cloned().flatten());
        let mut messages = tree.messages;
        let last = messages.iter().rev().map(|said| &said.model_id).find(|id| !id.is_empty());
        let model = slug.or_else(|| last.cloned());
        for said in &mut messages {
            if said.model_id.is_empty() {
                said.model_id = model.clone().unwrap_or_default();
            }
        }
        let conversation = About {
            title: self.title,
            model,
            system_prompt: None,
            pinned: self.is_starred.unwrap_or(false),
            archived: self.is_archived.unwrap_or(false),
            active_leaf_id: leaf,
            created_at: time(self.create_time),
            updated_at: time(self.update_time),
        };
        (!messages.is_empty()).then_some(File { conversation, messages })
    }
}

/// The nodes, and what was made of them.
struct Tree {
    ids: Vec<String>,
    nodes: Vec<Node>,
    places: HashMap<String, usize>,
    messages: Vec<Said>,
    /// The last message that is shown at each node, the node's own or one before it.
    shown: HashMap<String, Option<String>>,
    /// The first of those that follow the same message and are by the same side.
    siblings: HashMap<(Option<String>, Role), String>,
    /// What was thought since the last message.
    thoughts: String,
}

impl Tree {
    fn of(mapping: Vec<(String, Node)>) -> Self {
        let (ids, nodes): (Vec<_>, Vec<_>) = mapping.into_iter().unzip();
        let places = ids.iter().cloned().zip(0..).collect();
        let (messages, thoughts) = (Vec::new(), String::new());
        let (shown, siblings) = (HashMap::new(), HashMap::new());
        Self { ids, nodes, places, messages, shown, siblings, thoughts }
    }

    /// From each root to its leaves, a message before what follows it.
    fn walk(&mut self) {
        let is_root = |node: &Node| {
            node.parent.as_ref().is_none_or(|parent| !self.places.contains_key(parent))
        };
        let roots = (0..self.nodes.len()).filter(|place| is_root(&self.nodes[*place]));
        let mut todo: Vec<Visit> = roots.map(|node| Visit { node, after: None }).rev().collect();
        let mut seen = HashSet::new();
        while let Some(visit) = todo.pop() {
            if !seen.insert(visit.node) {
                continue;
            }
            let children = std::mem::take(&mut self.nodes[visit.node].children);
            let after = self.visit(visit);
            let children = children.iter().rev().filter_map(|child| self.places.get(child));
            todo.extend(children.map(|node| Visit { node: *node, after: after.clone() }));
        }
    }

    /// Takes a node's message, if it is shown; the message that the node's children follow.
    fn visit(&mut self, Visit { node, after }: Visit) -> Option<String> {
        let id = self.ids[node].clone();
        let message = self.nodes[node].message.take();
        if let Some(message) = &message {
            self.thoughts.push_str(&message.thoughts());
        }
        let Some((message, role, text)) = message.and_then(Message::shown) else {
            self.shown.insert(id, after.clone());
            return after;
        };
        let thoughts = std::mem::take(&mut self.thoughts);
        let key = (after.clone(), role);
        let place = self.siblings.entry(key).or_insert_with(|| id.clone()).clone();
        let model = message.metadata.model_slug.and_then(model).unwrap_or_default();
        let is_reply = role == Role::Assistant;
        let mut before = self.messages.iter_mut();
        if let Some(question) = before.rfind(|said| is_reply && Some(&said.id) == after.as_ref())
            && question.model_id.is_empty()
        {
            question.model_id.clone_from(&model);
        }
        let finish = message.metadata.finish_details.and_then(|details| details.kind);
        self.messages.push(Said {
            id: id.clone(),
            parent_id: after,
            place_id: Some(place),
            turn_id: None,
            role,
            model_id: model,
            content: text,
            reasoning: if is_reply { thoughts.trim_end().to_owned() } else { String::new() },
            attachments: Vec::new(),
            status: None,
            finish_reason: match finish.as_deref() {
                Some("stop") if is_reply => Some(FinishReason::Stop),
                Some("max_tokens") if is_reply => Some(FinishReason::Length),
                _ => None,
            },
            error: None,
            answered_by: None,
            temperature: None,
            tokens: None,
            usage: None,
            prompt_versions: Vec::new(),
            created_at: time(message.create_time),
        });
        self.shown.insert(id.clone(), Some(id.clone()));
        Some(id)
    }
}

impl Message {
    fn thoughts(&self) -> String {
        let thoughts = self.content.thoughts.iter();
        let lines = thoughts.flat_map(|thought| [&thought.summary, &thought.content]).flatten();
        lines.filter(|line| !line.is_empty()).map(|line| format!("{line}\n\n")).collect()
    }

    /// Who says it, and what, if ChatGPT shows it.
    fn shown(self) -> Option<(Self, Role, String)> {
        let role = match self.author.role.as_str() {
            "user" => Role::User,
            "assistant" => Role::Assistant,
            _ => return None,
        };
        let is_hidden = self.metadata.is_visually_hidden_from_conversation == Some(true);
        let is_to_a_tool = self.recipient.as_deref().is_some_and(|to| to != "all");
        let is_said = ["text", "multimodal_text"].contains(&self.content.content_type.as_str());
        if is_hidden || is_to_a_tool || !is_said {
            return None;
        }
        let parts = self.content.parts.iter().map(|part| part.0.as_deref().unwrap_or(IMAGE));
        let parts: Vec<&str> = parts.filter(|part| !part.trim().is_empty()).collect();
        let text = parts.join("\n\n");
        (!text.is_empty()).then_some((self, role, text))
    }
}

/// A model's name, if it is one.
fn model(slug: String) -> Option<String> {
    (1..=MOST_ID).contains(&slug.len()).then_some(slug)
}

/// Seconds since 1970 as a time.
fn time(seconds: Option<f64>) -> Option<DateTime<Utc>> {
    #[expect(clippy::cast_possible_truncation, reason = "what is too large becomes no time at all")]
    let micros = (seconds? * 1e6).round() as i64;
    DateTime::from_timestamp_micros(micros)
}

impl<'de> Deserialize<'de> for Part {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PartVisitor)
    }
}

struct PartVisitor;

impl<'de> Visitor<'de> for PartVisitor {
    type Value = Part;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text or an object")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Part, E> {
        Ok(Part(Some(text.to_owned())))
    }

    fn visit_unit<E: Error>(self) -> Result<Part, E> {
        Ok(Part(Some(String::new())))
    }

    /// What was said aloud is written down beside it.
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Part, A::Error> {
        let mut text = None;
        while let Some(name) = map.next_key::<String>()? {
            if name == "text" {
                text = map.next_value()?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(Part(text))
    }
}
