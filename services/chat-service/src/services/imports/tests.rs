//! How files are read, and that no file is too odd for it.

use chrono::TimeDelta;
use common::{Clock, Ids, SystemEntropy};
use proptest::prelude::*;
use serde_json::{Value, json};
use testkit::a_clock;
use uuid::Uuid;

use super::*;

fn of(entry: &Value) -> Option<(ImportedConversation, Tally)> {
    let clock = a_clock();
    let ids = Ids::new(Arc::new(clock.clone()), Arc::new(SystemEntropy));
    let Found::Conversation(file) = read(entry.to_string().as_bytes()) else { return None };
    let reading = Reading {
        owner: Uuid::from_u128(1).into(),
        now: clock.now(),
        ids: &ids,
        model: &|_| None,
        default: ("m".to_owned(), "p".to_owned()),
    };
    Some(reading.conversation(*file))
}

/// A tree of ChatGPT's with any edges at all.
fn chats() -> impl Strategy<Value = Value> {
    let node = (0..8_u8, prop::collection::vec(0..8_u8, 0..4), 0..4_usize);
    prop::collection::vec(node, 0..8).prop_map(|nodes| {
        let roles = ["user", "assistant", "tool", "system"];
        let node = |(number, (parent, children, role)): (usize, (u8, Vec<u8>, usize))| {
            let children: Vec<String> = children.iter().map(u8::to_string).collect();
            let content = json!({"content_type": "text", "parts": ["x"]});
            let message = json!({"author": {"role": roles[role]}, "content": content});
            (
                number.to_string(),
                json!({"parent": parent.to_string(), "children": children, "message": message}),
            )
        };
        let mapping: serde_json::Map<_, _> = nodes.into_iter().enumerate().map(node).collect();
        json!({"mapping": mapping, "current_node": "3"})
    })
}

/// What must hold of whatever is made.
fn is_a_tree(made: &ImportedConversation) {
    let messages: Vec<_> = made.messages.iter().map(|record| &record.message).collect();
    for (number, message) in messages.iter().enumerate() {
        let earlier = &messages[..number];
        let parent = message.parent.map(|id| earlier.iter().find(|one| one.id == id).unwrap());
        assert_eq!(message.depth, parent.map_or(1, |parent| parent.depth + 1));
        let place = messages.iter().find(|one| one.id == message.place).unwrap();
        assert_eq!((place.parent, place.role), (message.parent, message.role));
        assert_eq!(message.seq, number as i64 + 1);
        assert!(!message.on_branch || parent.is_none_or(|parent| parent.on_branch));
    }
    let leaf = messages.iter().find(|message| Some(message.id) == made.leaf);
    assert_eq!(leaf.is_some(), !messages.is_empty());
    assert!(leaf.is_none_or(|leaf| leaf.on_branch));
}

proptest! {
    #[test]
    fn any_tree_of_nodes_becomes_a_tree_of_messages(chat in chats()) {
        if let Some((made, _)) = of(&chat) {
            is_a_tree(&made);
        }
    }

    #[test]
    fn any_list_of_messages_becomes_a_tree(
        said in prop::collection::vec((0..6_u8, 0..6_u8, 0..6_u8, any::<bool>()), 0..12)
    ) {
        let message = |(id, parent, place, is_user): &(u8, u8, u8, bool)| json!({
            "id": id.to_string(), "parentId": parent.to_string(), "placeId": place.to_string(), "content": "x",
            "role": if *is_user { "user" } else { "assistant" },
        });
        let messages: Vec<Value> = said.iter().map(message).collect();
        let file = json!({"format": "omnichat.conversation", "version": 1, "conversation": {}, "messages": messages});
        let (made, tally) = of(&file).unwrap();
        is_a_tree(&made);
        prop_assert_eq!(tally.messages + tally.skipped_messages, said.len() as u64);
    }
}

#[test]
fn times_are_those_of_the_file_and_never_to_come() {
    let then = (a_clock().now() - TimeDelta::days(3)).to_rfc3339();
    let file = |about: Value, messages: Value| {
        let about = json!({"format": "omnichat.conversation", "version": 1, "conversation": about, "messages": messages});
        of(&about).unwrap().0
    };
    let said = json!([{"id": "1", "role": "user", "content": "x", "createdAt": then}, {"id": "2", "role": "user", "content": "y"}]);
    let made = file(json!({}), said);
    let times = [
        made.conversation.created_at,
        made.conversation.updated_at,
        made.messages[1].message.created_at,
    ];
    assert_eq!(times.map(|at| at.to_rfc3339()), [then.clone(), then.clone(), then]);
    let made = file(
        json!({"createdAt": "9999-01-01T00:00:00Z", "updatedAt": "0001-01-01T00:00:00Z"}),
        json!([]),
    );
    let now = a_clock().now();
    assert_eq!((made.conversation.created_at, made.conversation.updated_at), (now, now));
}

#[test]
fn what_would_take_much_memory_is_not_read() {
    let messages: Vec<Value> =
        (0..20_001).map(|n| json!({"id": n.to_string(), "role": "user"})).collect();
    let file = json!({"format": "omnichat.conversation", "version": 1, "conversation": {}, "messages": messages});
    assert!(of(&file).is_none());
    let mapping: serde_json::Map<_, _> = (0..20_001).map(|n| (n.to_string(), json!({}))).collect();
    assert!(of(&json!({"mapping": mapping})).is_none());
}
