//! Writes that go to the database together.

use sea_orm::sea_query::{CommonTableExpression, Query, SubQueryStatement, WithClause, WithQuery};
use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement};

/// So many go in one statement: a statement of thousands would cost more than it saves.
const TOGETHER: usize = 16;

/// Statements of one transaction of which none looks at what another does. PostgreSQL, each way to which costs more than a
/// small write, gets them as one statement; SQLite, which is in this process, one after the other, as they were added.
///
/// No two may write the same row. PostgreSQL checks foreign keys when all are done.
#[derive(Debug)]
pub struct Writes {
    backend: DbBackend,
    statements: Vec<SubQueryStatement>,
}

impl Writes {
    /// None so far, for this kind of database.
    pub fn new(backend: DbBackend) -> Self {
        Self { backend, statements: Vec::new() }
    }

    /// The kind of database that they are for.
    pub fn backend(&self) -> DbBackend {
        self.backend
    }

    /// Adds one.
    pub fn add(&mut self, statement: impl Into<SubQueryStatement>) {
        self.statements.push(statement.into());
    }

    /// Writes all.
    ///
    /// # Errors
    /// The database's.
    pub async fn run(self, connection: &impl ConnectionTrait) -> Result<(), DbErr> {
        let at_once = if self.backend == DbBackend::Postgres { TOGETHER } else { 1 };
        for some in self.statements.chunks(at_once) {
            let statement = match some {
                [one] => build(self.backend, one),
                several => self.backend.build(&together(several)),
            };
            connection.execute_raw(statement).await?;
        }
        Ok(())
    }
}

fn together(statements: &[SubQueryStatement]) -> WithQuery {
    let mut all = WithClause::new();
    for (number, statement) in statements.iter().enumerate() {
        let mut one = CommonTableExpression::new();
        one.table_name(format!("write_{number}")).query(statement.clone());
        all.cte(one);
    }
    // They are carried out though nothing is read of them.
    all.query(Query::select().expr(1).to_owned())
}

fn build(backend: DbBackend, statement: &SubQueryStatement) -> Statement {
    match statement {
        SubQueryStatement::SelectStatement(statement) => backend.build(statement),
        SubQueryStatement::InsertStatement(statement) => backend.build(statement),
        SubQueryStatement::UpdateStatement(statement) => backend.build(statement),
        SubQueryStatement::DeleteStatement(statement) => backend.build(statement),
        SubQueryStatement::WithStatement(statement) => backend.build(statement),
    }
}
