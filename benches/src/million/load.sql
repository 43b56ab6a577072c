-- 1,000 people with 20 conversations of 50 messages each, each message 4 sentences of 15 words; the words are as frequent as those
-- of a language, the first in nearly every message, most in few.
SET LOCAL search_path = chat, pg_temp;
SET LOCAL maintenance_work_mem = '512MB';
DROP INDEX search_entries_terms;
CREATE TEMP TABLE syllables ON COMMIT DROP AS
    SELECT unnest('{ba,re,con,ti,mo,lu,pre,na,ge,so,vi,ka,du,fle,or,in,st,pa,ex,hu,wo,al,de,ri,te,qua,me,ul,en,tra}'::text[]) AS s;
CREATE TEMP TABLE vocabulary ON COMMIT DROP AS
    SELECT row_number() OVER (ORDER BY md5(word)) AS rank, word
    FROM (SELECT DISTINCT a.s || b.s || c.s AS word FROM syllables a, syllables b, syllables c) words;
CREATE TEMP TABLE sentences ON COMMIT DROP AS
    SELECT n, string_agg(word, ' ') AS text, to_tsvector('simple', string_agg(word, ' ')) AS terms
    FROM (SELECT n, floor(power(25000, random()))::int AS rank FROM generate_series(0, 19999) n, generate_series(1, 15)) ranks
    JOIN vocabulary USING (rank) GROUP BY n;
CREATE INDEX ON sentences (n);
ANALYZE sentences;
CREATE TEMP TABLE people ON COMMIT DROP AS
    SELECT row_number() OVER () - 1 AS n, id FROM (
        SELECT unnest('{$PEOPLE}'::uuid[]) AS id UNION ALL SELECT gen_random_uuid() FROM generate_series(1, 999)
    ) ids LIMIT 1000;

INSERT INTO conversation_counts (user_id, count) SELECT id, 20 FROM people;
INSERT INTO conversations (id, user_id, title, model, llm_provider, pinned, archived, next_seq, message_count, active_leaf_id, created_at, updated_at)
    SELECT ('00000000-0000-7000-8001-' || lpad(to_hex(c), 12, '0'))::uuid, people.id, text, 'demo', 'demo', false, false, 51, 50,
           ('00000000-0000-7000-8000-' || lpad(to_hex(c * 50 + 49), 12, '0'))::uuid, now(), now() - c * interval '1 second'
    FROM generate_series(0, 19999) c JOIN people ON people.n = c / 20 JOIN sentences ON sentences.n = c;
CREATE TEMP TABLE texts ON COMMIT DROP AS
    SELECT m, a.text || ' ' || b.text || ' ' || c.text || ' ' || d.text AS text, a.terms || b.terms || c.terms || d.terms AS terms
    FROM (
        SELECT m, (hashint4(m) & 2147483647) % 20000 AS a, (hashint4(m + 1000000) & 2147483647) % 20000 AS b,
               (hashint4(m + 2000000) & 2147483647) % 20000 AS c, (hashint4(m + 3000000) & 2147483647) % 20000 AS d
        FROM generate_series(0, 999999) m
    ) chosen
    JOIN sentences a ON a.n = chosen.a JOIN sentences b ON b.n = chosen.b
    JOIN sentences c ON c.n = chosen.c JOIN sentences d ON d.n = chosen.d;
INSERT INTO messages (id, conversation_id, user_id, turn_id, model, seq, depth, role, content, reasoning, status, prompt_versions, cancel_requested, created_at)
    SELECT ('00000000-0000-7000-8000-' || lpad(to_hex(m), 12, '0'))::uuid,
           ('00000000-0000-7000-8001-' || lpad(to_hex(m / 50), 12, '0'))::uuid, people.id,
           ('00000000-0000-7000-8002-' || lpad(to_hex(m / 2), 12, '0'))::uuid, 'demo', m % 50 + 1, m % 50 + 1,
           CASE m % 2 WHEN 0 THEN 'user' ELSE 'assistant' END, text, '', 'complete', '[]', false, now()
    FROM texts JOIN people ON people.n = m / 1000;
INSERT INTO search_entries (text_id, conversation_id, terms)
    SELECT ('00000000-0000-7000-8000-' || lpad(to_hex(m), 12, '0'))::uuid,
           ('00000000-0000-7000-8001-' || lpad(to_hex(m / 50), 12, '0'))::uuid,
           terms || ('''=' || replace(people.id::text, '-', '') || '''')::tsvector
    FROM texts JOIN people ON people.n = m / 1000;
CREATE INDEX search_entries_terms ON search_entries USING gin (terms) WITH (gin_pending_list_limit = 256);
