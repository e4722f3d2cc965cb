//! The backend for PostgreSQL: each job on a connection of the worker thread.

use std::rc::Rc;
use std::sync::Arc;

use sqlx::AssertSqlSafe;
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
use crate::store::error::StoreError;
use crate::store::failed_event::FailedEvent;
use crate::store::identity::LastSeen;
use crate::store::options::OpenOptions;
use crate::store::postgres::catalog;
use crate::store::postgres::connector::Connector;
use crate::store::postgres::database::Database;
use crate::store::postgres::database::Task;
use crate::store::postgres::end;
use crate::store::postgres::error::SqlError;
use crate::store::postgres::failed_events;
use crate::store::postgres::fast_append::FastAppend;
use crate::store::postgres::for_version::for_version;
use crate::store::postgres::read;
use crate::store::postgres::read_models;
use crate::store::postgres::records;
use crate::store::postgres::session::Session;
use crate::store::postgres::snapshots;
use crate::store::postgres::streams;
use crate::store::postgres::url::PostgresUrl;
use crate::store::postgres::worker::Worker;
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
use crate::store::schema_state::SchemaState;
use crate::store::snapshot::Snapshot;
use crate::store::snapshot::SnapshotInfo;
use crate::store::snapshot::SnapshotQuery;

/// An event store in a schema of a PostgreSQL database.
pub struct Postgres {
    worker: Arc<Worker>,
    fast_append: Arc<FastAppend>,
    place: String,
}

impl Postgres {
    /// Returns the store at a URL. Sends no request yet. The timeout bounds connecting, waiting for locks, and each
    /// statement.
    pub(crate) fn new(url: &PostgresUrl, options: &OpenOptions) -> Self {
        let connector = Connector::new(url, options);
        let fast_append = Arc::new(FastAppend::new(connector.clone(), options.callers_have_io));
        Self { worker: Arc::new(Worker::new(connector)), fast_append, place: url.place() }
    }

    /// Removes the schema with everything in it, if it exists.
    pub(crate) fn remove(&self) -> Answer<()> {
        self.worker.write(|database| async move {
            let schema = database.pool.connector.url().schema().to_owned();
            // As a job that reads: it does not create a missing store first.
            let removed = database
                .run_long(Task::Read, "cannot remove", async move |session: &mut Session| {
                    let sql = format!("SET LOCAL client_min_messages = warning; DROP SCHEMA IF EXISTS \"{schema}\" CASCADE");
                    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut session.connection).await?;
                    Ok(())
                })
                .await;
            match removed {
                Err(StoreError::NoStore(_)) => Ok(()),
                removed => removed,
            }
        })
    }

    fn reading<T: Send + 'static>(
        &self,
        job: impl AsyncFnMut(&mut Session) -> Result<T, SqlError> + Send + 'static,
    ) -> Answer<T> {
        self.worker.read(move |database| async move { database.run(Task::Read, "cannot read", job).await })
    }

    fn writing<T: Send + 'static>(
        &self,
        task: Task,
        job: impl AsyncFnMut(&mut Session) -> Result<T, SqlError> + Send + 'static,
    ) -> Answer<T> {
        self.worker.write(move |database| async move { database.run(task, "cannot write to", job).await })
    }
}

async fn read_page(database: Rc<Database>, query: ReadQuery, limit: usize, buffer: EventChunk) -> Result<Page, StoreError> {
    let event_bytes = database.event_bytes.get();
    let mut buffer = Some(buffer);
    let job =
        async |session: &mut Session| read::read(session, &query, limit, event_bytes, buffer.take().unwrap_or_default()).await;
    let page = database.run(Task::Read, "cannot read", job).await?;
    if !page.events.is_empty() {
        database.event_bytes.set(read::average(&page.events));
    }
    Ok(page)
}

impl Backend for Postgres {
    fn kind(&self) -> &'static str {
        "PostgreSQL"
    }

    fn place(&self) -> String {
        self.place.clone()
    }

    fn server_clock(&self) -> Answer<Option<Timestamp>> {
        self.worker.read(|database| async move { database.server_clock().await.map(Some) })
    }

    fn init(&self) -> Answer<Init> {
        self.worker.write(|database| async move { database.init().await })
    }

    fn end(&self) -> Answer<StoreEnd> {
        self.reading(async |session: &mut Session| end::end(session).await)
    }

    fn append(&self, group: Vec<BackendAppend>, last_seen: Option<LastSeen>) -> Answer<Vec<BackendAnswer>> {
        let (fast_append, worker) = (Arc::clone(&self.fast_append), Arc::clone(&self.worker));
        Box::pin(async move { fast_append.append(&worker, group, last_seen).await })
    }

    fn read(&self, query: ReadQuery, limit: usize, buffer: EventChunk) -> Answer<Page> {
        self.worker.read(move |database| read_page(database, query, limit, buffer))
    }

    fn events_by_id(&self, ids: Vec<Uuid>) -> Answer<Vec<RecordedEvent>> {
        let job = async move |session: &mut Session| read::events_by_id(session, ids.clone()).await;
        self.worker.read(move |database| async move {
            let events = database.run(Task::Read, "cannot read", job).await?;
            database.note(events.iter().map(|event| event.position).max());
            Ok(events)
        })
    }

    fn stream_version(&self, stream: StreamName) -> Answer<Version> {
        self.reading(async move |session: &mut Session| end::version_of(session, &stream).await)
    }

    fn streams(&self, query: StreamQuery) -> Answer<Vec<StreamInfo>> {
        self.reading(async move |session: &mut Session| streams::streams(session, &query).await)
    }

    fn size_bytes(&self) -> Answer<u64> {
        self.reading(async |session: &mut Session| {
            let bytes: i64 = session.query_scalar(include_str!("sql/size.sql")).fetch_one(&mut session.connection).await?;
            Ok(bytes.unsigned_abs())
        })
    }

    fn may_lag(&self) -> Answer<bool> {
        self.reading(async |session: &mut Session| {
            Ok(session.query_scalar(include_str!("sql/may_lag.sql")).fetch_one(&mut session.connection).await?)
        })
    }

    fn check(&self) -> Answer<Vec<String>> {
        let job = async |session: &mut Session| {
            let sql = AssertSqlSafe(for_version(session.found, include_str!("sql/check.sql")));
            Ok(session.query_scalar(sql).fetch_all(&mut session.connection).await?)
        };
        self.worker.read(move |database| async move { database.run_long(Task::Read, "cannot check", job).await })
    }

    fn check_read_models(&self) -> Answer<Vec<String>> {
        self.reading(async |session: &mut Session| read_models::check(session).await)
    }

    fn schema_faults(&self) -> Answer<Vec<SchemaFault>> {
        self.reading(async |session: &mut Session| match session.found {
            // The first write migrates an older store.
            SchemaState::Older(_) => Ok(Vec::new()),
            _ => Ok(catalog::faults(session).await?.unwrap_or_default()),
        })
    }

    fn repair_schema(&self) -> Answer<Vec<String>> {
        self.worker.write(|database| async move {
            let schema = database.pool.connector.url().schema().to_owned();
            let job = async move |session: &mut Session| catalog::repair(session, &schema).await;
            database.run_long(Task::Read, "cannot repair the schema of", job).await
        })
    }

    fn put_snapshot(&self, snapshot: Snapshot) -> Answer<()> {
        self.writing(Task::WriteAgain, async move |session: &mut Session| snapshots::put(session, &snapshot).await)
    }

    fn snapshot(&self, stream: StreamName, reducer: String, at_most: Version) -> Answer<Option<Snapshot>> {
        self.reading(async move |session: &mut Session| snapshots::newest(session, &stream, &reducer, at_most).await)
    }

    fn snapshots(&self, query: SnapshotQuery) -> Answer<Vec<SnapshotInfo>> {
        self.reading(async move |session: &mut Session| snapshots::list(session, &query).await)
    }

    fn delete_snapshots(&self, snapshots: Vec<SnapshotInfo>) -> Answer<u64> {
        self.writing(Task::Write, async move |session: &mut Session| snapshots::delete(session, &snapshots).await)
    }

    fn projections(&self) -> Answer<Vec<ProjectionRecord>> {
        self.reading(async |session: &mut Session| read_models::projections(session).await)
    }

    fn rows(&self, model: ReadModel, keys: Vec<String>) -> Answer<Vec<Option<String>>> {
        self.reading(async move |session: &mut Session| read_models::rows(session, &model, &keys).await)
    }

    fn commit_rows(&self, commit: RowsCommit) -> Answer<bool> {
        self.writing(Task::Write, async move |session: &mut Session| read_models::commit(session, &commit).await)
    }

    fn failed_events(&self, model: ReadModel) -> Answer<Vec<FailedEvent>> {
        self.reading(async move |session: &mut Session| failed_events::failed_events(session, &model).await)
    }

    fn swap_read_model(&self, name: String, at: Position, indexed_fields: Vec<String>) -> Answer<bool> {
        let job = async move |session: &mut Session| read_models::swap(session, &name, at, &indexed_fields).await;
        self.worker.write(move |database| async move { database.run_long(Task::Write, "cannot write to", job).await })
    }

    fn exchange_read_models(&self, name: String) -> Answer<bool> {
        self.writing(Task::Write, async move |session: &mut Session| read_models::exchange(session, &name).await)
    }

    fn drop_read_model(&self, model: ReadModel) -> Answer<bool> {
        self.writing(Task::Write, async move |session: &mut Session| read_models::drop_model(session, &model).await)
    }

    fn query_rows(&self, query: RowQuery) -> Answer<Vec<(String, String)>> {
        self.reading(async move |session: &mut Session| read_models::query(session, &query).await)
    }

    fn count_rows(&self, model: ReadModel) -> Answer<u64> {
        self.reading(async move |session: &mut Session| read_models::count(session, &model).await)
    }

    fn records(&self, kind: String) -> Answer<Vec<Record>> {
        self.reading(async move |session: &mut Session| records::records(session, &kind).await)
    }

    fn put_record(&self, record: Record) -> Answer<()> {
        self.writing(Task::WriteAgain, async move |session: &mut Session| records::put_record(session, &record).await)
    }

    fn delete_record(&self, kind: String, name: String) -> Answer<bool> {
        self.writing(Task::Write, async move |session: &mut Session| records::delete_record(session, &kind, &name).await)
    }
}
