use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

use crate::repositories::index_all;

#[derive(DeriveMigrationName)]
pub struct Migration;

/// The index is made when its rows are there. Words that are not sorted into it yet are few, so that the message that is
/// kept waiting by their sorting does not wait long.
const POSTGRES: [&str; 3] = [
    "CREATE TABLE search_entries (
        text_id uuid PRIMARY KEY,
        conversation_id uuid NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
        terms tsvector NOT NULL
    )",
    "CREATE INDEX search_entries_conversation ON search_entries (conversation_id)",
    "CREATE INDEX search_entries_terms ON search_entries USING gin (terms) WITH (gin_pending_list_limit = 256)",
];

/// Blanks alone divide what is put into `search_terms`: it has been made words before.
const SQLITE: [&str; 3] = [
    "CREATE TABLE search_entries (
        id integer PRIMARY KEY,
        text_id blob NOT NULL UNIQUE,
        conversation_id blob NOT NULL REFERENCES conversations (id) ON DELETE CASCADE
    )",
    "CREATE INDEX search_entries_conversation ON search_entries (conversation_id)",
    "CREATE VIRTUAL TABLE search_terms USING fts5
        (terms, content = '', contentless_delete = 1, tokenize = \"ascii tokenchars '='\")",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        let (before, after) = match manager.get_database_backend() {
            DbBackend::Postgres => POSTGRES.split_at(1),
            _ => SQLITE.split_at(3),
        };
        for statement in before {
            connection.execute_unprepared(statement).await?;
        }
        index_all(connection).await?;
        for statement in after {
            connection.execute_unprepared(statement).await?;
        }
        Ok(())
    }

    /// On SQLite too, where each text would otherwise be put on the disk by itself.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
