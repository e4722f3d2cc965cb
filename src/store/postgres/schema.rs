//! What is at the other end of a connection, and making the store where there is none.

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
use crate::store::postgres::peer::Found;
use crate::store::postgres::peer::ServerProcess;
use crate::store::postgres::peer::Wanted;
use crate::store::postgres::peer::process_of;
use crate::store::postgres::server;
use crate::store::postgres::transaction::Session;
use crate::store::postgres::url::PostgresUrl;

/// Number of looks at a store that another process is making or removing.
const ATTEMPTS: u32 = 10;
/// The pause before the second look; each later one is longer by as much.
const PAUSE: Duration = Duration::from_millis(10);

struct Looked {
    process: ServerProcess,
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

impl Looked {
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

    /// Returns an error where the database cannot hold every text in its own encoding.
    fn check_encoding(&self, url: &PostgresUrl) -> Result<(), StoreError> {
        if self.encoding == "UTF8" {
            return Ok(());
        }
        let message = format!("the database of {url} has the encoding {}; a store needs UTF8", self.encoding);
        Err(StoreError::Unsuitable { problem: ServerProblem::Encoding, message })
    }
}

async fn look(connection: &mut PgConnection, wanted: &Wanted) -> Result<Looked, SqlError> {
    let looking = include_str!("sql/identify.sql")
        .replace("{schema}", wanted.url.schema())
        .replace("{in_force}", &wanted.settings.in_force());
    let row = sqlx::raw_sql(AssertSqlSafe(looking)).fetch_one(connection).await?;
    // First, since another server may not have answered the rest.
    let version = row.try_get(7).unwrap_or_default();
    server::check(&wanted.url.place(), version, text(&row, 2)?.parse().ok(), wanted.accept_server)?;
    Looked::read(&row)
}

/// Finds out what is there, in one round trip; more are needed while another process makes or removes the store.
pub(crate) async fn identify(connection: &mut PgConnection, wanted: &Wanted) -> Result<(ServerProcess, Found), SqlError> {
    let url = &wanted.url;
    for attempt in 0..ATTEMPTS {
        if attempt > 0 {
            // Another process is in the middle of making or removing the store.
            tokio::time::sleep(PAUSE * attempt).await;
        }
        let looked = look(connection, wanted).await?;
        if !looked.settings_in_force {
            return Err(SqlError::SettingsLost);
        }
        if !looked.exists || (looked.usable && !looked.has_tables) {
            return Ok((looked.process, Found::Nothing));
        }
        if !looked.usable {
            let message = format!("cannot open {url}: this user is not allowed to use the schema");
            return Err(StoreError::NotAllowed { message, source: None }.into());
        }
        let unsupported = |reason: String| Err(StoreError::Unsupported(format!("{url} {reason}")).into());
        if !looked.has_meta {
            return unsupported("has tables of another application; ?schema=NAME names a schema for esctl alone".into());
        }
        looked.check_encoding(url)?;
        let version = sqlx::raw_sql("SELECT schema_version::text FROM esctl_meta").fetch_one(&mut *connection).await;
        let version = match version.map_err(SqlError::from) {
            Ok(row) => text(&row, 0)?,
            Err(error) if error.nothing_there() => continue,
            // undefined_column
            Err(error) if error.sqlstate().as_deref() == Some("42703") => {
                return unsupported("has a table esctl_meta that is not of esctl".into());
            }
            Err(error) => return Err(error),
        };
        let version: i32 = version.parse().map_err(|_| StoreError::integrity("the store has no schema version"))?;
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

/// Makes the store or brings it up to date in the transaction of a session, or waits for somebody else who does.
pub(crate) async fn make(session: &mut Session, wanted: &Wanted) -> Result<Init, SqlError> {
    let schema = wanted.url.schema();
    let lock = session.query(include_str!("sql/lock_schema.sql")).bind(schema);
    lock.execute(&mut session.connection).await?;
    look(&mut session.connection, wanted).await?.check_encoding(&wanted.url)?;
    let (done, parts) = match identify(&mut session.connection, wanted).await?.1 {
        Found::Current => return Ok(Init::Found),
        Found::Nothing => (Init::Made, TABLES.as_slice()),
        Found::Older(from @ 1) => (Init::Migrated { from }, FROM_VERSION_1.as_slice()),
        Found::Older(from) => (Init::Migrated { from }, FROM_VERSION_2.as_slice()),
    };
    let looking = session.query_scalar("SELECT to_regnamespace($1) IS NOT NULL").bind(schema);
    let exists: bool = looking.fetch_one(&mut session.connection).await?;
    if !exists {
        sqlx::raw_sql(AssertSqlSafe(format!("CREATE SCHEMA \"{schema}\""))).execute(&mut session.connection).await?;
    }
    for part in parts.iter().chain(&FUNCTIONS) {
        sqlx::raw_sql(*part).execute(&mut session.connection).await?;
    }
    Ok(done)
}

/// The schema without its functions.
pub(crate) const TABLES: [&str; 4] = [
    include_str!("sql/schema.sql"),
    include_str!("sql/version_2.sql"),
    include_str!("sql/version_3.sql"),
    include_str!("sql/log_view.sql"),
];

/// What brings the tables of version 1 up to date, and takes away the functions that have changed.
const FROM_VERSION_1: [&str; 4] = [
    include_str!("sql/version_2.sql"),
    include_str!("sql/from_version_1.sql"),
    include_str!("sql/version_3.sql"),
    include_str!("sql/from_version_2.sql"),
];

/// The same from version 2.
const FROM_VERSION_2: [&str; 2] = [include_str!("sql/version_3.sql"), include_str!("sql/from_version_2.sql")];

/// The functions: made after the tables, and anew with each migration.
pub(crate) const FUNCTIONS: [&str; 2] = [include_str!("sql/append_function.sql"), include_str!("sql/read_model_functions.sql")];

/// A connection that broke while the store was being made: the transaction is whole or not at all.
pub(crate) fn unknown_making(url: &PostgresUrl, error: SqlError) -> StoreError {
    StoreError::OutcomeUnknown {
        message: format!("the connection to {url} broke while the store was being made"),
        source: Some(Arc::new(error)),
    }
}
