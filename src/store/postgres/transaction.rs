//! An open connection, and the transaction that a job has on it where a pooler is in between.
//!
//! A pooler lends a connection to the server for as long as a transaction lasts. So nothing may stay on it: settings are those of
//! the transaction, and statements have no names.

use std::sync::Arc;
use std::time::Instant;

use sqlx::AssertSqlSafe;
use sqlx::FromRow;
use sqlx::PgConnection;
use sqlx::Postgres;
use sqlx::Row;
use sqlx::SqlSafeStr;
use sqlx::postgres::PgArguments;
use sqlx::postgres::PgRow;
use sqlx::query::Query;
use sqlx::query::QueryAs;
use sqlx::query::QueryScalar;

use crate::store::postgres::error::SqlError;
use crate::store::postgres::peer::Found;
use crate::store::postgres::peer::ServerProcess;
use crate::store::postgres::peer::Wanted;
use crate::store::postgres::peer::process_of;

/// An open connection.
pub(crate) struct Session {
    pub(crate) connection: PgConnection,
    pub(crate) backend: ServerProcess,
    pub(crate) found: Found,
    pub(crate) used: Instant,
    /// Not to be used again: set up in a way of its own, or with a long answer that nobody reads to its end.
    pub(crate) spoiled: bool,
    /// The settings of each transaction, where a pooler is in between.
    pooled: Option<Arc<Wanted>>,
    in_transaction: bool,
}

impl Session {
    /// Returns a session on a connection to the server itself, which has its settings.
    pub(crate) fn straight(connection: PgConnection, backend: ServerProcess, found: Found) -> Self {
        Self { connection, backend, found, used: Instant::now(), spoiled: false, pooled: None, in_transaction: false }
    }

    /// Returns a session through a pooler.
    pub(crate) fn pooled(connection: PgConnection, wanted: Arc<Wanted>) -> Self {
        Self { pooled: Some(wanted), ..Self::straight(connection, ServerProcess::default(), Found::Nothing) }
    }

    /// Returns true where a pooler is in between.
    pub(crate) fn is_pooled(&self) -> bool {
        self.pooled.is_some()
    }

    /// Returns true between [`Session::begin`] and [`Session::commit`] where a pooler is in between.
    pub(crate) fn in_transaction(&self) -> bool {
        self.in_transaction
    }

    /// Begins the transaction of a job where a pooler is in between; does nothing on a connection to the server itself.
    pub(crate) async fn begin(&mut self, writes: bool) -> Result<(), SqlError> {
        let Some(wanted) = &self.pooled else { return Ok(()) };
        let number = if writes { "pg_current_xact_id()::text" } else { "NULL::text" };
        let process = include_str!("sql/process.sql").replace("{number}", number);
        let sql = format!("{}; {process}", wanted.settings.begin());
        let row = sqlx::raw_sql(AssertSqlSafe(sql)).fetch_one(&mut self.connection).await?;
        self.backend = process_of(&row, row.try_get(2)?)?;
        self.in_transaction = true;
        Ok(())
    }

    /// Begins a transaction also on a connection to the server itself. One that is not committed ends with the connection.
    pub(crate) async fn begin_always(&mut self) -> Result<(), SqlError> {
        if !self.in_transaction {
            sqlx::raw_sql("BEGIN").execute(&mut self.connection).await?;
            self.in_transaction = true;
        }
        Ok(())
    }

    /// Commits the transaction of a job, if there is one.
    pub(crate) async fn commit(&mut self) -> Result<(), SqlError> {
        if self.in_transaction {
            sqlx::raw_sql("COMMIT").execute(&mut self.connection).await?;
            self.in_transaction = false;
        }
        Ok(())
    }

    /// Begins again after a statement that failed: until then a transaction takes no other. Only for a job that reads.
    pub(crate) async fn go_on(&mut self) -> Result<(), SqlError> {
        if self.in_transaction {
            sqlx::raw_sql("ROLLBACK").execute(&mut self.connection).await?;
            self.in_transaction = false;
            self.begin(false).await?;
        }
        Ok(())
    }

    /// Changes a setting for the rest of a job, after which a session to the server itself is not used again.
    pub(crate) async fn set(&mut self, setting: &str) -> Result<(), SqlError> {
        let scope = if self.in_transaction { "LOCAL" } else { "SESSION" };
        let sql = format!("SET {scope} {setting}");
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut self.connection).await?;
        Ok(())
    }

    /// Returns a statement. Through a pooler it has no name, since the next one may run elsewhere.
    pub(crate) fn query<'q>(&self, sql: impl SqlSafeStr) -> Query<'q, Postgres, PgArguments> {
        sqlx::query(sql).persistent(!self.is_pooled())
    }

    /// As [`Session::query`], for rows of one column.
    pub(crate) fn query_scalar<'q, O>(&self, sql: impl SqlSafeStr) -> QueryScalar<'q, Postgres, O, PgArguments>
    where
        (O,): for<'r> FromRow<'r, PgRow>,
    {
        sqlx::query_scalar(sql).persistent(!self.is_pooled())
    }

    /// As [`Session::query`], for rows that are tuples.
    pub(crate) fn query_as<'q, O>(&self, sql: impl SqlSafeStr) -> QueryAs<'q, Postgres, O, PgArguments>
    where
        O: for<'r> FromRow<'r, PgRow>,
    {
        sqlx::query_as(sql).persistent(!self.is_pooled())
    }
}
