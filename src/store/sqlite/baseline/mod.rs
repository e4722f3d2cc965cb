//! The raw SQLite baseline of `esctl bench`.

use std::hint::black_box;
use std::path::PathBuf;
use std::sync::Arc;

use rusqlite::CachedStatement;
use rusqlite::Connection;
use rusqlite::Rows;
use rusqlite::TransactionBehavior;
use rusqlite::params;
use rusqlite::types::ValueRef;

use crate::event::NewEvent;
use crate::event::StreamName;
use crate::store::answer::Answer;
use crate::store::baseline::Baseline;
use crate::store::options::OpenOptions;
use crate::store::sqlite::connection::Connector;
use crate::store::sqlite::error::SqlError;
use crate::store::sqlite::worker::Worker;

/// A separate connection to the file of a scratch store.
struct SqliteBaseline {
    worker: Worker,
}

/// Returns the baseline beside a store file. The file is not opened yet.
pub(crate) fn beside(path: PathBuf, options: &OpenOptions) -> Box<dyn Baseline> {
    let connector = Connector { path: Some(path), writes: true, busy_timeout: options.timeout };
    Box::new(SqliteBaseline { worker: Worker::new(connector, Arc::default()) })
}

impl Baseline for SqliteBaseline {
    fn append(&self, events: Vec<NewEvent>, batch: usize) -> Answer<()> {
        self.worker.run(move |lazy| lazy.with("cannot append to", |connection, _| append(connection, &events, batch)))
    }

    fn scan(&self) -> Answer<u64> {
        self.worker.run(|lazy| lazy.with("cannot read", |connection, _| scan(connection)))
    }

    fn load(&self, rows: Vec<(String, String)>, first: bool) -> Answer<()> {
        self.worker.run(move |lazy| lazy.with("cannot write to", |connection, _| load(connection, &rows, first)))
    }

    fn read_stream(&self, stream: StreamName) -> Answer<u64> {
        self.worker.run(move |lazy| lazy.with("cannot read", |connection, _| read_stream(connection, &stream)))
    }
}

fn append(connection: &mut Connection, events: &[NewEvent], batch: usize) -> Result<(), SqlError> {
    connection.execute_batch(include_str!("events.sql"))?;
    if batch == 1 {
        // Without BEGIN and COMMIT each insert is a commit.
        let mut statement = connection.prepare_cached(include_str!("insert.sql"))?;
        return events.iter().try_for_each(|event| insert(&mut statement, event));
    }
    for batch in events.chunks(batch) {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut statement = transaction.prepare_cached(include_str!("insert.sql"))?;
        batch.iter().try_for_each(|event| insert(&mut statement, event))?;
        drop(statement);
        transaction.commit()?;
    }
    Ok(())
}

fn insert(statement: &mut CachedStatement<'_>, event: &NewEvent) -> Result<(), SqlError> {
    let (data, metadata) = (event.data.as_str(), event.metadata.as_str());
    // Numbers and a hash of the same sizes as in the store.
    let hash = [0x5a_u8; 32];
    statement.execute(params![event.event_id.as_bytes(), 1000, 1000, 1, 1, i64::MAX >> 12, data, metadata, hash])?;
    Ok(())
}

fn scan(connection: &Connection) -> Result<u64, SqlError> {
    let mut statement = connection.prepare_cached(include_str!("scan.sql"))?;
    let columns = statement.column_count();
    step_through(statement.query([])?, columns)
}

fn load(connection: &mut Connection, rows: &[(String, String)], first: bool) -> Result<(), SqlError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if first {
        transaction.execute_batch(
            "DROP TABLE IF EXISTS bare_rows;
             CREATE TABLE bare_rows (key TEXT NOT NULL PRIMARY KEY, row TEXT NOT NULL) STRICT, WITHOUT ROWID",
        )?;
    }
    {
        let mut statement = transaction.prepare_cached("INSERT INTO bare_rows (key, row) VALUES (?1, ?2)")?;
        for (key, row) in rows {
            statement.execute(params![key, row])?;
        }
    }
    Ok(transaction.commit()?)
}

fn read_stream(connection: &Connection, stream: &StreamName) -> Result<u64, SqlError> {
    let mut statement = connection.prepare_cached(include_str!("read_stream.sql"))?;
    let columns = statement.column_count();
    step_through(statement.query([stream.as_str()])?, columns)
}

/// Reads each column of each row. Returns the number of rows.
fn step_through(mut rows: Rows<'_>, columns: usize) -> Result<u64, SqlError> {
    let mut events = 0;
    while let Some(row) = rows.next()? {
        for column in 0..columns {
            match row.get_ref(column)? {
                ValueRef::Integer(value) => drop(black_box(value)),
                ValueRef::Text(bytes) | ValueRef::Blob(bytes) => drop(black_box(bytes)),
                ValueRef::Null | ValueRef::Real(_) => {}
            }
        }
        events += 1;
    }
    Ok(events)
}
