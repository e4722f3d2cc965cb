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

use crate::event::StreamName;
use crate::store::answer::Answer;
use crate::store::baseline::Baseline;
use crate::store::baseline::BaselineEvent;
use crate::store::baseline::BaselineWork;
use crate::store::options::OpenOptions;
use crate::store::sqlite::connection::Connector;
use crate::store::sqlite::error::SqlError;
use crate::store::sqlite::worker::Worker;

/// Inserts a row of a read model.
const INSERT_ROW: &str = "INSERT INTO bare_rows (key, row) VALUES (?1, ?2)";

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
    fn prepare(&self, indexed: bool) -> Answer<()> {
        self.worker.run(move |lazy| lazy.with("cannot create a table in", |connection, _| prepare(connection, indexed)))
    }

    fn append(&self, events: Vec<BaselineEvent>, commit: usize) -> Answer<()> {
        self.worker.run(move |lazy| lazy.with("cannot append to", |connection, _| append(connection, &events, commit)))
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

    fn statement(&self, work: BaselineWork) -> &'static str {
        match work {
            BaselineWork::Insert | BaselineWork::InsertMany => include_str!("insert.sql"),
            BaselineWork::Scan => include_str!("scan.sql"),
            BaselineWork::ReadStream => include_str!("read_stream.sql"),
            BaselineWork::Load => INSERT_ROW,
        }
    }
}

fn prepare(connection: &mut Connection, indexed: bool) -> Result<(), SqlError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute_batch(include_str!("events.sql"))?;
    if indexed {
        transaction.execute_batch(include_str!("indexes.sql"))?;
    }
    transaction.execute_batch(include_str!("copy.sql"))?;
    Ok(transaction.commit()?)
}

fn append(connection: &mut Connection, events: &[BaselineEvent], commit: usize) -> Result<(), SqlError> {
    if commit == 1 {
        // Without BEGIN and COMMIT each insert is a commit.
        let mut statement = connection.prepare_cached(include_str!("insert.sql"))?;
        return events.iter().try_for_each(|event| insert(&mut statement, event));
    }
    for batch in events.chunks(commit) {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut statement = transaction.prepare_cached(include_str!("insert.sql"))?;
        batch.iter().try_for_each(|event| insert(&mut statement, event))?;
        drop(statement);
        transaction.commit()?;
    }
    Ok(())
}

fn insert(statement: &mut CachedStatement<'_>, event: &BaselineEvent) -> Result<(), SqlError> {
    let BaselineEvent { number, version, event, .. } = event;
    let (data, metadata) = (event.data.as_str(), event.metadata.as_str());
    // A time and a hash of the same sizes as in the store. Streams have the numbers that the store gives them.
    let (hash, time) = ([0x5a_u8; 32], i64::MAX >> 12);
    statement.execute(params![event.event_id.as_bytes(), number + 1, version.0, 1, 1, time, data, metadata, hash])?;
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
        let mut statement = transaction.prepare_cached(INSERT_ROW)?;
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
