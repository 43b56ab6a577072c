use sea_orm::sea_query::{Expr, ExprTrait, Query as Select, SelectStatement};
use sea_orm::{DbBackend, Statement};
use uuid::Uuid;

use super::words::{Query, words};
use super::{SearchIndex, Text, owner_word};

/// An FTS5 table that keeps words and no texts. Its rows have the entries' numbers; it knows no foreign keys.
pub struct Sqlite;

impl SearchIndex for Sqlite {
    fn store(&self, texts: &[Text<'_>]) -> Vec<Statement> {
        let entry = "INSERT INTO search_entries (text_id, conversation_id) VALUES (?, ?) ON CONFLICT (text_id) DO NOTHING";
        let terms = "INSERT OR REPLACE INTO search_terms (rowid, terms) \
                     SELECT id, ? FROM search_entries WHERE text_id = ?";
        let store = |text: &Text<'_>| {
            let words = format!("{} {}", owner_word(text.owner), words(text.text).join(" "));
            [
                statement(entry, [text.id.into(), text.conversation.into()]),
                statement(terms, [words.into(), text.id.into()]),
            ]
        };
        texts.iter().flat_map(store).collect()
    }

    fn forget(&self, conversations: &[Uuid]) -> Vec<Statement> {
        let of_them = Select::select()
            .column("id")
            .from("search_entries")
            .and_where(Expr::col("conversation_id").is_in(conversations.iter().copied()))
            .to_owned();
        let delete = Select::delete()
            .from_table("search_terms")
            .and_where(Expr::col("rowid").in_subquery(of_them))
            .to_owned();
        vec![DbBackend::Sqlite.build(&delete)]
    }

    fn matching(&self, owner: Uuid, query: &Query) -> SelectStatement {
        let phrases = query.phrases.iter().map(|phrase| phrase.join(" "));
        let all: Vec<String> = std::iter::once(owner_word(owner))
            .chain(phrases)
            .map(|words| format!("\"{words}\""))
            .collect();
        let all = all.join(" AND ") + if query.is_open { " *" } else { "" };
        let found = Select::select()
            .column("rowid")
            .from("search_terms")
            .and_where(Expr::cust_with_values("search_terms MATCH ?", [all]))
            .to_owned();
        Select::select()
            .column("conversation_id")
            .from("search_entries")
            .and_where(Expr::col("id").in_subquery(found))
            .to_owned()
    }
}

fn statement<const N: usize>(sql: &str, values: [sea_orm::Value; N]) -> Statement {
    Statement::from_sql_and_values(DbBackend::Sqlite, sql, values)
}
