//! What must hold of the tables alone: each law with the statement that finds who breaks it.

pub const LAWS: [(&str, &str); 16] = [
    ("a reply is still running", "SELECT id::text AS found FROM chat.messages WHERE status IN ('pending', 'streaming')"),
    (
        "the numbers of a conversation's messages have a gap",
        "SELECT c.id::text AS found FROM chat.conversations c LEFT JOIN chat.messages m ON m.conversation_id = c.id
         GROUP BY c.id HAVING count(m.id) <> c.next_seq - 1 OR min(m.seq) <> 1 OR max(m.seq) <> count(m.id)",
    ),
    (
        "a conversation's messages are counted wrongly",
        "SELECT c.id::text AS found FROM chat.conversations c LEFT JOIN chat.messages m ON m.conversation_id = c.id
         GROUP BY c.id HAVING count(m.id) <> c.message_count",
    ),
    (
        "a model's messages are counted wrongly",
        "SELECT conversation_id::text || ' ' || model AS found FROM (
             SELECT conversation_id, model, count(*) AS there FROM (
                 SELECT conversation_id, model FROM chat.messages WHERE role = 'assistant'
                 UNION ALL
                 SELECT m.conversation_id, r.model FROM chat.messages m
                 JOIN chat.messages r ON r.parent_id = m.id AND r.place_id IS NULL WHERE m.role = 'user'
             ) AS said GROUP BY conversation_id, model
         ) AS counted FULL JOIN chat.model_contexts USING (conversation_id, model)
         WHERE coalesce(there, 0) <> coalesce(message_count, 0)",
    ),
    (
        "a person's conversations are counted wrongly",
        "SELECT user_id::text AS found FROM chat.conversation_counts FULL JOIN (
             SELECT user_id, count(*) AS there FROM chat.conversations GROUP BY user_id
         ) AS counted USING (user_id) WHERE coalesce(count, 0) <> coalesce(there, 0)",
    ),
    (
        "a message does not follow the one that it answers",
        "SELECT m.id::text AS found FROM chat.messages m
         LEFT JOIN chat.messages p ON p.id = m.parent_id AND p.conversation_id = m.conversation_id
         WHERE CASE WHEN m.parent_id IS NULL THEN m.depth <> 1 OR m.role <> 'user'
               ELSE p.id IS NULL OR m.depth <> p.depth + 1 OR m.role = p.role END",
    ),
    (
        "of the messages in one place not exactly one is chosen",
        "SELECT coalesce(place_id, id)::text AS found FROM chat.messages
         GROUP BY coalesce(place_id, id) HAVING count(*) FILTER (WHERE is_chosen) <> 1",
    ),
    (
        "a conversation has messages, and none is its last",
        "SELECT c.id::text AS found FROM chat.conversations c
         LEFT JOIN chat.messages m ON m.id = c.active_leaf_id AND m.conversation_id = c.id
         WHERE (c.message_count > 0) <> (m.id IS NOT NULL)",
    ),
    (
        // Replies of several models to one message are all shown.
        "what is shown is not one branch",
        "WITH RECURSIVE branch AS (
             SELECT m.id, m.parent_id, m.turn_id FROM chat.messages m JOIN chat.conversations c ON c.active_leaf_id = m.id
             UNION ALL
             SELECT p.id, p.parent_id, p.turn_id FROM branch b JOIN chat.messages p ON p.id = b.parent_id
         )
         SELECT coalesce(b.id, m.id)::text AS found FROM branch b
         FULL JOIN (SELECT * FROM chat.messages WHERE on_branch) AS m ON m.id = b.id
         WHERE m.id IS NULL OR NOT m.is_chosen OR (b.id IS NULL AND NOT EXISTS (
             SELECT 1 FROM branch o WHERE o.parent_id = m.parent_id AND o.turn_id = m.turn_id AND m.role = 'assistant'))",
    ),
    ("a person's message is not whole", "SELECT id::text AS found FROM chat.messages WHERE role = 'user' AND status <> 'complete'"),
    (
        "a reply has ended in no way that there is",
        "SELECT id::text AS found FROM chat.messages WHERE role = 'assistant' AND NOT CASE status
             WHEN 'complete' THEN error IS NULL AND finish_reason IS NOT NULL
             WHEN 'cancelled' THEN error IS NULL AND finish_reason = 'cancelled'
             WHEN 'interrupted' THEN error IS NOT NULL
             WHEN 'failed' THEN error IS NOT NULL
             ELSE status IN ('pending', 'streaming') END",
    ),
    (
        "what has ended is still somebody's",
        "SELECT id::text AS found FROM chat.messages
         WHERE status NOT IN ('pending', 'streaming') AND lease_until IS NOT NULL OR status = 'complete' AND lease_owner IS NOT NULL",
    ),
    (
        "a whole reply is not in the ledger, or what it took is another number there",
        "SELECT m.id::text AS found FROM chat.messages m LEFT JOIN chat.usage_entries u ON u.id = m.id
         WHERE m.role = 'assistant' AND m.status = 'complete' AND u.output_tokens IS DISTINCT FROM m.completion_tokens",
    ),
    (
        "a key has begun what is not there",
        "SELECT k.key AS found FROM chat.idempotency_keys k WHERE EXISTS (
             SELECT id FROM (
                 SELECT k.user_message_id AS id UNION SELECT jsonb_array_elements_text(k.reply_ids::jsonb)::uuid
             ) AS begun WHERE NOT EXISTS (
                 SELECT 1 FROM chat.messages m WHERE m.id = begun.id AND m.conversation_id = k.conversation_id))",
    ),
    (
        "a text cannot be found",
        "SELECT m.id::text AS found FROM chat.messages m WHERE m.content <> '' AND m.status NOT IN ('pending', 'streaming')
         AND NOT EXISTS (SELECT 1 FROM chat.search_entries s WHERE s.text_id = m.id AND s.conversation_id = m.conversation_id)",
    ),
    (
        "a message is another person's than its conversation",
        "SELECT m.id::text AS found FROM chat.messages m JOIN chat.conversations c ON c.id = m.conversation_id
         WHERE c.user_id <> m.user_id",
    ),
];
