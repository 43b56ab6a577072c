//! The tree of a conversation's messages, and the one branch of it that is shown and goes on.
//!
//! Every message follows another, its parent, or begins the conversation. Messages that were said in place of one another, by an
//! edit or by asking again, are siblings: they share a *place*, and one of them is chosen. Where several models answered the same
//! message, each answer has a place of its own, and the conversation goes on after one of them; the others are shown beside it.

use std::collections::{HashMap, HashSet};

use crate::MessageId;

/// What the tree knows of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Node {
    /// Its id.
    pub id: MessageId,
    /// What it follows.
    pub parent: Option<MessageId>,
    /// The first message that was said in its place, be it itself.
    pub place: MessageId,
    /// Whether it is the chosen one of its siblings.
    pub is_chosen: bool,
}

/// A branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Branch {
    /// Its messages, and the answers beside them.
    pub messages: HashSet<MessageId>,
    /// Its last message.
    pub leaf: MessageId,
    /// The messages that are now chosen, one for each place that there is.
    pub chosen: HashMap<MessageId, MessageId>,
}

/// The branch through a message: from the beginning to it, and on to where the conversation last went from there. `None` if it
/// is none of the tree's.
pub fn through(tree: &[Node], message: MessageId) -> Option<Branch> {
    let nodes: HashMap<MessageId, &Node> = tree.iter().map(|node| (node.id, node)).collect();
    let mut children: HashMap<MessageId, Vec<&Node>> = HashMap::new();
    for node in tree {
        if let Some(parent) = node.parent {
            children.entry(parent).or_default().push(node);
        }
    }
    let mut chosen: HashMap<MessageId, MessageId> =
        tree.iter().filter(|node| node.is_chosen).map(|node| (node.place, node.id)).collect();

    let mut path = vec![*nodes.get(&message)?];
    while let Some(parent) = path.last().and_then(|node| nodes.get(&node.parent?)) {
        path.push(parent);
    }
    chosen.extend(path.iter().map(|node| (node.place, node.id)));
    path.reverse();

    let following = |node: &Node| {
        let all = children.get(&node.id).map_or(&[][..], Vec::as_slice);
        all.iter().copied().filter(|child| chosen.get(&child.place) == Some(&child.id))
    };
    while let Some(last) = path.last() {
        // Of several answers the one after which the conversation went on, else the newest.
        let next = following(last).max_by_key(|child| (following(child).count() > 0, child.id));
        let Some(next) = next else { break };
        path.push(next);
    }
    let places: HashSet<MessageId> = path.iter().map(|node| node.place).collect();
    let beside =
        path.iter().flat_map(|node| following(node)).filter(|n| !places.contains(&n.place));
    let messages = path.iter().copied().chain(beside).map(|node| node.id).collect();
    let leaf = path.last()?.id;
    Some(Branch { messages, leaf, chosen })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn id(number: u128) -> MessageId {
        Uuid::from_u128(number).into()
    }

    fn node(number: u128, parent: u128, place: u128, is_chosen: bool) -> Node {
        let parent = (parent > 0).then(|| id(parent));
        Node { id: id(number), parent, place: id(place), is_chosen }
    }

    fn branch(tree: &[Node], message: u128) -> (Vec<u128>, u128) {
        let Branch { messages, leaf, .. } = through(tree, id(message)).unwrap();
        let mut messages: Vec<u128> = messages.iter().map(|id| id.uuid().as_u128()).collect();
        messages.sort_unstable();
        (messages, leaf.uuid().as_u128())
    }

    #[test]
    fn an_edited_message_begins_a_branch_and_the_old_one_is_kept() {
        // 1 asks, 2 answers, 3 asks, 4 answers; 5 in place of 3, 6 answers; 7 in place of 2.
        let tree = [
            node(1, 0, 1, true),
            node(2, 1, 2, false),
            node(3, 2, 3, false),
            node(4, 3, 4, true),
            node(5, 2, 3, true),
            node(6, 5, 6, true),
            node(7, 1, 2, true),
        ];
        assert_eq!(branch(&tree, 7), (vec![1, 7], 7));
        assert_eq!(branch(&tree, 2), (vec![1, 2, 5, 6], 6));
        assert_eq!(branch(&tree, 3), (vec![1, 2, 3, 4], 4));
        assert_eq!(branch(&tree, 1), (vec![1, 7], 7));
        assert_eq!(through(&tree, id(9)), None);
    }

    #[test]
    fn answers_of_several_models_stand_beside_each_other() {
        // 1 asks three models; the conversation goes on after 4; 7 in place of 2.
        let tree = [
            node(1, 0, 1, true),
            node(2, 1, 2, false),
            node(3, 1, 3, true),
            node(4, 1, 4, true),
            node(5, 4, 5, true),
            node(6, 5, 6, true),
            node(7, 1, 2, true),
        ];
        assert_eq!(branch(&tree, 1), (vec![1, 3, 4, 5, 6, 7], 6));
        assert_eq!(branch(&tree, 7), (vec![1, 3, 4, 7], 7));
        assert_eq!(branch(&tree, 2), (vec![1, 2, 3, 4], 2));
        assert_eq!(branch(&tree, 4), (vec![1, 3, 4, 5, 6, 7], 6));
    }

    /// A tree of up to so many messages: each follows an earlier one, or takes the place of one.
    fn trees() -> impl Strategy<Value = Vec<Node>> {
        prop::collection::vec((any::<prop::sample::Index>(), any::<bool>(), any::<bool>()), 1..40)
            .prop_map(|seeds| {
                let mut tree = vec![node(1, 0, 1, true)];
                for (number, (index, replaces, is_chosen)) in (2..).zip(seeds) {
                    let other = tree[index.index(tree.len())];
                    let (parent, place) = if replaces {
                        (other.parent, other.place)
                    } else {
                        (Some(other.id), id(number))
                    };
                    tree.push(Node { id: id(number), parent, place, is_chosen });
                }
                tree
            })
    }

    proptest! {
        #[test]
        fn a_branch_goes_through_its_message_and_has_one_of_each_place(
            tree in trees(),
            index in any::<prop::sample::Index>(),
        ) {
            let wanted = tree[index.index(tree.len())];
            let branch = through(&tree, wanted.id).unwrap();
            let of_it: Vec<&Node> = tree.iter().filter(|n| branch.messages.contains(&n.id)).collect();
            prop_assert!(branch.messages.contains(&wanted.id) && branch.messages.contains(&branch.leaf));
            for node in &of_it {
                prop_assert!(node.parent.is_none_or(|parent| branch.messages.contains(&parent)));
                prop_assert_eq!(branch.chosen.get(&node.place), Some(&node.id));
            }
            let places: HashSet<_> = of_it.iter().map(|node| node.place).collect();
            prop_assert_eq!(places.len(), of_it.len());
            // To take it again changes nothing.
            let as_chosen = |node: &Node| Node { is_chosen: branch.chosen.get(&node.place) == Some(&node.id), ..*node };
            let after: Vec<Node> = tree.iter().map(as_chosen).collect();
            prop_assert_eq!(through(&after, branch.leaf), Some(branch));
        }
    }
}
