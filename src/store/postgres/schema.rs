//! Identifies the store at the other end of a connection, creates it, and migrates it.

use std::sync::Arc;
use std::time::Duration;

use sqlx::AssertSqlSafe;
use sqlx::PgConnection;
use sqlx::Row;
use sqlx::postgres::PgRow;

use crate::store::backend::Init;
use crate::store::backend::SCHEMA_VERSION;
use crate::store::error::ServerProblem;
use crate::store::error::StoreError;
use crate::store::postgres::error::SqlError;
use crate::store::postgres::peer::DatabaseProcess;
use crate::store::postgres::peer::Wanted;
use crate::store::postgres::peer::process_of;
use crate::store::postgres::server;
use crate::store::postgres::session::Session;
use crate::store::postgres::url::PostgresUrl;
use crate::store::schema_state::SchemaState;

/// The number of attempts to identify a store that another process is creating or removing.
const ATTEMPTS: u32 = 10;
/// The pause before the second attempt; each later one is longer by as much.
const PAUSE: Duration = Duration::from_millis(10);

struct Identification {
    process: DatabaseProcess,
    encoding: String,
    settings_in_force: bool,
    exists: bool,
    usable: bool,
    has_meta: bool,
    has_tables: bool,
}

fn text(row: &PgRow, column: usize) -> Result<String, SqlError> {
    Ok(row.try_get::<Option<String>, _>(column)?.unwrap_or_default())
}

impl Identification {
    fn read(row: &PgRow) -> Result<Self, SqlError> {
        let yes = |column| Ok::<_, SqlError>(text(row, column)? == "yes");
        Ok(Self {
            process: process_of(row, None)?,
            exists: yes(3)?,
            usable: yes(4)?,
            has_meta: yes(5)?,
            has_tables: yes(6)?,
            encoding: text(row, 8)?,
            settings_in_force: yes(9)?,
        })
    }

    /// Checks that the encoding of the database can represent every text.
    fn check_encoding(&self, url: &PostgresUrl) -> Result<(), StoreError> {
        if self.encoding == "UTF8" {
            return Ok(());
        }
        let message = format!("the database of {url} has the encoding {}; a store needs UTF8", self.encoding);
        Err(StoreError::Unsuitable { problem: ServerProblem::Encoding, message })
    }
}

async fn query_identification(connection: &mut PgConnection, wanted: &Wanted) -> Result<Identification, SqlError> {
    let statement = include_str!("sql/identify.sql")
        .replace("{schema}", wanted.url.schema())
        .replace("{in_force}", &wanted.settings.in_force());
    let row = sqlx::raw_sql(AssertSqlSafe(statement)).fetch_one(connection).await?;
    // Checked first, because another product may not have returned the other columns.
    let version = row.try_get(7).unwrap_or_default();
    server::check(&wanted.url.place(), version, text(&row, 2)?.parse().ok(), wanted.accept_server)?;
    Identification::read(&row)
}

/// Identifies server process and store in one round trip. More are needed while another process creates or removes the
/// store.
pub(crate) async fn identify(connection: &mut PgConnection, wanted: &Wanted) -> Result<(DatabaseProcess, SchemaState), SqlError> {
    let url = &wanted.url;
    for attempt in 0..ATTEMPTS {
        if attempt > 0 {
            // Another process is creating or removing the store.
            tokio::time::sleep(PAUSE * attempt).await;
        }
        let found = query_identification(connection, wanted).await?;
        if !found.settings_in_force {
            return Err(SqlError::SettingsLost);
        }
        if !found.exists || (found.usable && !found.has_tables) {
            return Ok((found.process, SchemaState::Missing));
        }
        if !found.usable {
            let message = format!("cannot open {url}: permission denied to this user for the schema");
            return Err(StoreError::NotAllowed { message, source: None }.into());
        }
        let unsupported = |reason: String| Err(StoreError::Unsupported(format!("{url} {reason}")).into());
        if !found.has_meta {
            let message = format!("{url} has tables of another application; name a separate schema with ?schema=NAME");
            return Err(StoreError::OtherApplication { place: url.to_string(), message }.into());
        }
        found.check_encoding(url)?;
        let version = sqlx::raw_sql("SELECT schema_version::text FROM esctl_meta").fetch_one(&mut *connection).await;
        let version = match version.map_err(SqlError::from) {
            Ok(row) => text(&row, 0)?,
            Err(error) if error.is_missing_object() => continue,
            // undefined_column
            Err(error) if error.sqlstate().as_deref() == Some("42703") => {
                return unsupported("has a table esctl_meta that esctl did not create".into());
            }
            Err(error) => return Err(error),
        };
        let version: i32 = version.parse().map_err(|_| StoreError::integrity("the store has no schema version"))?;
        return match u32::try_from(version) {
            Ok(SCHEMA_VERSION) => Ok((found.process, SchemaState::Current)),
            Ok(older @ 1..SCHEMA_VERSION) => Ok((found.process, SchemaState::Older(older))),
            Ok(newer @ SCHEMA_VERSION..) => {
                unsupported(format!("is a store of a newer esctl (schema {newer}; this program supports up to {SCHEMA_VERSION})"))
            }
            _ => unsupported(format!("is a store of the unknown schema version {version}")),
        };
    }
    let message = format!("cannot open {url}: it keeps being created and removed");
    Err(StoreError::Unavailable { message, source: None }.into())
}

/// Creates or migrates the store in the transaction of a session. Waits for another process that does so.
pub(crate) async fn create(session: &mut Session, wanted: &Wanted) -> Result<Init, SqlError> {
    let schema = wanted.url.schema();
    let lock = session.query(include_str!("sql/lock_schema.sql")).bind(schema);
    lock.execute(&mut session.connection).await?;
    query_identification(&mut session.connection, wanted).await?.check_encoding(&wanted.url)?;
    let (done, parts) = match identify(&mut session.connection, wanted).await?.1 {
        SchemaState::Current => return Ok(Init::Found),
        SchemaState::Missing => (Init::Made, TABLES.as_slice()),
        SchemaState::Older(from @ 1) => (Init::Migrated { from }, FROM_VERSION_1.as_slice()),
        SchemaState::Older(from) => (Init::Migrated { from }, FROM_VERSION_2.as_slice()),
    };
    let statement = session.query_scalar("SELECT to_regnamespace($1) IS NOT NULL").bind(schema);
    let exists: bool = statement.fetch_one(&mut session.connection).await?;
    if !exists {
        sqlx::raw_sql(AssertSqlSafe(format!("CREATE SCHEMA \"{schema}\""))).execute(&mut session.connection).await?;
    }
    for part in parts.iter().chain(&FUNCTIONS) {
        sqlx::raw_sql(*part).execute(&mut session.connection).await?;
    }
    Ok(done)
}

/// The statements of the schema without its functions.
pub(crate) const TABLES: [&str; 4] = [
    include_str!("sql/schema.sql"),
    include_str!("sql/version_2.sql"),
    include_str!("sql/version_3.sql"),
    include_str!("sql/log_view.sql"),
];

/// The statements that migrate the tables of version 1 and drop the functions that have changed.
const FROM_VERSION_1: [&str; 4] = [
    include_str!("sql/version_2.sql"),
    include_str!("sql/from_version_1.sql"),
    include_str!("sql/version_3.sql"),
    include_str!("sql/from_version_2.sql"),
];

/// The statements that migrate the tables of version 2.
const FROM_VERSION_2: [&str; 2] = [include_str!("sql/version_3.sql"), include_str!("sql/from_version_2.sql")];

/// The statements of the functions. They are created after the tables, and again with each migration.
pub(crate) const FUNCTIONS: [&str; 2] = [include_str!("sql/append_function.sql"), include_str!("sql/read_model_functions.sql")];

/// Returns the error for a connection that broke while the store was being created. The transaction is applied as a whole or
/// not at all.
pub(crate) fn unknown_creation(url: &PostgresUrl, error: SqlError) -> StoreError {
    StoreError::OutcomeUnknown {
        message: format!("the connection to {url} broke while the store was being created"),
        source: Some(Arc::new(error)),
    }
}
