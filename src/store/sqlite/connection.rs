//! Opening the file: what it must be, how it is set up, and that reading never makes one.

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

use crate::store::backend::Init;
use crate::store::backend::SCHEMA_VERSION;
use crate::store::error::StoreError;
use crate::store::sqlite::error::refused;
use crate::store::sqlite::error::translate;

/// "esct" as a big-endian integer: what says that a file is a store of esctl.
const APPLICATION_ID: i32 = 0x6573_6374;

/// The statements that make a store, one version after the other.
pub(crate) const STATEMENTS: [&str; 3] =
    [include_str!("sql/schema.sql"), include_str!("sql/version_2.sql"), include_str!("sql/version_3.sql")];

/// Where a connection goes and what it is for.
#[derive(Debug, Clone)]
pub(crate) struct Connector {
    /// `None`: in memory.
    pub(crate) path: Option<PathBuf>,
    /// Whether it may write, and so make the store.
    pub(crate) writes: bool,
    /// How long to wait for the lock of another process.
    pub(crate) busy_timeout: Duration,
}

impl Connector {
    /// The file, for messages.
    pub(crate) fn place(&self) -> &Path {
        self.path.as_deref().unwrap_or(Path::new(":memory:"))
    }

    fn failed(&self, doing: &'static str) -> impl Fn(rusqlite::Error) -> StoreError + '_ {
        move |error| translate(error, self.place(), doing)
    }

    /// Opens a connection and returns it with what was done to the store for it.
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
        let made = match self.identify_at_once(&mut connection)? {
            Found::Current => Init::Found,
            // It can be read as it is.
            Found::Older(_) if !self.writes => Init::Found,
            Found::Older(_) => self.make_schema(&mut connection)?,
            Found::Empty if self.writes => {
                self.turn_on_wal(&connection)?;
                self.make_schema(&mut connection)?
            }
            Found::Empty => return Err(StoreError::NoStore(path.display().to_string())),
        };
        Ok((connection, made))
    }

    fn set_up(&self, connection: &Connection) -> Result<(), StoreError> {
        let failed = self.failed("cannot set up");
        connection.busy_timeout(self.busy_timeout).map_err(&failed)?;
        connection.set_prepared_statement_cache_capacity(64);
        // Durable when a commit returns; and a file from elsewhere cannot make us run its functions.
        let settings =
            "PRAGMA synchronous = FULL; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY;";
        connection.execute_batch(settings).map_err(&failed)?;
        if !self.writes {
            connection.pragma_update(None, "query_only", true).map_err(&failed)?;
        }
        Ok(())
    }

    /// In one transaction: a store that is being made meanwhile is seen whole or not at all, never as
    /// a database with tables and without a mark.
    fn identify_at_once(&self, connection: &mut Connection) -> Result<Found, StoreError> {
        let transaction = connection.transaction().map_err(self.failed("cannot read"))?;
        self.identify(&transaction)
    }

    fn identify(&self, connection: &Connection) -> Result<Found, StoreError> {
        let failed = self.failed("cannot read");
        let number = |pragma: &str| connection.query_row(pragma, [], |row| row.get::<_, i32>(0)).map_err(&failed);
        let application_id = number("PRAGMA application_id")?;
        let version = number("PRAGMA user_version")?;
        let place = self.place().display();
        let tables = number("SELECT count(*) FROM sqlite_schema")?;
        if application_id == APPLICATION_ID {
            return match u32::try_from(version) {
                // The tables and their version are made in one step.
                Ok(0) if tables > 0 => {
                    Err(StoreError::Unsupported(format!("{place} has tables of a store and no schema version")))
                }
                Ok(0) => Ok(Found::Empty),
                Ok(SCHEMA_VERSION) => Ok(Found::Current),
                Ok(older) if older < SCHEMA_VERSION => Ok(Found::Older(older)),
                _ => Err(StoreError::Unsupported(format!(
                    "{place} is a store of a newer esctl (schema {version}; this one knows {SCHEMA_VERSION})"
                ))),
            };
        }
        if application_id == 0 && version == 0 && tables == 0 {
            return Ok(Found::Empty);
        }
        Err(StoreError::Unsupported(format!("{place} is a SQLite database of another application")))
    }

    /// Changing to WAL needs the file alone for a moment, and SQLite does not wait for that by itself.
    fn turn_on_wal(&self, connection: &Connection) -> Result<(), StoreError> {
        let start = Instant::now();
        loop {
            match connection.pragma_update(None, "journal_mode", "wal") {
                Err(error) if busy(&error) && start.elapsed() < self.busy_timeout => thread::sleep(Duration::from_millis(5)),
                result => return result.map_err(self.failed("cannot set up")),
            }
        }
    }

    /// Makes it, or brings an older one up to date, in one transaction: of many that come at once, one does it.
    fn make_schema(&self, connection: &mut Connection) -> Result<Init, StoreError> {
        let failed = self.failed("cannot make the schema in");
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(&failed)?;
        // Another process may have made it while this one waited for the lock.
        let done = match self.identify(&transaction)? {
            Found::Current => return Ok(Init::Found),
            Found::Empty => {
                for statements in STATEMENTS {
                    transaction.execute_batch(statements).map_err(&failed)?;
                }
                Init::Made
            }
            Found::Older(from) => {
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

enum Found {
    Current,
    Older(u32),
    Empty,
}

pub(crate) fn busy(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}

/// Makes the file where there is none, readable by its owner only from its first moment.
fn create_private(path: &Path) -> Result<(), StoreError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => must_be_file(path),
        Err(error) => Err(refused(|reason| format!("cannot make {}: {reason}", path.display()), error)),
    }
}

fn open_existing(path: &Path, writes: bool) -> Result<Connection, rusqlite::Error> {
    // Read-write also for reading: SQLite falls back by itself where the file does not allow it, and only so can it
    // bring a file that was left by a killed process in order.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_EXRESCODE;
    let connection = Connection::open_with_flags(path, flags)?;
    if writes {
        return Ok(connection);
    }
    match connection.query_row("PRAGMA schema_version", [], |_| Ok(())) {
        // In a folder that cannot be written the WAL index cannot be made. Without a WAL the file is whole by itself.
        Err(error) if unwritable(&error) && !wal_of(path).exists() => {
            let immutable = format!("file:{}?immutable=1", escape_path(path));
            let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
            Connection::open_with_flags(immutable, flags)
        }
        _ => Ok(connection),
    }
}

pub(crate) fn wal_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push("-wal");
    PathBuf::from(name)
}

/// Which of the two SQLite says depends on the rights of the file.
fn unwritable(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly))
}

fn escape_path(path: &Path) -> String {
    path.to_string_lossy().replace('%', "%25").replace('?', "%3f").replace('#', "%23")
}

/// A store is in a plain file: opening a pipe would wait for ever, and a device keeps nothing.
fn must_be_file(path: &Path) -> Result<(), StoreError> {
    let opening = |reason: &str| format!("cannot open {}: {reason}", path.display());
    let message = match path.metadata() {
        Ok(found) if found.is_file() => return Ok(()),
        Ok(found) if found.is_dir() => return Err(refused(opening, io::ErrorKind::IsADirectory.into())),
        Ok(_) => format!("cannot open {}: it is no plain file", path.display()),
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

/// What a job on a connection can fail with.
pub(crate) enum SqlError {
    Sqlite(rusqlite::Error),
    Store(StoreError),
}

impl SqlError {
    /// In the words of the store; `doing` says what was tried.
    pub(crate) fn told(self, place: &Path, doing: &str) -> StoreError {
        match self {
            Self::Sqlite(error) => translate(error, place, doing),
            Self::Store(error) => error,
        }
    }
}

impl From<rusqlite::Error> for SqlError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl From<StoreError> for SqlError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}
