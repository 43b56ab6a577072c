use chrono::TimeDelta;
use common::Clock as _;
use common::domain::conversation::{Conversation, ConversationChanges};
use common::domain::message::{
    ContextUse, Lease, MessageStatus, NewQuestion, NewReply, NewTurn, Question, ReplyEnd,
};
use common::domain::summary::Summary;
use common::repositories::{
    ConversationFilter, ConversationRepository, ConversationSort, ReplyRepository,
    SummaryRepository,
};
use common::{Direction, MessageId, PageRequest, UserId};
use rstest::rstest;
use sea_orm::{FromQueryResult, JsonValue, Statement};
use testkit::{Engine, a_clock};

use super::super::contract::{Schema, schema};
use super::super::{SqlConversations, SqlReplies, SqlSummaries};
use super::words::INDEXED_BYTES;
use super::*;

const ADA: u128 = 1;
const EVE: u128 = 2;
const HOLDER: Uuid = Uuid::from_u128(3);

struct Desk {
    schema: Schema,
    conversations: SqlConversations,
    replies: SqlReplies,
}

fn user(id: u128) -> UserId {
    Uuid::from_u128(id).into()
}

impl Desk {
    async fn new(engine: Engine) -> Self {
        let schema = schema(engine).await;
        let conversations = SqlConversations::new(schema.db.clone());
        let replies = SqlReplies::new(schema.db.clone());
        Self { schema, conversations, replies }
    }

    async fn conversation(&self, owner: u128, id: u128, title: Option<&str>) {
        let conversation = Conversation {
            id: Uuid::from_u128(id).into(),
            owner: user(owner),
            project: None,
            title: title.map(str::to_owned),
            is_default: false,
            model: "m".to_owned(),
            provider: "p".to_owned(),
            system_prompt: None,
            pinned: false,
            archived: false,
            message_count: 0,
            contexts: Vec::new(),
            last_message: None,
            created_at: a_clock().now(),
            updated_at: a_clock().now(),
        };
        self.conversations.insert(&conversation, None).await.unwrap();
    }

    /// Says something; the reply, which is running.
    async fn say(&self, owner: u128, conversation: u128, content: &str) -> MessageId {
        let reply = Uuid::from_u128(rand::random()).into();
        let turn = NewTurn {
            key: None,
            conversation: Uuid::from_u128(conversation).into(),
            turn: Uuid::from_u128(conversation).into(),
            question: Question::New(NewQuestion {
                id: Uuid::from_u128(rand::random()).into(),
                content: content.to_owned(),
                attachments: Vec::new(),
                tokens: 1,
                instead_of: None,
            }),
            replies: vec![NewReply {
                id: reply,
                model: "m".to_owned(),
                temperature: None,
                context: ContextUse {
                    sent: 1,
                    tokens: 1,
                    cut_before: None,
                    own_history: false,
                    summarized_through: None,
                },
                prompt_versions: Vec::new(),
            }],
            title: "first words".to_owned(),
            lease: Lease { holder: HOLDER, seconds: 60 },
            at: a_clock().now(),
        };
        self.replies.begin_turn(user(owner), &turn, 8).await.unwrap();
        reply
    }

    async fn end(&self, owner: u128, conversation: u128, reply: MessageId, content: &str) {
        let end = ReplyEnd {
            reply,
            owner: user(owner),
            conversation: Uuid::from_u128(conversation).into(),
            holder: HOLDER,
            content: content.to_owned(),
            reasoning: String::new(),
            status: MessageStatus::Cancelled,
            finish_reason: None,
            error: None,
            tokens: 1,
            usage: None,
            answered_by: None,
            errands: Vec::new(),
            at: a_clock().now(),
        };
        assert_eq!(self.replies.finish(&[end]).await.unwrap(), [reply]);
    }

    async fn found(&self, owner: u128, typed: &str) -> Vec<u128> {
        let filter = ConversationFilter {
            project: None,
            archived: None,
            search: Some(typed.to_owned()),
            sort: ConversationSort::CreatedAt,
        };
        let page = PageRequest { limit: 50, after: None, direction: Direction::Ascending };
        let found = self.conversations.list(user(owner), &filter, page).await.unwrap();
        assert_eq!(found.total, None);
        found.items.iter().map(|conversation| conversation.id.uuid().as_u128()).collect()
    }

    async fn rows(&self, sql: &str) -> Vec<JsonValue> {
        let connection = self.schema.db.connection();
        let statement = Statement::from_string(connection.get_database_backend(), sql);
        JsonValue::find_by_statement(statement).all(connection).await.unwrap()
    }

    /// How many texts the index has, in each of its tables.
    async fn entries(&self) -> Vec<usize> {
        let mut counts = vec![self.rows("SELECT text_id FROM search_entries").await.len()];
        if self.schema.db.provider() == "sqlite" {
            counts.push(self.rows("SELECT rowid FROM search_terms").await.len());
        }
        counts
    }
}

#[rstest]
#[tokio::test]
async fn a_conversation_is_found_by_its_title_and_by_what_was_said_in_it(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let desk = Desk::new(engine).await;
    desk.conversation(ADA, 10, Some("Über Bienen")).await;
    desk.conversation(ADA, 20, None).await;
    desk.conversation(EVE, 30, Some("Bienen von Eve")).await;
    let reply = desk.say(ADA, 20, "Tell me of user_count, don't shout. 東京都の黒猫").await;
    desk.end(ADA, 20, reply, "The café has HONEY and honeycombs").await;

    for (typed, expected) in [
        ("bienen", vec![10]),
        ("uber bien", vec![10]),
        ("first words", vec![20]),
        ("cafe hon", vec![20]),
        ("HONEY café", vec![20]),
        // All of it in one text.
        ("shout honey", vec![]),
        ("bienen honey", vec![]),
        // Only the last word may be a beginning, and only if no quote has closed it.
        ("hon cafe", vec![]),
        ("\"cafe hon\"", vec![]),
        ("\"cafe has hon", vec![20]),
        ("\"has honey\"", vec![20]),
        ("\"honey has\"", vec![]),
        ("\"honey comb\"", vec![]),
        ("user_count don't", vec![20]),
        ("count_user", vec![]),
        ("東京", vec![20]),
        ("猫", vec![20]),
        ("京都", vec![20]),
        ("都東", vec![]),
        ("東京 黒猫", vec![20]),
        ("黒東", vec![]),
        ("eve", vec![]),
        ("!?", vec![]),
    ] {
        assert_eq!(desk.found(ADA, typed).await, expected, "{typed}");
    }
    assert_eq!(desk.found(EVE, "bienen").await, [30]);
    assert_eq!(desk.found(EVE, "honey").await, []);

    let renamed = ConversationChanges { title: Some("Wespen".into()), ..Default::default() };
    let id = Uuid::from_u128(10).into();
    for stranger in [EVE, ADA] {
        desk.conversations.update(user(stranger), id, &renamed, a_clock().now()).await.unwrap();
        let is_renamed = stranger == ADA;
        assert_eq!(desk.found(ADA, "bienen").await.is_empty(), is_renamed);
        assert_eq!(desk.found(ADA, "wespen").await.is_empty(), !is_renamed);
    }
}

#[rstest]
#[tokio::test]
async fn a_conversation_is_found_by_its_newest_summary(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let desk = Desk::new(engine).await;
    desk.conversation(ADA, 10, Some("Insects")).await;
    let reply = desk.say(ADA, 10, "hello").await;
    desk.end(ADA, 10, reply, "hi").await;
    let summaries = SqlSummaries::new(desk.schema.db.clone());
    let store = async |owner: u128, text: &str, seconds: i64| {
        let at = a_clock().now() + TimeDelta::seconds(seconds);
        let summary = Summary { text: text.to_owned(), through: reply, is_own: false, at };
        let conversation = Uuid::from_u128(10).into();
        summaries.store(user(owner), conversation, "m", &summary).await.unwrap()
    };
    assert!(store(ADA, "They spoke of bees.", 1).await);
    assert!(!store(EVE, "They spoke of wasps.", 2).await);
    assert_eq!(desk.found(ADA, "bees").await, [10]);
    assert_eq!(desk.found(ADA, "insects bees").await, [10]);
    assert!(desk.found(ADA, "wasps").await.is_empty());

    // Another summary takes its place, and another title leaves it where it is.
    assert!(store(ADA, "They spoke of ants.", 3).await);
    assert!(desk.found(ADA, "bees").await.is_empty());
    let title = ConversationChanges { title: Some("Bugs".to_owned()), ..Default::default() };
    let id = Uuid::from_u128(10).into();
    desk.conversations.update(user(ADA), id, &title, a_clock().now()).await.unwrap();
    assert_eq!(desk.found(ADA, "bugs ants").await, [10]);
    assert!(desk.found(ADA, "insects").await.is_empty());

    // What was there before is found after the migration.
    let connection = desk.schema.db.connection();
    forget(connection, &[Uuid::from_u128(10)]).await.unwrap();
    connection.execute_unprepared("DELETE FROM search_entries").await.unwrap();
    assert!(desk.found(ADA, "ants").await.is_empty());
    index_summaries(connection).await.unwrap();
    assert_eq!(desk.found(ADA, "bugs ants").await, [10]);
}

#[rstest]
#[tokio::test]
async fn anothers_words_and_name_in_a_text_find_nothing_of_theirs(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let desk = Desk::new(engine).await;
    desk.conversation(ADA, 10, Some("canary")).await;
    let forged = format!("canary {} {}", owner_word(Uuid::from_u128(ADA)), Uuid::from_u128(ADA));
    desk.conversation(EVE, 20, Some(&forged)).await;
    assert_eq!(desk.found(ADA, "canary").await, [10]);
    assert_eq!(desk.found(EVE, "canary").await, [20]);
    assert_eq!(
        desk.found(EVE, &format!("canary {}", owner_word(Uuid::from_u128(ADA)))).await,
        [20]
    );
}

#[rstest]
#[tokio::test]
async fn no_text_is_refused_and_its_beginning_is_found(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let desk = Desk::new(engine).await;
    let many = |each: &str| each.repeat((1 << 20) / each.len());
    let numbers = |from: u32, to: u32| (from..to).map(|n| format!("w{n} ")).collect::<String>();
    for (number, text) in [
        many("x"),
        numbers(0, 130_000),
        numbers(0, 60_000).replace(' ', "\u{fffd}"),
        many("🐝❤️"),
        many("\u{301}"),
        many("a\u{301}\u{3099}"),
        many("東京都の黒猫"),
        many("مُحَمَّدٌ "),
        many("\u{202e}abc "),
        many("\u{fdfa}"),
        many("㌖"),
        many("ก็"),
        many("' \\ : * & | ! <-> \" ( ) = ^ + - {a}:b NEAR(c d, 1) \u{1}\u{7f}\n"),
        many("a "),
        (0x20..0x2_0000).filter_map(char::from_u32).collect(),
        (0x4e00..0x9fff).filter_map(char::from_u32).collect(),
        String::new(),
    ]
    .iter()
    .enumerate()
    {
        let conversation = number as u128 + 10;
        desk.conversation(ADA, conversation, None).await;
        let reply = desk.say(ADA, conversation, &format!("canary{number} {text}")).await;
        desk.end(ADA, conversation, reply, &format!("answer{number} {text}")).await;
        for word in ["canary", "answer"] {
            assert_eq!(desk.found(ADA, &format!("\"{word}{number}\"")).await, [conversation]);
        }
    }
    assert_eq!(desk.found(ADA, "\"canary1 w0 w1 w2\" w5000").await, [11]);
    assert_eq!(desk.found(ADA, "w129999").await, []);
}

#[rstest]
#[tokio::test]
async fn nothing_that_can_be_typed_is_an_error(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let desk = Desk::new(engine).await;
    desk.conversation(ADA, 10, Some("a b")).await;
    let long = "x".repeat(10_000);
    let many = "a ".repeat(200);
    for typed in [
        "\"",
        "\"\"",
        "'",
        "''",
        "a' OR 1=1 --",
        "a & | b",
        "!a",
        ":*",
        "a:*",
        "a:A",
        "<->",
        "a <2> b",
        "(",
        ")",
        "*",
        "a*",
        "^a",
        "+a",
        "-a",
        "a:b",
        "{a}:b",
        "terms:a",
        "AND",
        "NOT",
        "OR a",
        "NEAR(a b, 2)",
        "\\",
        "a\\",
        "%",
        "_",
        "$1",
        "?",
        "\u{301}",
        "🐝",
        "\u{202e}a",
        "\u{fdfa}",
        "㌖",
        "=",
        &long,
        &many,
    ] {
        desk.found(ADA, typed).await;
    }
    for typed in ["a", "a' b", "\"a b\" !", "b & a", &many] {
        assert_eq!(desk.found(ADA, typed).await, [10], "{typed}");
    }
}

#[rstest]
#[tokio::test]
async fn a_reply_is_found_by_its_end_even_if_another_wrote_that(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let desk = Desk::new(engine).await;
    for (conversation, taken_over) in [(10, false), (20, true)] {
        desk.conversation(ADA, conversation, None).await;
        let reply = desk.say(ADA, conversation, "question").await;
        let lease = Lease { holder: HOLDER, seconds: 0 };
        desk.replies.checkpoint(reply, lease, "half", "secret thoughts").await.unwrap();
        assert_eq!(desk.found(ADA, "half").await, [], "it is still running");
        if taken_over {
            // The next reply takes the place of one whose maker is gone.
            desk.say(ADA, conversation, "again").await;
        } else {
            desk.replies.reap(&[]).await.unwrap();
        }
        assert_eq!(desk.found(ADA, "half").await, [conversation]);
        assert_eq!(desk.found(ADA, "secret").await, []);
        // Its maker was not gone after all.
        desk.end(ADA, conversation, reply, "whole").await;
        assert_eq!(desk.found(ADA, "half").await, []);
        assert_eq!(desk.found(ADA, "whole").await, [conversation]);
        desk.conversations.delete(user(ADA), Uuid::from_u128(conversation).into()).await.unwrap();
    }
}

#[rstest]
#[tokio::test]
async fn what_is_deleted_leaves_nothing_in_the_index(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let desk = Desk::new(engine).await;
    for (owner, id) in [(ADA, 10), (ADA, 20), (EVE, 30)] {
        desk.conversation(owner, id, None).await;
        let reply = desk.say(owner, id, "question").await;
        desk.end(owner, id, reply, "answer").await;
    }
    assert!(desk.entries().await.iter().all(|count| *count == 9));
    desk.conversations.delete(user(ADA), Uuid::from_u128(10).into()).await.unwrap();
    assert!(desk.entries().await.iter().all(|count| *count == 6));
    assert_eq!(desk.found(ADA, "answer").await, [20]);
    desk.conversations.delete_of_user(user(ADA)).await.unwrap();
    assert!(desk.entries().await.iter().all(|count| *count == 3));
    assert_eq!(desk.found(EVE, "answer").await, [30]);
}

#[rstest]
#[tokio::test]
async fn what_was_there_before_the_index_is_found_too(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let desk = Desk::new(engine).await;
    desk.conversation(ADA, 10, Some("title")).await;
    let reply = desk.say(ADA, 10, "question").await;
    desk.end(ADA, 10, reply, &"answer ".repeat(INDEXED_BYTES)).await;
    desk.say(ADA, 10, "running").await;
    let connection = desk.schema.db.connection();
    forget(connection, &[Uuid::from_u128(10)]).await.unwrap();
    connection.execute_unprepared("DELETE FROM search_entries").await.unwrap();
    assert_eq!(desk.found(ADA, "answer").await, []);

    // Twice does no harm.
    for _ in 0..2 {
        index_all(connection).await.unwrap();
        assert!(desk.entries().await.iter().all(|count| *count == 4));
        for typed in ["title", "question", "answer", "running"] {
            assert_eq!(desk.found(ADA, typed).await, [10], "{typed}");
        }
    }
}

#[tokio::test]
async fn a_common_word_is_looked_for_by_the_index() {
    let desk = Desk::new(Engine::Postgres).await;
    desk.conversation(ADA, 10, None).await;
    let connection = desk.schema.db.connection();
    let others = "INSERT INTO search_entries (text_id, conversation_id, terms)
        SELECT gen_random_uuid(), id, '''=other'' ''common'':1'
        FROM conversations, generate_series(1, 20000)";
    for statement in [others, "VACUUM ANALYZE search_entries"] {
        connection.execute_unprepared(statement).await.unwrap();
    }
    let query =
        conversation::Entity::find().filter(found(&desk.schema.db, user(ADA), "common wor"));
    let sql = sea_orm::QueryTrait::build(&query, DbBackend::Postgres).to_string();
    let plan = format!("{:?}", desk.rows(&format!("EXPLAIN {sql}")).await);
    assert!(plan.contains("Bitmap Index Scan on search_entries_terms"), "{plan}");
    let condition = plan.lines().find(|line| line.contains("Index Cond")).unwrap_or(&plan);
    assert!(condition.contains("common") && plan.contains("Filter: ts_match_vq"), "{plan}");
}
