use sea_orm::sea_query::{
    DeleteStatement, Expr, ExprTrait, InsertStatement, OnConflict, Query as Statement,
    SelectStatement,
};
use uuid::Uuid;

use super::words::{Query, words};
use super::{SearchIndex, Text, owner_word};

/// A column of the entries' own table, under a GIN index.
pub struct Postgres;

impl SearchIndex for Postgres {
    fn store(&self, texts: &[Text<'_>]) -> Vec<InsertStatement> {
        let newer = OnConflict::column("text_id").update_column("terms").to_owned();
        let mut entries = Statement::insert()
            .into_table("search_entries")
            .columns(["text_id", "conversation_id", "terms"])
            .on_conflict(newer)
            .to_owned();
        for text in texts {
            let terms = Expr::val(terms(text)).cast_as("tsvector");
            entries.values_panic([text.id.into(), text.conversation.into(), terms]);
        }
        vec![entries]
    }

    fn forget(&self, _: &[Uuid]) -> Option<DeleteStatement> {
        None
    }

    fn matching(&self, owner: Uuid, query: &Query) -> SelectStatement {
        let words = query.whole_words().map(|word| quoted(word));
        let needed: Vec<String> =
            std::iter::once(quoted(&owner_word(owner))).chain(words).collect();
        let phrases = query
            .phrases
            .iter()
            .map(|phrase| phrase.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" <-> "));
        let open = if query.is_open { ":*" } else { "" };
        let all = phrases.collect::<Vec<_>>().join(" & ") + open;
        // The function is what the operator does, but without the index: that would go through everybody's words with that
        // beginning, which are far more than all that one person has said. `DISTINCT` keeps the planner from asking again for each
        // conversation.
        Statement::select()
            .distinct()
            .column("conversation_id")
            .from("search_entries")
            .and_where(Expr::cust_with_values("terms @@ $1::tsquery", [needed.join(" & ")]))
            .and_where(Expr::cust_with_values("ts_match_vq(terms, $1::tsquery)", [all]))
            .to_owned()
    }
}

/// Written out, since what PostgreSQL makes of a text by itself has other ideas of what a word is.
fn terms(text: &Text<'_>) -> String {
    let words = words(text.text).into_iter().enumerate();
    let terms = words.map(|(before, word)| format!("{}:{}", quoted(&word), before + 1));
    let owner = quoted(&owner_word(text.owner));
    std::iter::once(owner).chain(terms).collect::<Vec<_>>().join(" ")
}

fn quoted(word: &str) -> String {
    format!("'{word}'")
}
