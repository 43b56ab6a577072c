//! A million messages in chat-service's database.

use sea_orm::{ConnectionTrait as _, DatabaseConnection};

/// Loads them: a thousand people's, these among them. Takes minutes.
pub async fn load(connection: &DatabaseConnection, people: &[&str]) -> anyhow::Result<()> {
    let load = include_str!("million/load.sql").replace("$PEOPLE", &people.join(","));
    connection.execute_unprepared(&load).await?;
    for table in ["conversations", "messages", "search_entries"] {
        connection.execute_unprepared(&format!("VACUUM ANALYZE chat.{table}")).await?;
    }
    Ok(())
}
