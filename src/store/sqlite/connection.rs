//! Opens the file of a store: identifies and configures it. Opening a file for reading never creates it.

use std::fs::OpenOptions;
use std::io;
use std::path::Path;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use rusqlite::Connection;
use rusqlite::ErrorCode;
use rusqlite::OpenFlags;
use rusqlite::TransactionBehavior;
use rusqlite::vtab::array::load_module as load_arrays;

use crate::store::backend::Init;
use crate::store::backend::SCHEMA_VERSION;
use crate::store::error::StoreError;
use crate::store::schema_state::SchemaState;
use crate::store::sqlite::error::refused;
use crate::store::sqlite::error::translate;

/// "esct" as a big-endian integer, which marks a file as a store of esctl.
pub(crate) const APPLICATION_ID: i32 = 0x6573_6374;

/// The statements that create the schema, by version.
pub(crate) const STATEMENTS: [&str; 3] =
    [include_str!("sql/schema.sql"), include_str!("sql/version_2.sql"), include_str!("sql/version_3.sql")];

/// The file of a store and the way to open it.
#[derive(Debug, Clone)]
pub(crate) struct Connector {
    /// The file; `None` for a store in memory.
    pub(crate) path: Option<PathBuf>,
    /// True if the connection may write, and so create the store.
    pub(crate) writes: bool,
    /// The longest wait for the lock of another process.
    pub(crate) busy_timeout: Duration,
}

impl Connector {
    /// Returns the file for messages.
    pub(crate) fn place(&self) -> &Path {
        self.path.as_deref().unwrap_or(Path::new(":memory:"))
    }

    fn failed(&self, doing: &'static str) -> impl Fn(rusqlite::Error) -> StoreError + '_ {
        move |error| translate(error, self.place(), doing)
    }

    /// Opens a connection. Returns it with the effect on the store.
    pub(crate) fn connect(&self) -> Result<(Connection, Init), StoreError> {
        let failed = self.failed("cannot open");
        let Some(path) = &self.path else {
            let mut connection = Connection::open_in_memory().map_err(failed)?;
            self.set_up(&connection)?;
            let made = self.make_schema(&mut connection)?;
            return Ok((connection, made));
        };
        if self.writes {
            create_private(path)?;
        }
        let mut connection = open_existing(path, self.writes).map_err(failed)?;
        self.set_up(&connection)?;
        let made = match self.identify_in_transaction(&mut connection)? {
            SchemaState::Current => Init::Found,
            // A store of an older schema version can be read without a migration.
            SchemaState::Older(_) if !self.writes => Init::Found,
            SchemaState::Older(_) => self.make_schema(&mut connection)?,
            SchemaState::Missing if self.writes => {
                self.turn_on_wal(&connection)?;
                self.make_schema(&mut connection)?
            }
            SchemaState::Missing => return Err(StoreError::NoStore(path.display().to_string())),
        };
        Ok((connection, made))
    }

    fn set_up(&self, connection: &Connection) -> Result<(), StoreError> {
        let failed = self.failed("cannot set up");
        connection.busy_timeout(self.busy_timeout).map_err(&failed)?;
        connection.set_prepared_statement_cache_capacity(64);
        // A commit is durable when it returns. A file of unknown origin cannot run functions of this program.
        let settings =
            "PRAGMA synchronous = FULL; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY;";
        connection.execute_batch(settings).map_err(&failed)?;
        load_arrays(connection).map_err(&failed)?;
        if !self.writes {
            connection.pragma_update(None, "query_only", true).map_err(&failed)?;
        }
        Ok(())
    }

    /// Identifies the database in one transaction, which sees a store that is being created as a whole or not at all.
    fn identify_in_transaction(&self, connection: &mut Connection) -> Result<SchemaState, StoreError> {
        let transaction = connection.transaction().map_err(self.failed("cannot read"))?;
        self.identify(&transaction)
    }

    fn identify(&self, connection: &Connection) -> Result<SchemaState, StoreError> {
        let failed = self.failed("cannot read");
        let number = |pragma: &str| connection.query_row(pragma, [], |row| row.get::<_, i32>(0)).map_err(&failed);
        let application_id = number("PRAGMA application_id")?;
        let version = number("PRAGMA user_version")?;
        let place = self.place().display();
        let tables = number("SELECT count(*) FROM sqlite_schema")?;
        if application_id == APPLICATION_ID {
            return match u32::try_from(version) {
                // The tables and their version are created in one step.
                Ok(0) if tables > 0 => {
                    Err(StoreError::Unsupported(format!("{place} has tables of a store and no schema version")))
                }
                Ok(0) => Ok(SchemaState::Missing),
                Ok(SCHEMA_VERSION) => Ok(SchemaState::Current),
                Ok(older) if older < SCHEMA_VERSION => Ok(SchemaState::Older(older)),
                _ => Err(StoreError::Unsupported(format!(
                    "{place} is a store of a newer esctl (schema {version}; this program supports up to {SCHEMA_VERSION})"
                ))),
            };
        }
        if application_id == 0 && version == 0 && tables == 0 {
            return Ok(SchemaState::Missing);
        }
        let message = format!("{place} is a SQLite database of another application");
        Err(StoreError::OtherApplication { place: place.to_string(), message })
    }

    /// Switches to WAL. That needs an exclusive lock for a moment, for which SQLite itself does not wait.
    fn turn_on_wal(&self, connection: &Connection) -> Result<(), StoreError> {
        let start = Instant::now();
        loop {
            match connection.pragma_update(None, "journal_mode", "wal") {
                Err(error) if busy(&error) && start.elapsed() < self.busy_timeout => thread::sleep(Duration::from_millis(5)),
                result => return result.map_err(self.failed("cannot set up")),
            }
        }
    }

    /// Creates the schema or migrates an older one, in one transaction. Of concurrent processes only one does so.
    fn make_schema(&self, connection: &mut Connection) -> Result<Init, StoreError> {
        let failed = self.failed("cannot create the schema in");
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(&failed)?;
        // Another process may have created the schema while this one waited for the lock.
        let done = match self.identify(&transaction)? {
            SchemaState::Current => return Ok(Init::Found),
            SchemaState::Missing => {
                for statements in STATEMENTS {
                    transaction.execute_batch(statements).map_err(&failed)?;
                }
                Init::Made
            }
            SchemaState::Older(from) => {
                if from < 2 {
                    transaction.execute_batch(include_str!("sql/version_2.sql")).map_err(&failed)?;
                    transaction.execute_batch(include_str!("sql/from_version_1.sql")).map_err(&failed)?;
                }
                transaction.execute_batch(include_str!("sql/version_3.sql")).map_err(&failed)?;
                Init::Migrated { from }
            }
        };
        transaction.pragma_update(None, "application_id", APPLICATION_ID).map_err(&failed)?;
        transaction.pragma_update(None, "user_version", SCHEMA_VERSION).map_err(&failed)?;
        transaction.commit().map_err(&failed)?;
        Ok(done)
    }
}

pub(crate) fn busy(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}

/// Creates a missing file, readable by its owner only from the start.
fn create_private(path: &Path) -> Result<(), StoreError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => must_be_file(path),
        Err(error) => Err(refused(|reason| format!("cannot create {}: {reason}", path.display()), error)),
    }
}

fn open_existing(path: &Path, writes: bool) -> Result<Connection, rusqlite::Error> {
    // Read-write also for reading: SQLite falls back by itself where the file does not allow it. Only so can it recover a
    // file that was left by a killed process.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_EXRESCODE;
    let connection = Connection::open_with_flags(path, flags)?;
    if writes { Ok(connection) } else { readable(connection, path) }
}

/// Opens a file for reading only, in a mode in which SQLite itself refuses to write.
pub(crate) fn open_read_only(path: &Path) -> Result<Connection, rusqlite::Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_EXRESCODE;
    readable(Connection::open_with_flags(path, flags)?, path)
}

/// Returns a connection that can read: this one, or another one where the folder does not allow a WAL index.
fn readable(connection: Connection, path: &Path) -> Result<Connection, rusqlite::Error> {
    match connection.query_row("PRAGMA schema_version", [], |_| Ok(())) {
        // In a folder without write permission the WAL index cannot be created. Without a WAL the file is complete by
        // itself.
        Err(error) if unwritable(&error) && !wal_of(path).exists() => open_immutable(path),
        _ => Ok(connection),
    }
}

/// Opens a file that no program writes meanwhile: SQLite takes no lock and creates no file beside it.
pub(crate) fn open_immutable(path: &Path) -> Result<Connection, rusqlite::Error> {
    let immutable = format!("file:{}?immutable=1", escape_path(path));
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    Connection::open_with_flags(immutable, flags)
}

pub(crate) fn wal_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push("-wal");
    PathBuf::from(name)
}

/// Returns true for the two errors of a file or folder without write permission. The permissions decide which of them
/// occurs.
fn unwritable(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly))
}

fn escape_path(path: &Path) -> String {
    path.to_string_lossy().replace('%', "%25").replace('?', "%3f").replace('#', "%23")
}

/// Checks that a store is in a regular file: opening a pipe would wait forever, and a device stores nothing.
fn must_be_file(path: &Path) -> Result<(), StoreError> {
    let opening = |reason: &str| format!("cannot open {}: {reason}", path.display());
    let message = match path.metadata() {
        Ok(found) if found.is_file() => return Ok(()),
        Ok(found) if found.is_dir() => return Err(refused(opening, io::ErrorKind::IsADirectory.into())),
        Ok(_) => format!("cannot open {}: it is not a regular file", path.display()),
        Err(error) => return Err(refused(opening, error)),
    };
    Err(StoreError::Unavailable { message, source: None })
}

pub(crate) fn must_exist(path: &Path) -> Result<(), StoreError> {
    match path.metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(StoreError::NoStore(path.display().to_string())),
        _ => must_be_file(path),
    }
}
