//! What an operator wants to know of a database before it is served from.

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, QueryResult, Statement};

use super::Database;

/// `$1` is the schema. A server that answers from this machine's own address, or through a file, is on this machine.
const POSTGRES: &str = "SELECT current_setting('server_version') AS version,
    coalesce((SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()), false) AS is_encrypted,
    coalesce(inet_server_addr() = inet_client_addr(), true) AS is_local,
    (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS is_superuser,
    CASE WHEN to_regnamespace($1) IS NULL THEN has_database_privilege(current_database(), 'CREATE')
        ELSE has_schema_privilege(to_regnamespace($1), 'CREATE') END AS may_migrate,
    (SELECT count(*) FROM pg_class WHERE relnamespace = to_regnamespace($1) AND relkind IN ('r', 'p')
        AND NOT (has_table_privilege(oid, 'SELECT') AND has_table_privilege(oid, 'INSERT')
            AND has_table_privilege(oid, 'UPDATE') AND has_table_privilege(oid, 'DELETE'))) AS forbidden";

/// A database, as far as an operator must know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspection {
    /// The engine and its version.
    pub version: String,
    /// How what is said to it is kept from others.
    pub encryption: Encryption,
    /// Whether we may do anything at all with it.
    pub is_superuser: bool,
    /// Whether we may bring the schema up to date.
    pub may_migrate: bool,
    /// How many tables we may not read and write.
    pub forbidden: i64,
}

/// What lies between us and a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encryption {
    /// No network.
    Needless,
    /// A network, and TLS.
    On,
    /// A network on which everybody can read along.
    Off,
}

impl Database {
    /// Looks at it.
    ///
    /// # Errors
    /// It does not answer; SQLite's cannot be written.
    pub async fn inspect(&self) -> Result<Inspection, DbErr> {
        match self.connection.get_database_backend() {
            DbBackend::Postgres => self.inspect_postgres().await,
            _ => self.inspect_sqlite().await,
        }
    }

    async fn inspect_postgres(&self) -> Result<Inspection, DbErr> {
        let row = row(&self.connection, POSTGRES, [self.schema.into()]).await?;
        let encryption = match (row.try_get("", "is_local")?, row.try_get("", "is_encrypted")?) {
            (true, _) => Encryption::Needless,
            (false, true) => Encryption::On,
            (false, false) => Encryption::Off,
        };
        Ok(Inspection {
            version: format!("PostgreSQL {}", row.try_get::<String>("", "version")?),
            encryption,
            is_superuser: row.try_get("", "is_superuser")?,
            may_migrate: row.try_get("", "may_migrate")?,
            forbidden: row.try_get("", "forbidden")?,
        })
    }

    async fn inspect_sqlite(&self) -> Result<Inspection, DbErr> {
        let row = row(&self.connection, "SELECT sqlite_version() AS version", []).await?;
        // The write lock is had only where one may write.
        self.begin_write().await?.rollback().await?;
        Ok(Inspection {
            version: format!("SQLite {}", row.try_get::<String>("", "version")?),
            encryption: Encryption::Needless,
            is_superuser: false,
            may_migrate: true,
            forbidden: 0,
        })
    }
}

/// The one row that a query about the database itself gives.
pub(super) async fn row<const N: usize>(
    connection: &DatabaseConnection,
    query: &str,
    values: [sea_orm::Value; N],
) -> Result<QueryResult, DbErr> {
    let backend = connection.get_database_backend();
    let statement = Statement::from_sql_and_values(backend, query, values);
    let row = connection.query_one_raw(statement).await?;
    row.ok_or_else(|| DbErr::RecordNotFound("of the database itself".to_owned()))
}
