//! The backend for SQLite: each job on the connection of a worker thread.

use std::path::PathBuf;
use std::sync::Arc;

use uuid::Uuid;

use crate::event::EventChunk;
use crate::event::Position;
use crate::event::RecordedEvent;
use crate::event::StreamName;
use crate::event::Timestamp;
use crate::event::Version;
use crate::store::append::BackendAnswer;
use crate::store::append::BackendAppend;
use crate::store::backend::Answer;
use crate::store::backend::Backend;
use crate::store::backend::Init;
use crate::store::end::StoreEnd;
use crate::store::failed_event::FailedEvent;
use crate::store::identity::LastSeen;
use crate::store::options::OpenOptions;
use crate::store::options::SystemClock;
use crate::store::read::Page;
use crate::store::read::ReadQuery;
use crate::store::read::StreamInfo;
use crate::store::read::StreamQuery;
use crate::store::read_model::ProjectionRecord;
use crate::store::read_model::ReadModel;
use crate::store::read_model::RowQuery;
use crate::store::read_model::RowsCommit;
use crate::store::record::Record;
use crate::store::schema::SchemaFault;
use crate::store::snapshot::Snapshot;
use crate::store::snapshot::SnapshotInfo;
use crate::store::snapshot::SnapshotQuery;
use crate::store::sqlite::append;
use crate::store::sqlite::connection::Connector;
use crate::store::sqlite::end;
use crate::store::sqlite::failed_events;
use crate::store::sqlite::read;
use crate::store::sqlite::read_models;
use crate::store::sqlite::records;
use crate::store::sqlite::schema;
use crate::store::sqlite::snapshots;
use crate::store::sqlite::statement;
use crate::store::sqlite::worker::Worker;

/// The number of readers beside the writer.
const READERS: usize = 2;

/// An event store in one SQLite file, or in memory.
pub struct Sqlite {
    writer: Worker,
    /// Empty in memory, where one connection serves all jobs.
    readers: Vec<Worker>,
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

    fn end(&self) -> Answer<StoreEnd> {
        self.reader().run(|lazy| lazy.read("cannot read", |connection, _| end::end(connection)))
    }

    fn append(&self, group: Vec<BackendAppend>, last_seen: Option<LastSeen>) -> Answer<Vec<BackendAnswer>> {
        let clock = Arc::clone(&self.clock);
        self.writer.run(move |lazy| {
            let append = |connection: &mut _, names: &mut _| append::append_group(connection, names, &clock, &group, last_seen);
            lazy.with("cannot append to", append)
        })
    }

    fn read(&self, query: ReadQuery, limit: usize, buffer: EventChunk) -> Answer<Page> {
        self.reader()
            .run(move |lazy| lazy.read("cannot read", |connection, names| read::read(connection, names, &query, limit, buffer)))
    }

    fn events_by_id(&self, ids: Vec<Uuid>) -> Answer<Vec<RecordedEvent>> {
        self.reader().run(move |lazy| lazy.read("cannot read", |connection, names| read::events_by_id(connection, names, &ids)))
    }

    fn stream_version(&self, stream: StreamName) -> Answer<Version> {
        self.reader().run(move |lazy| lazy.read("cannot read", |connection, _| read::version_of(connection, &stream)))
    }

    fn streams(&self, query: StreamQuery) -> Answer<Vec<StreamInfo>> {
        self.reader().run(move |lazy| lazy.read("cannot read", |connection, _| read::streams(connection, &query)))
    }

    fn size_bytes(&self) -> Answer<u64> {
        self.reader().run(|lazy| {
            lazy.read("cannot read", |connection, _| {
                let pages: i64 = connection.query_row("PRAGMA page_count", [], |row| row.get(0))?;
                let page_size: i64 = connection.query_row("PRAGMA page_size", [], |row| row.get(0))?;
                Ok((pages * page_size).unsigned_abs())
            })
        })
    }

    fn check(&self) -> Answer<Vec<String>> {
        self.reader().run(|lazy| {
            lazy.read("cannot check", |connection, _| {
                let mut statement = connection.prepare("PRAGMA integrity_check(20)")?;
                let lines = statement.query_map([], |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()?;
                let mut found: Vec<String> = lines.into_iter().filter(|line| line != "ok").collect();
                let mut statement = statement::prepare(connection, include_str!("sql/check_head.sql"))?;
                found.extend(statement.query_map([], |row| row.get(0))?.collect::<Result<Vec<String>, _>>()?);
                Ok(found)
            })
        })
    }

    fn check_read_models(&self) -> Answer<Vec<String>> {
        self.reader().run(|lazy| lazy.read("cannot check", |connection, _| read_models::check(connection)))
    }

    fn schema_faults(&self) -> Answer<Vec<SchemaFault>> {
        self.reader().run(|lazy| lazy.read("cannot read the schema of", |connection, _| schema::faults(connection)))
    }

    fn repair_schema(&self) -> Answer<Vec<String>> {
        self.writer.run(|lazy| lazy.repair())
    }

    fn put_snapshot(&self, snapshot: Snapshot) -> Answer<()> {
        self.writer.run(move |lazy| lazy.with("cannot write to", |connection, _| snapshots::put(connection, &snapshot)))
    }

    fn snapshot(&self, stream: StreamName, reducer: String, at_most: Version) -> Answer<Option<Snapshot>> {
        self.reader()
            .run(move |lazy| lazy.read("cannot read", |connection, _| snapshots::newest(connection, &stream, &reducer, at_most)))
    }

    fn snapshots(&self, query: SnapshotQuery) -> Answer<Vec<SnapshotInfo>> {
        self.reader().run(move |lazy| lazy.read("cannot read", |connection, _| snapshots::list(connection, &query)))
    }

    fn delete_snapshots(&self, snapshots: Vec<SnapshotInfo>) -> Answer<u64> {
        self.writer.run(move |lazy| lazy.with("cannot write to", |connection, _| snapshots::delete(connection, &snapshots)))
    }

    fn projections(&self) -> Answer<Vec<ProjectionRecord>> {
        self.reader().run(|lazy| lazy.read("cannot read", |connection, _| read_models::projections(connection)))
    }

    fn rows(&self, model: ReadModel, keys: Vec<String>) -> Answer<Vec<Option<String>>> {
        self.reader().run(move |lazy| lazy.read("cannot read", |connection, _| read_models::rows(connection, &model, &keys)))
    }

    fn commit_rows(&self, commit: RowsCommit) -> Answer<bool> {
        self.writer.run(move |lazy| lazy.with("cannot write to", |connection, _| read_models::commit(connection, &commit)))
    }

    fn failed_events(&self, model: ReadModel) -> Answer<Vec<FailedEvent>> {
        self.reader().run(move |lazy| lazy.read("cannot read", |connection, _| failed_events::failed_events(connection, &model)))
    }

    fn swap_read_model(&self, name: String, at: Position, indexed_fields: Vec<String>) -> Answer<bool> {
        self.writer.run(move |lazy| {
            lazy.with("cannot write to", |connection, _| read_models::swap(connection, &name, at, &indexed_fields))
        })
    }

    fn exchange_read_models(&self, name: String) -> Answer<bool> {
        self.writer.run(move |lazy| lazy.with("cannot write to", |connection, _| read_models::exchange(connection, &name)))
    }

    fn drop_read_model(&self, model: ReadModel) -> Answer<bool> {
        self.writer.run(move |lazy| lazy.with("cannot write to", |connection, _| read_models::drop_model(connection, &model)))
    }

    fn query_rows(&self, query: RowQuery) -> Answer<Vec<(String, String)>> {
        self.reader().run(move |lazy| lazy.read("cannot read", |connection, _| read_models::query(connection, &query)))
    }

    fn count_rows(&self, model: ReadModel) -> Answer<u64> {
        self.reader().run(move |lazy| lazy.read("cannot read", |connection, _| read_models::count(connection, &model)))
    }

    fn records(&self, kind: String) -> Answer<Vec<Record>> {
        self.reader().run(move |lazy| lazy.read("cannot read", |connection, _| records::records(connection, &kind)))
    }

    fn put_record(&self, record: Record) -> Answer<()> {
        self.writer.run(move |lazy| lazy.with("cannot write to", |connection, _| records::put_record(connection, &record)))
    }

    fn delete_record(&self, kind: String, name: String) -> Answer<bool> {
        self.writer
            .run(move |lazy| lazy.with("cannot write to", |connection, _| records::delete_record(connection, &kind, &name)))
    }
}
