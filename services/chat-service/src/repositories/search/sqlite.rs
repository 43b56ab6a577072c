use sea_orm::sea_query::{
    DeleteStatement, Expr, ExprTrait, InsertStatement, OnConflict, Query as Statement,
    SelectStatement, SimpleExpr,
};
use uuid::Uuid;

use super::words::{Query, words};
use super::{SearchIndex, Text, owner_word};

/// An FTS5 table that keeps words and no texts. Its rows have the entries' numbers; it knows no foreign keys.
pub struct Sqlite;

impl SearchIndex for Sqlite {
    fn store(&self, texts: &[Text<'_>]) -> Vec<InsertStatement> {
        texts.iter().flat_map(|text| [entry(text), terms(text)]).collect()
    }

    fn forget(&self, conversations: &[Uuid]) -> Option<DeleteStatement> {
        let of_them = Statement::select()
            .column("id")
            .from("search_entries")
            .and_where(Expr::col("conversation_id").is_in(conversations.iter().copied()))
            .to_owned();
        let forget = Statement::delete()
            .from_table("search_terms")
            .and_where(Expr::col("rowid").in_subquery(of_them))
            .to_owned();
        Some(forget)
    }

    fn matching(&self, owner: Uuid, query: &Query) -> SelectStatement {
        let phrases = query.phrases.iter().map(|phrase| phrase.join(" "));
        let all: Vec<String> = std::iter::once(owner_word(owner))
            .chain(phrases)
            .map(|words| format!("\"{words}\""))
            .collect();
        let all = all.join(" AND ") + if query.is_open { " *" } else { "" };
        let found = Statement::select()
            .column("rowid")
            .from("search_terms")
            .and_where(Expr::cust_with_values("search_terms MATCH ?", [all]))
            .to_owned();
        Statement::select()
            .column("conversation_id")
            .from("search_entries")
            .and_where(Expr::col("id").in_subquery(found))
            .to_owned()
    }
}

fn entry(text: &Text<'_>) -> InsertStatement {
    Statement::insert()
        .into_table("search_entries")
        .columns(["text_id", "conversation_id"])
        .values_panic([text.id.into(), text.conversation.into()])
        .on_conflict(OnConflict::column("text_id").do_nothing().to_owned())
        .to_owned()
}

/// The words of a text whose entry is there.
fn terms(text: &Text<'_>) -> InsertStatement {
    let words = format!("{} {}", owner_word(text.owner), words(text.text).join(" "));
    let entry = Statement::select()
        .column("id")
        .from("search_entries")
        .and_where(Expr::col("text_id").eq(text.id))
        .to_owned();
    Statement::insert()
        .replace()
        .into_table("search_terms")
        .columns(["rowid", "terms"])
        .values_panic([SimpleExpr::SubQuery(None, Box::new(entry.into())), words.into()])
        .to_owned()
}
