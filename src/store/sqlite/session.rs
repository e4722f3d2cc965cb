//! A connection that is opened when it is first needed, and the files it was opened on.

use std::sync::Arc;
use std::sync::OnceLock;

use rusqlite::Connection;
use rusqlite::config::DbConfig;

use crate::store::backend::Init;
use crate::store::error::StoreError;
use crate::store::schema::must_take_writes;
use crate::store::sqlite::connection::Connector;
use crate::store::sqlite::connection::SqlError;
use crate::store::sqlite::connection::must_exist;
use crate::store::sqlite::error::translate;
use crate::store::sqlite::files::Files;
use crate::store::sqlite::files::Look;
use crate::store::sqlite::read::Names;
use crate::store::sqlite::schema;

/// How often a file is opened that is replaced at that very moment.
const ATTEMPTS: u32 = 5;

/// The connection of one thread, and the names it has seen.
pub(crate) struct Session {
    connector: Connector,
    opened: Option<Opened>,
    /// The files as the first connection of this process found them, shared by all connections to the store.
    first: Arc<OnceLock<Files>>,
    names: Names,
    /// The schema was found to be whole: one look for each process.
    is_whole: bool,
}

struct Opened {
    connection: Connection,
    /// `None`: in memory.
    files: Option<Files>,
}

impl Drop for Opened {
    /// Keeps the log of a file that was replaced out of the file that is there now: the last connection that is closed writes
    /// its log into the database, and a file that was copied over has the same inode.
    fn drop(&mut self) {
        if let Some(Err(StoreError::Replaced(_))) = self.files.as_mut().map(Files::look) {
            let kept_out = self.connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true);
            // Where that fails nothing else can be done; the error of the replaced store was returned already.
            kept_out.unwrap_or_default();
        }
    }
}

impl Session {
    pub(crate) fn new(connector: Connector, first: Arc<OnceLock<Files>>) -> Self {
        Self { connector, opened: None, first, names: Names::default(), is_whole: false }
    }

    /// Makes the store, or brings it up to date, by opening it.
    pub(crate) fn make(&mut self) -> Result<Init, StoreError> {
        if self.opened.is_some() {
            self.look()?;
            return Ok(Init::Found);
        }
        self.others_still_there()?;
        self.connect()
    }

    /// What another connection of this process has open must still be there: nothing is made in its place.
    fn others_still_there(&self) -> Result<(), StoreError> {
        self.first.get().map_or(Ok(()), |first| first.clone().look().map(|_| ()))
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
            // Without files there before, it has just been made; its log comes with the first connection.
            let stayed = match (&before, &files) {
                (Some(before), Some(files)) => before.same_database(files),
                (before, _) => before.is_none(),
            };
            if !stayed {
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
        Err(StoreError::Replaced(format!("the event store at {place} is being replaced again and again")))
    }

    fn files(&self) -> Option<Files> {
        self.connector.path.as_deref().and_then(|path| Files::at(path).ok())
    }

    /// Checks that the files are still those that were opened. What is kept in memory of a file that was written to by
    /// others is read again.
    fn look(&mut self) -> Result<(), StoreError> {
        let Some(Opened { connection, files: Some(files) }) = &mut self.opened else { return Ok(()) };
        if files.look()? == Look::Written {
            let forgotten = connection.execute_batch("PRAGMA shrink_memory");
            forgotten.map_err(|error| translate(error, self.connector.place(), "cannot read"))?;
        }
        Ok(())
    }

    fn open(&mut self) -> Result<(), StoreError> {
        if self.opened.is_none() {
            self.others_still_there()?;
            if let Some(path) = self.connector.path.as_deref().filter(|_| !self.connector.writes) {
                must_exist(path)?;
            }
            self.connect()?;
        }
        Ok(())
    }

    /// Before the first write: an event could be appended twice where an index is missing.
    fn must_take_writes(&mut self) -> Result<(), StoreError> {
        if self.is_whole || !self.connector.writes || self.connector.path.is_none() {
            return Ok(());
        }
        let place = self.connector.place();
        if let Some(Opened { connection, .. }) = &self.opened {
            let faults = schema::faults(connection).map_err(|error| error.told(place, "cannot read the schema of"))?;
            must_take_writes(&place.display().to_string(), &faults)?;
        }
        self.is_whole = true;
        Ok(())
    }

    /// Puts back what is missing in the schema. Returns what was put back.
    pub(crate) fn repair(&mut self) -> Result<Vec<String>, StoreError> {
        self.open()?;
        self.look()?;
        let place = self.connector.place();
        match &mut self.opened {
            Some(Opened { connection, .. }) => {
                schema::repair(connection).map_err(|error| error.told(place, "cannot repair the schema of"))
            }
            None => Ok(Vec::new()),
        }
    }

    /// Runs a job that reads: where nothing has been written, memory holds no store either.
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

    /// Runs a job with the connection; errors of SQLite come out in the words of the store. What a job has written counts
    /// only if it is in the file that others open.
    pub(crate) fn with<T>(
        &mut self,
        doing: &'static str,
        job: impl FnOnce(&mut Connection, &mut Names) -> Result<T, SqlError>,
    ) -> Result<T, StoreError> {
        self.open()?;
        self.look()?;
        self.must_take_writes()?;
        let place = self.connector.place();
        let Some(Opened { connection, .. }) = &mut self.opened else {
            return Err(StoreError::Bug("a connection was opened and is not there".into()));
        };
        let outcome = job(connection, &mut self.names).map_err(|error| error.told(place, doing));
        if outcome.is_ok() && !self.connector.writes {
            return outcome;
        }
        match (self.look(), outcome) {
            (Ok(()), outcome) => outcome,
            (Err(StoreError::Replaced(message)), Ok(_)) => {
                Err(StoreError::Replaced(format!("{message}; what was written last is not in the store")))
            }
            (Err(replaced @ StoreError::Replaced(_)), Err(_)) => Err(replaced),
            (Err(StoreError::Unavailable { message, source }), Ok(_)) => Err(StoreError::OutcomeUnknown { message, source }),
            (Err(_), outcome) => outcome,
        }
    }
}
