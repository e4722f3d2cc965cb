//! An open connection, and the transaction of a job on it where there is a pooler.
//!
//! A pooler lends a connection to the server for one transaction. So no state may stay on it: settings belong to the
//! transaction, and statements are unnamed.

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
use crate::store::postgres::peer::DatabaseProcess;
use crate::store::postgres::peer::Wanted;
use crate::store::postgres::peer::process_of;
use crate::store::schema_state::SchemaState;

/// An open connection.
pub(crate) struct Session {
    pub(crate) connection: PgConnection,
    pub(crate) backend: DatabaseProcess,
    pub(crate) found: SchemaState,
    pub(crate) used: Instant,
    /// True if the session must not be used again: its settings were changed, or an answer was not read to its end.
    pub(crate) unusable: bool,
    /// The settings of each transaction, where there is a pooler.
    pooled: Option<Arc<Wanted>>,
    in_transaction: bool,
}

impl Session {
    /// Returns a session on a direct connection to the server, which has its settings.
    pub(crate) fn straight(connection: PgConnection, backend: DatabaseProcess, found: SchemaState) -> Self {
        Self { connection, backend, found, used: Instant::now(), unusable: false, pooled: None, in_transaction: false }
    }

    /// Returns a session through a pooler.
    pub(crate) fn pooled(connection: PgConnection, wanted: Arc<Wanted>) -> Self {
        Self { pooled: Some(wanted), ..Self::straight(connection, DatabaseProcess::default(), SchemaState::Missing) }
    }

    /// Returns true where there is a pooler.
    pub(crate) fn is_pooled(&self) -> bool {
        self.pooled.is_some()
    }

    /// Returns true between [`Session::begin`] and [`Session::commit`] where there is a pooler.
    pub(crate) fn in_transaction(&self) -> bool {
        self.in_transaction
    }

    /// Begins the transaction of a job where there is a pooler. Does nothing on a direct connection.
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

    /// Begins a transaction, also on a direct connection. It ends with the connection unless it is committed.
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

    /// Begins again after a failed statement: until then a transaction accepts no other. Only for a job that reads.
    pub(crate) async fn begin_again(&mut self) -> Result<(), SqlError> {
        if self.in_transaction {
            sqlx::raw_sql("ROLLBACK").execute(&mut self.connection).await?;
            self.in_transaction = false;
            self.begin(false).await?;
        }
        Ok(())
    }

    /// Changes a setting for the rest of a job. A direct session is not used again afterwards.
    pub(crate) async fn set(&mut self, setting: &str) -> Result<(), SqlError> {
        let scope = if self.in_transaction { "LOCAL" } else { "SESSION" };
        let sql = format!("SET {scope} {setting}");
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut self.connection).await?;
        Ok(())
    }

    /// Returns a statement. Through a pooler it is unnamed, because the next one may run on another connection.
    pub(crate) fn query<'q>(&self, sql: impl SqlSafeStr) -> Query<'q, Postgres, PgArguments> {
        sqlx::query(sql).persistent(!self.is_pooled())
    }

    /// Returns a statement as [`Session::query`] does, for rows of one column.
    pub(crate) fn query_scalar<'q, O>(&self, sql: impl SqlSafeStr) -> QueryScalar<'q, Postgres, O, PgArguments>
    where
        (O,): for<'r> FromRow<'r, PgRow>,
    {
        sqlx::query_scalar(sql).persistent(!self.is_pooled())
    }

    /// Returns a statement as [`Session::query`] does, for rows that are tuples.
    pub(crate) fn query_as<'q, O>(&self, sql: impl SqlSafeStr) -> QueryAs<'q, Postgres, O, PgArguments>
    where
        O: for<'r> FromRow<'r, PgRow>,
    {
        sqlx::query_as(sql).persistent(!self.is_pooled())
    }
}
