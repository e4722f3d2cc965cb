//! What is at the other end of a connection, and making the store where there is none.

use std::sync::Arc;

use sqlx::AssertSqlSafe;
use sqlx::Connection;
use sqlx::PgConnection;
use sqlx::Row;
use sqlx::postgres::PgRow;

use crate::store::backend::Init;
use crate::store::backend::SCHEMA_VERSION;
use crate::store::error::StoreError;
use crate::store::postgres::error::SqlError;
use crate::store::postgres::pool::ServerProcess;
use crate::store::postgres::url::PostgresUrl;

/// The oldest server whose statements this program speaks.
const OLDEST_SERVER: i32 = 150_000;

/// What is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found {
    /// A store of this program's schema version.
    Current,
    /// A store of this older version: it can be read as it is.
    Older(u32),
    /// No store; one may be made.
    Nothing,
}

struct Looked {
    process: ServerProcess,
    server: i32,
    exists: bool,
    usable: bool,
    has_meta: bool,
    has_tables: bool,
}

fn text(row: &PgRow, column: usize) -> Result<String, SqlError> {
    Ok(row.try_get::<Option<String>, _>(column)?.unwrap_or_default())
}

fn number(row: &PgRow, column: usize) -> Result<i32, SqlError> {
    let text = text(row, column)?;
    text.parse().map_err(|_| StoreError::integrity("the server does not say who it is").into())
}

impl Looked {
    fn read(row: &PgRow) -> Result<Self, SqlError> {
        Ok(Self {
            process: ServerProcess { pid: number(row, 0)?, started: text(row, 1)? },
            server: number(row, 2)?,
            exists: text(row, 3)? == "yes",
            usable: text(row, 4)? == "yes",
            has_meta: text(row, 5)? == "yes",
            has_tables: text(row, 6)? == "yes",
        })
    }
}

/// Finds out what is there, in one round trip; the second may be needed when somebody makes the store meanwhile.
pub(crate) async fn identify(connection: &mut PgConnection, url: &PostgresUrl) -> Result<(ServerProcess, Found), SqlError> {
    let schema = url.schema();
    for _ in 0..3 {
        let looking = include_str!("sql/identify.sql").replace("{schema}", schema);
        let row = sqlx::raw_sql(AssertSqlSafe(looking)).fetch_one(&mut *connection).await?;
        let looked = Looked::read(&row)?;
        let unsupported = |reason: String| Err(StoreError::Unsupported(format!("{url} {reason}")).into());
        if looked.server < OLDEST_SERVER {
            let major = looked.server / 10_000;
            return unsupported(format!("is on PostgreSQL {major}; esctl needs {} or later", OLDEST_SERVER / 10_000));
        }
        if !looked.exists || (looked.usable && !looked.has_tables) {
            return Ok((looked.process, Found::Nothing));
        }
        if !looked.usable {
            let message = format!("cannot open {url}: this user is not allowed to use the schema");
            return Err(StoreError::NotAllowed { message, source: None }.into());
        }
        if !looked.has_meta {
            return unsupported("has tables of another application; ?schema=NAME names a schema for esctl alone".into());
        }
        let version = sqlx::raw_sql("SELECT schema_version::text FROM esctl_meta").fetch_one(&mut *connection).await;
        let version = match version.map_err(SqlError::from) {
            Ok(row) => number(&row, 0)?,
            Err(error) if error.nothing_there() => continue,
            // undefined_column
            Err(error) if error.sqlstate().as_deref() == Some("42703") => {
                return unsupported("has a table esctl_meta that is not of esctl".into());
            }
            Err(error) => return Err(error),
        };
        return match u32::try_from(version) {
            Ok(SCHEMA_VERSION) => Ok((looked.process, Found::Current)),
            Ok(older @ 1..SCHEMA_VERSION) => Ok((looked.process, Found::Older(older))),
            Ok(newer @ SCHEMA_VERSION..) => {
                unsupported(format!("is a store of a newer esctl (schema {newer}; this one knows {SCHEMA_VERSION})"))
            }
            _ => unsupported(format!("is a store of schema {version}, which this esctl does not know")),
        };
    }
    let message = format!("cannot open {url}: it is being made and removed all the time");
    Err(StoreError::Unavailable { message, source: None }.into())
}

/// Makes the store or brings it up to date, in one transaction, or waits for somebody else who does.
pub(crate) async fn make(connection: &mut PgConnection, url: &PostgresUrl) -> Result<Init, SqlError> {
    let schema = url.schema();
    let mut transaction = connection.begin().await?;
    sqlx::query(include_str!("sql/lock_schema.sql")).bind(schema).execute(&mut *transaction).await?;
    let (done, parts) = match identify(&mut transaction, url).await?.1 {
        Found::Current => return Ok(Init::Found),
        Found::Nothing => (Init::Made, TABLES.as_slice()),
        Found::Older(from) => (Init::Migrated { from }, FROM_VERSION_1.as_slice()),
    };
    let exists: bool =
        sqlx::query_scalar("SELECT to_regnamespace($1) IS NOT NULL").bind(schema).fetch_one(&mut *transaction).await?;
    if !exists {
        sqlx::raw_sql(AssertSqlSafe(format!("CREATE SCHEMA \"{schema}\""))).execute(&mut *transaction).await?;
    }
    for part in parts.iter().chain(&FUNCTIONS) {
        sqlx::raw_sql(*part).execute(&mut *transaction).await?;
    }
    transaction.commit().await?;
    Ok(done)
}

/// The schema without its functions.
const TABLES: [&str; 3] = [include_str!("sql/schema.sql"), include_str!("sql/version_2.sql"), include_str!("sql/log_view.sql")];

/// What brings the tables of version 1 to version 2, and takes away the functions whose arguments have changed.
const FROM_VERSION_1: [&str; 2] = [include_str!("sql/version_2.sql"), include_str!("sql/from_version_1.sql")];

/// The functions: made after the tables, and anew with each migration.
const FUNCTIONS: [&str; 2] = [include_str!("sql/append_function.sql"), include_str!("sql/read_model_functions.sql")];

/// A connection that broke while the store was being made: the transaction is whole or not at all.
pub(crate) fn unknown_making(url: &PostgresUrl, error: SqlError) -> StoreError {
    StoreError::OutcomeUnknown {
        message: format!("the connection to {url} broke while the store was being made"),
        source: Some(Arc::new(error)),
    }
}
