-- A conversation of $MESSAGES messages, 200 words each, of one person's: questions and replies in turns.
SET LOCAL search_path = chat, pg_temp;
INSERT INTO conversation_counts (user_id, count) VALUES ('$PERSON', 1);
INSERT INTO conversations (id, user_id, title, model, llm_provider, pinned, archived, next_seq, message_count, active_leaf_id, created_at, updated_at)
    VALUES ('$CONVERSATION', '$PERSON', 'Long', 'gpt-4', 'openai', false, false, $MESSAGES + 1, $MESSAGES,
            ('00000000-0000-7000-9000-' || lpad(to_hex($MESSAGES), 12, '0'))::uuid, now(), now());
INSERT INTO model_contexts (conversation_id, model, message_count, first_message_at, last_message_at)
    VALUES ('$CONVERSATION', 'gpt-4', $MESSAGES, now(), now());
INSERT INTO messages (id, conversation_id, user_id, turn_id, model, seq, depth, role, content, reasoning, status, prompt_versions, cancel_requested, created_at)
    SELECT ('00000000-0000-7000-9000-' || lpad(to_hex(m), 12, '0'))::uuid, '$CONVERSATION', '$PERSON',
           ('00000000-0000-7000-9002-' || lpad(to_hex((m + 1) / 2), 12, '0'))::uuid, 'gpt-4', m, m,
           CASE m % 2 WHEN 1 THEN 'user' ELSE 'assistant' END, repeat('all models are wrong but some are useful ', 25), '', 'complete', '[]', false,
           now() - ($MESSAGES - m) * interval '1 second'
    FROM generate_series(1, $MESSAGES) m;
