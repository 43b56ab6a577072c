use sea_orm::sea_query::{Expr, Query as Select, SelectStatement};
use sea_orm::{DbBackend, Statement};
use uuid::Uuid;

use super::words::{Query, words};
use super::{SearchIndex, Text, owner_word};

/// A column of the entries' own table, under a GIN index.
pub struct Postgres;

impl SearchIndex for Postgres {
    fn store(&self, text: &Text<'_>) -> Vec<Statement> {
        // Written out, since what PostgreSQL makes of a text by itself has other ideas of what a word is.
        let owner = quoted(&owner_word(text.owner));
        let words = words(text.text).into_iter().enumerate();
        let terms: Vec<String> =
            words.map(|(before, word)| format!("{}:{}", quoted(&word), before + 1)).collect();
        let sql = "INSERT INTO search_entries (text_id, conversation_id, terms) VALUES ($1, $2, $3::tsvector) \
                   ON CONFLICT (text_id) DO UPDATE SET terms = excluded.terms";
        let values = [
            text.id.into(),
            text.conversation.into(),
            format!("{owner} {}", terms.join(" ")).into(),
        ];
        vec![Statement::from_sql_and_values(DbBackend::Postgres, sql, values)]
    }

    fn forget(&self, _: &[Uuid]) -> Vec<Statement> {
        Vec::new()
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
        Select::select()
            .distinct()
            .column("conversation_id")
            .from("search_entries")
            .and_where(Expr::cust_with_values("terms @@ $1::tsquery", [needed.join(" & ")]))
            .and_where(Expr::cust_with_values("ts_match_vq(terms, $1::tsquery)", [all]))
            .to_owned()
    }
}

fn quoted(word: &str) -> String {
    format!("'{word}'")
}
