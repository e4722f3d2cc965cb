//! The backend for MongoDB: each job on the worker thread.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::sync::OnceCell;
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
use crate::store::clock::TOO_LATE_FOR_MONGODB;
use crate::store::end::StoreEnd;
use crate::store::error::StoreError;
use crate::store::failed_event::FailedEvent;
use crate::store::identity::LastSeen;
use crate::store::mongodb::append::Appender;
use crate::store::mongodb::by_id;
use crate::store::mongodb::check;
use crate::store::mongodb::connection::Connection;
use crate::store::mongodb::end;
use crate::store::mongodb::existence;
use crate::store::mongodb::indexes;
use crate::store::mongodb::projection;
use crate::store::mongodb::projection::ConsistentRead;
use crate::store::mongodb::read;
use crate::store::mongodb::read::OpenCursors;
use crate::store::mongodb::read_models;
use crate::store::mongodb::records;
use crate::store::mongodb::rows;
use crate::store::mongodb::schema;
use crate::store::mongodb::snapshots;
use crate::store::mongodb::streams;
use crate::store::mongodb::url::MongoUrl;
use crate::store::mongodb::view;
use crate::store::mongodb::worker::Worker;
use crate::store::options::OpenOptions;
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
use crate::store::schema::check_writable;
use crate::store::snapshot::Snapshot;
use crate::store::snapshot::SnapshotInfo;
use crate::store::snapshot::SnapshotQuery;

/// An event store in one MongoDB database.
pub struct MongoDb {
    shared: Arc<Shared>,
    worker: Worker,
}

struct Shared {
    url: MongoUrl,
    options: OpenOptions,
    connection: OnceCell<Connection>,
    appender: Mutex<Appender>,
    cursors: OpenCursors,
}

impl Shared {
    async fn connection(&self) -> Result<&Connection, StoreError> {
        self.connection.get_or_try_init(|| Connection::open(&self.url, &self.options)).await
    }

    /// Returns the connection for a job that reads.
    async fn reading(&self) -> Result<&Connection, StoreError> {
        let connection = self.connection().await?;
        existence::check_exists(connection).await?;
        Ok(connection)
    }

    /// Returns the connection for a job that writes. A store that this process has seen is not created again.
    async fn writing(&self, last_seen: Option<LastSeen>) -> Result<&Connection, StoreError> {
        let connection = self.connection().await?;
        existence::create(connection, last_seen).await?;
        if connection.indexes_complete(false) {
            return Ok(connection);
        }
        // Before the first write: without an index an event could be appended twice.
        let mut faults = indexes::faults(connection).await?;
        if faults.iter().any(|fault| fault.blocks) {
            // The store may have been removed.
            existence::create_again(connection, last_seen).await?;
            faults = indexes::faults(connection).await?;
        }
        check_writable(&connection.place, &faults)?;
        connection.indexes_complete(true);
        Ok(connection)
    }

    async fn append(&self, group: Vec<BackendAppend>, last_seen: Option<LastSeen>) -> Result<Vec<BackendAnswer>, StoreError> {
        let connection = self.writing(last_seen).await?;
        self.appender.lock().await.append(connection, group, last_seen).await
    }
}

impl MongoDb {
    /// Returns the store at a URL. Sends no request yet. The timeout bounds waiting for the server.
    pub(crate) fn new(url: MongoUrl, options: OpenOptions) -> Self {
        let shared =
            Shared { url, options, connection: OnceCell::new(), appender: Mutex::default(), cursors: OpenCursors::default() };
        Self { shared: Arc::new(shared), worker: Worker::default() }
    }

    /// Removes the database with everything in it, if it exists.
    pub(crate) fn remove(&self) -> Answer<()> {
        let shared = Arc::clone(&self.shared);
        self.worker.write_within(self.patience(), async move { schema::remove(shared.connection().await?).await })
    }

    /// Returns the longest wait for a write of several steps other than an append. (A swap may build indexes without a
    /// limit.)
    fn patience(&self) -> Duration {
        self.shared.options.timeout * 10
    }
}

impl Backend for MongoDb {
    fn kind(&self) -> &'static str {
        "MongoDB"
    }

    fn place(&self) -> String {
        self.shared.url.to_string()
    }

    fn server_clock(&self) -> Answer<Option<Timestamp>> {
        let shared = Arc::clone(&self.shared);
        self.worker.read(async move { shared.connection().await?.server_clock().await.map(Some) })
    }

    fn end_of_time(&self) -> Timestamp {
        TOO_LATE_FOR_MONGODB
    }

    fn init(&self) -> Answer<Init> {
        let shared = Arc::clone(&self.shared);
        self.worker.write_within(self.patience(), async move { existence::create(shared.connection().await?, None).await })
    }

    fn end(&self) -> Answer<StoreEnd> {
        let shared = Arc::clone(&self.shared);
        self.worker.read(async move { end::end(shared.reading().await?).await })
    }

    fn append(&self, group: Vec<BackendAppend>, last_seen: Option<LastSeen>) -> Answer<Vec<BackendAnswer>> {
        let shared = Arc::clone(&self.shared);
        self.worker.write(async move { shared.append(group, last_seen).await })
    }

    fn read(&self, query: ReadQuery, limit: usize, buffer: EventChunk) -> Answer<Page> {
        let shared = Arc::clone(&self.shared);
        self.worker.read(async move { read::read(shared.reading().await?, &shared.cursors, query, limit, buffer).await })
    }

    fn events_by_id(&self, ids: Vec<Uuid>) -> Answer<Vec<RecordedEvent>> {
        let shared = Arc::clone(&self.shared);
        self.worker.read(async move { by_id::events_by_id(shared.reading().await?, &ids).await })
    }

    fn stream_version(&self, stream: StreamName) -> Answer<Version> {
        let shared = Arc::clone(&self.shared);
        self.worker.read(async move { streams::stream_version(shared.reading().await?, &stream).await })
    }

    fn streams(&self, query: StreamQuery) -> Answer<Vec<StreamInfo>> {
        let shared = Arc::clone(&self.shared);
        self.worker.read(async move { streams::streams(shared.reading().await?, &query).await })
    }

    fn size_bytes(&self) -> Answer<u64> {
        let shared = Arc::clone(&self.shared);
        self.worker.read(async move { check::size_bytes(shared.reading().await?).await })
    }

    fn may_lag(&self) -> Answer<bool> {
        let shared = Arc::clone(&self.shared);
        self.worker.read(async move { check::may_lag(shared.reading().await?).await })
    }

    fn check(&self) -> Answer<Vec<String>> {
        let shared = Arc::clone(&self.shared);
        self.worker.read(async move { check::check(shared.reading().await?).await })
    }

    fn check_read_models(&self) -> Answer<Vec<String>> {
        let shared = Arc::clone(&self.shared);
        self.worker.read(async move { projection::check(shared.reading().await?).await })
    }

    fn schema_faults(&self) -> Answer<Vec<SchemaFault>> {
        let shared = Arc::clone(&self.shared);
        self.worker.read(async move {
            let connection = shared.reading().await?;
            // The first write migrates an older store.
            if existence::is_older(connection).await? { Ok(Vec::new()) } else { indexes::faults(connection).await }
        })
    }

    fn repair_schema(&self) -> Answer<Vec<String>> {
        let shared = Arc::clone(&self.shared);
        // Building an index has no time limit.
        self.worker.write(async move { indexes::repair(shared.reading().await?).await })
    }

    fn put_snapshot(&self, snapshot: Snapshot) -> Answer<()> {
        let shared = Arc::clone(&self.shared);
        self.worker.write_within(self.patience(), async move { snapshots::put(shared.writing(None).await?, &snapshot).await })
    }

    fn snapshot(&self, stream: StreamName, reducer: String, at_most: Version) -> Answer<Option<Snapshot>> {
        let shared = Arc::clone(&self.shared);
        self.worker.read(async move { snapshots::newest(shared.reading().await?, &stream, &reducer, at_most).await })
    }

    fn snapshots(&self, query: SnapshotQuery) -> Answer<Vec<SnapshotInfo>> {
        let shared = Arc::clone(&self.shared);
        self.worker.read(async move { snapshots::list(shared.reading().await?, &query).await })
    }

    fn delete_snapshots(&self, snapshots: Vec<SnapshotInfo>) -> Answer<u64> {
        let shared = Arc::clone(&self.shared);
        self.worker.write_within(self.patience(), async move { snapshots::delete(shared.writing(None).await?, &snapshots).await })
    }

    fn projections(&self) -> Answer<Vec<ProjectionRecord>> {
        let shared = Arc::clone(&self.shared);
        self.worker.read(async move {
            let connection = shared.reading().await?;
            let (records, live) = projection::projections(connection).await?;
            if let Err(error) = view::repair(connection, &live).await {
                tracing::warn!(%error, "cannot compare the views of read models with their rows");
            }
            Ok(records)
        })
    }

    fn rows(&self, model: ReadModel, keys: Vec<String>) -> Answer<Vec<Option<String>>> {
        let shared = Arc::clone(&self.shared);
        self.worker.read(async move {
            let connection = shared.reading().await?;
            let mut reading = ConsistentRead::begin(connection, model).await?;
            while let Some(state) = &reading.state {
                let found = rows::by_key(connection, state, &keys).await;
                if let Some(found) = reading.end(found).await? {
                    return Ok(found);
                }
            }
            Ok(vec![None; keys.len()])
        })
    }

    fn commit_rows(&self, commit: RowsCommit) -> Answer<bool> {
        let shared = Arc::clone(&self.shared);
        self.worker.write_within(self.patience(), async move { read_models::commit(shared.writing(None).await?, &commit).await })
    }

    fn failed_events(&self, model: ReadModel) -> Answer<Vec<FailedEvent>> {
        let shared = Arc::clone(&self.shared);
        self.worker.read(async move {
            let state = projection::state(shared.reading().await?, &model).await?;
            Ok(state.map(|state| state.failed_events).unwrap_or_default())
        })
    }

    fn swap_read_model(&self, name: String, at: Position, indexed_fields: Vec<String>) -> Answer<bool> {
        let shared = Arc::clone(&self.shared);
        self.worker.write(async move { read_models::swap(shared.writing(None).await?, &name, at, &indexed_fields).await })
    }

    fn exchange_read_models(&self, name: String) -> Answer<bool> {
        let shared = Arc::clone(&self.shared);
        self.worker.write_within(self.patience(), async move { read_models::exchange(shared.writing(None).await?, &name).await })
    }

    fn drop_read_model(&self, model: ReadModel) -> Answer<bool> {
        let shared = Arc::clone(&self.shared);
        self.worker
            .write_within(self.patience(), async move { read_models::drop_model(shared.writing(None).await?, &model).await })
    }

    fn query_rows(&self, query: RowQuery) -> Answer<Vec<(String, String)>> {
        let shared = Arc::clone(&self.shared);
        self.worker.read(async move {
            let connection = shared.reading().await?;
            let mut reading = ConsistentRead::begin(connection, query.model()).await?;
            while let Some(state) = &reading.state {
                let found = rows::query(connection, state, &query).await;
                if let Some(found) = reading.end(found).await? {
                    return Ok(found);
                }
            }
            Ok(Vec::new())
        })
    }

    fn count_rows(&self, model: ReadModel) -> Answer<u64> {
        let shared = Arc::clone(&self.shared);
        self.worker.read(async move {
            let connection = shared.reading().await?;
            let mut reading = ConsistentRead::begin(connection, model).await?;
            while let Some(state) = &reading.state {
                let found = rows::count(connection, state).await;
                if let Some(found) = reading.end(found).await? {
                    return Ok(found);
                }
            }
            Ok(0)
        })
    }

    fn records(&self, kind: String) -> Answer<Vec<Record>> {
        let shared = Arc::clone(&self.shared);
        self.worker.read(async move { records::records(shared.reading().await?, &kind).await })
    }

    fn put_record(&self, record: Record) -> Answer<()> {
        let shared = Arc::clone(&self.shared);
        self.worker.write_within(self.patience(), async move { records::put(shared.writing(None).await?, &record).await })
    }

    fn delete_record(&self, kind: String, name: String) -> Answer<bool> {
        let shared = Arc::clone(&self.shared);
        self.worker.write_within(self.patience(), async move { records::delete(shared.writing(None).await?, &kind, &name).await })
    }
}
