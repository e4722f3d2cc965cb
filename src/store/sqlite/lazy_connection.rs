//! A connection that is opened on its first use, and the check that its files are still in place.

use std::sync::Arc;
use std::sync::OnceLock;

use rusqlite::Connection;
use rusqlite::config::DbConfig;

use crate::store::backend::Init;
use crate::store::error::StoreError;
use crate::store::schema::check_writable;
use crate::store::sqlite::connection::Connector;
use crate::store::sqlite::connection::must_exist;
use crate::store::sqlite::error::SqlError;
use crate::store::sqlite::error::translate;
use crate::store::sqlite::files::FileChange;
use crate::store::sqlite::files::Files;
use crate::store::sqlite::names::Names;
use crate::store::sqlite::schema;

/// The number of attempts to open a file that is being replaced at the same moment.
const ATTEMPTS: u32 = 5;

/// The connection of one thread, with its cached names.
pub(crate) struct LazyConnection {
    connector: Connector,
    opened: Option<Opened>,
    /// The files as the first connection of this process found them, shared by all connections to the store.
    first: Arc<OnceLock<Files>>,
    names: Names,
    /// True once the schema was found complete, which is checked once in a process.
    schema_checked: bool,
}

struct Opened {
    connection: Connection,
    /// The files of the connection; `None` for a store in memory.
    files: Option<Files>,
}

impl Drop for Opened {
    /// Closes the connection without a checkpoint where the file was replaced.
    ///
    /// The last connection to close writes its log into the database, and a file that was copied over has the same inode.
    fn drop(&mut self) {
        if let Some(Err(StoreError::Replaced(_))) = self.files.as_mut().map(Files::check) {
            let closed = self.connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true);
            // Where that fails nothing else can be done; the error of the replaced store was returned already.
            closed.unwrap_or_default();
        }
    }
}

impl LazyConnection {
    pub(crate) fn new(connector: Connector, first: Arc<OnceLock<Files>>) -> Self {
        Self { connector, opened: None, first, names: Names::default(), schema_checked: false }
    }

    /// Creates the store, or migrates it, by opening it.
    pub(crate) fn init(&mut self) -> Result<Init, StoreError> {
        if self.opened.is_some() {
            self.check_files()?;
            return Ok(Init::Found);
        }
        self.check_not_replaced()?;
        self.connect()
    }

    /// Checks that the file of the other connections of this process still exists. Otherwise a new store would take its
    /// place.
    fn check_not_replaced(&self) -> Result<(), StoreError> {
        self.first.get().map_or(Ok(()), |first| first.clone().check().map(|_| ()))
    }

    fn connect(&mut self) -> Result<Init, StoreError> {
        let mut done = Init::Found;
        for _ in 0..ATTEMPTS {
            let before = self.files();
            let (connection, made) = self.connector.connect()?;
            if made != Init::Found {
                done = made;
            }
            let files = self.files();
            // Without files before, the file has just been created; its log is created with the first connection.
            let same_file = match (&before, &files) {
                (Some(before), Some(files)) => before.same_database(files),
                (before, _) => before.is_none(),
            };
            if !same_file {
                continue;
            }
            if let Some(files) = &files
                && !self.first.get_or_init(|| files.clone()).same_database(files)
            {
                return Err(files.replaced("was replaced by another file"));
            }
            self.opened = Some(Opened { connection, files });
            return Ok(done);
        }
        let place = self.connector.place().display();
        Err(StoreError::Replaced(format!("the event store at {place} keeps being replaced")))
    }

    fn files(&self) -> Option<Files> {
        self.connector.path.as_deref().and_then(|path| Files::at(path).ok())
    }

    /// Checks that the files are still the opened ones. Where the database file was written, by a checkpoint or by another
    /// program, cached pages are discarded and the known ends are compared with the file.
    fn check_files(&mut self) -> Result<(), StoreError> {
        let Some(Opened { connection, files: Some(files) }) = &mut self.opened else { return Ok(()) };
        if files.check()? == FileChange::Written {
            self.names.end.doubt();
            let discarded = connection.execute_batch("PRAGMA shrink_memory");
            discarded.map_err(|error| translate(error, self.connector.place(), "cannot read"))?;
        }
        Ok(())
    }

    fn open(&mut self) -> Result<(), StoreError> {
        if self.opened.is_none() {
            self.check_not_replaced()?;
            if let Some(path) = self.connector.path.as_deref().filter(|_| !self.connector.writes) {
                must_exist(path)?;
            }
            self.connect()?;
        }
        Ok(())
    }

    /// Checks the schema before the first write: without an index an event could be appended twice.
    fn check_writable(&mut self) -> Result<(), StoreError> {
        if self.schema_checked || !self.connector.writes || self.connector.path.is_none() {
            return Ok(());
        }
        let place = self.connector.place();
        if let Some(Opened { connection, .. }) = &self.opened {
            let faults =
                schema::faults(connection).map_err(|error| error.into_store_error(place, "cannot read the schema of"))?;
            check_writable(&place.display().to_string(), &faults)?;
        }
        self.schema_checked = true;
        Ok(())
    }

    /// Restores missing parts of the schema. Returns the restored parts.
    pub(crate) fn repair(&mut self) -> Result<Vec<String>, StoreError> {
        self.open()?;
        self.check_files()?;
        self.names.end.forget();
        let place = self.connector.place();
        match &mut self.opened {
            Some(Opened { connection, .. }) => {
                schema::repair(connection).map_err(|error| error.into_store_error(place, "cannot repair the schema of"))
            }
            None => Ok(Vec::new()),
        }
    }

    /// Runs a job that reads. A store in memory exists only after the first write.
    pub(crate) fn read<T>(
        &mut self,
        doing: &'static str,
        job: impl FnOnce(&mut Connection, &mut Names) -> Result<T, SqlError>,
    ) -> Result<T, StoreError> {
        if self.connector.path.is_none() && self.opened.is_none() {
            return Err(StoreError::NoStore(self.connector.place().display().to_string()));
        }
        self.with(doing, job)
    }

    /// Runs a job with the connection and translates the errors of SQLite. A write counts only if it is in the file that
    /// other processes open.
    pub(crate) fn with<T>(
        &mut self,
        doing: &'static str,
        job: impl FnOnce(&mut Connection, &mut Names) -> Result<T, SqlError>,
    ) -> Result<T, StoreError> {
        self.open()?;
        self.check_files()?;
        self.check_writable()?;
        let place = self.connector.place();
        let Some(Opened { connection, .. }) = &mut self.opened else {
            return Err(StoreError::Bug("a connection was opened and is missing".into()));
        };
        let outcome = job(connection, &mut self.names).map_err(|error| error.into_store_error(place, doing));
        if outcome.is_ok() && !self.connector.writes {
            return outcome;
        }
        match (self.check_files(), outcome) {
            (Ok(()), outcome) => outcome,
            (Err(StoreError::Replaced(message)), Ok(_)) => {
                Err(StoreError::Replaced(format!("{message}; the last write is not in the store")))
            }
            (Err(replaced @ StoreError::Replaced(_)), Err(_)) => Err(replaced),
            (Err(StoreError::Unavailable { message, source }), Ok(_)) => Err(StoreError::OutcomeUnknown { message, source }),
            (Err(_), outcome) => outcome,
        }
    }
}
