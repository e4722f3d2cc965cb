//! The backend for SQLite: each job on the connection of a worker thread.

use std::path::PathBuf;
use std::sync::Arc;

use rusqlite::Connection;

use crate::event::Timestamp;
use crate::store::answer::Answer;
use crate::store::backend::Backend;
use crate::store::backend::Init;
use crate::store::options::OpenOptions;
use crate::store::options::SystemClock;
use crate::store::schema::SchemaFault;
use crate::store::sqlite::connection::Connector;
use crate::store::sqlite::error::SqlError;
use crate::store::sqlite::names::Names;
use crate::store::sqlite::schema;
use crate::store::sqlite::statement;
use crate::store::sqlite::worker::Worker;

/// The number of readers beside the writer.
const READERS: usize = 2;

/// An event store in one SQLite file, or in memory.
pub struct Sqlite {
    writer: Worker,
    /// Empty in memory, where one connection serves all jobs.
    pub(crate) readers: Vec<Worker>,
    place: String,
    clock: SystemClock,
}

impl Sqlite {
    /// Returns the store in a file, which is not opened yet. The timeout is the longest wait for the lock of another
    /// process.
    pub fn file(path: PathBuf, options: &OpenOptions) -> Self {
        let place = path.display().to_string();
        let connector = |writes| Connector { path: Some(path.clone()), writes, busy_timeout: options.timeout };
        let first = Arc::default();
        let worker = |writes| Worker::new(connector(writes), Arc::clone(&first));
        let readers = (0..READERS).map(|_| worker(false)).collect();
        Self { writer: worker(true), readers, place, clock: Arc::clone(&options.clock) }
    }

    /// Returns a store in memory, which ends with this value.
    pub fn memory(options: &OpenOptions) -> Self {
        let connector = Connector { path: None, writes: true, busy_timeout: options.timeout };
        let (writer, clock) = (Worker::new(connector, Arc::default()), Arc::clone(&options.clock));
        Self { writer, readers: Vec::new(), place: ":memory:".into(), clock }
    }

    /// Returns the reader with the fewest jobs. While all are idle that is the first one, so a short command opens only
    /// one.
    fn reader(&self) -> &Worker {
        self.readers.iter().min_by_key(|reader| reader.load()).unwrap_or(&self.writer)
    }

    /// Runs a job that reads.
    pub(in crate::store::sqlite) fn reading<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Connection, &mut Names) -> Result<T, SqlError> + Send + 'static,
    ) -> Answer<T> {
        self.reader().run(|lazy| lazy.read("cannot read", |connection, names| job(connection, names)))
    }

    /// Runs a job that looks for damage.
    pub(in crate::store::sqlite) fn checking<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Connection) -> Result<T, SqlError> + Send + 'static,
    ) -> Answer<T> {
        self.reader().run(|lazy| lazy.read("cannot check", |connection, _| job(connection)))
    }

    /// Runs a job that writes other things than events.
    pub(in crate::store::sqlite) fn writing<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Connection) -> Result<T, SqlError> + Send + 'static,
    ) -> Answer<T> {
        self.writer.run(|lazy| lazy.with("cannot write to", |connection, _| job(connection)))
    }

    /// Runs a job that appends events, with the time of the store's clock.
    pub(in crate::store::sqlite) fn appending<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Connection, &mut Names, &SystemClock) -> Result<T, SqlError> + Send + 'static,
    ) -> Answer<T> {
        let clock = Arc::clone(&self.clock);
        self.writer.run(move |lazy| lazy.with("cannot append to", |connection, names| job(connection, names, &clock)))
    }
}

impl Backend for Sqlite {
    fn kind(&self) -> &'static str {
        "SQLite"
    }

    fn place(&self) -> String {
        self.place.clone()
    }

    fn server_clock(&self) -> Answer<Option<Timestamp>> {
        Box::pin(async { Ok(None) })
    }

    fn init(&self) -> Answer<Init> {
        self.writer.run(|lazy| lazy.init())
    }

    fn size_bytes(&self) -> Answer<u64> {
        self.reading(|connection, _| {
            let pages: i64 = connection.query_row("PRAGMA page_count", [], |row| row.get(0))?;
            let page_size: i64 = connection.query_row("PRAGMA page_size", [], |row| row.get(0))?;
            Ok((pages * page_size).unsigned_abs())
        })
    }

    fn check(&self) -> Answer<Vec<String>> {
        self.checking(|connection| {
            let mut statement = connection.prepare("PRAGMA integrity_check(20)")?;
            let lines = statement.query_map([], |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()?;
            let mut found: Vec<String> = lines.into_iter().filter(|line| line != "ok").collect();
            let mut statement = statement::prepare(connection, include_str!("sql/check_head.sql"))?;
            found.extend(statement.query_map([], |row| row.get(0))?.collect::<Result<Vec<String>, _>>()?);
            Ok(found)
        })
    }

    fn schema_faults(&self) -> Answer<Vec<SchemaFault>> {
        self.reader().run(|lazy| lazy.read("cannot read the schema of", |connection, _| schema::faults(connection)))
    }

    fn repair_schema(&self) -> Answer<Vec<String>> {
        self.writer.run(|lazy| lazy.repair())
    }
}
