//! A store over another one: it takes no writes, as a standby or for a user with rights to read only, or it counts the calls.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::Mutex;

use esctl::event::EventChunk;
use esctl::event::Position;
use esctl::event::RecordedEvent;
use esctl::event::StreamName;
use esctl::event::Timestamp;
use esctl::event::Version;
use esctl::store::Answer;
use esctl::store::Backend;
use esctl::store::BackendAnswer;
use esctl::store::BackendAppend;
use esctl::store::EventLog;
use esctl::store::FailedEvent;
use esctl::store::Init;
use esctl::store::LastSeen;
use esctl::store::Page;
use esctl::store::ProjectionRecord;
use esctl::store::ReadModel;
use esctl::store::ReadModels;
use esctl::store::ReadQuery;
use esctl::store::ReadSource;
use esctl::store::Record;
use esctl::store::Records;
use esctl::store::RowLoad;
use esctl::store::RowQuery;
use esctl::store::RowsCommit;
use esctl::store::SchemaFault;
use esctl::store::Snapshot;
use esctl::store::SnapshotInfo;
use esctl::store::SnapshotQuery;
use esctl::store::Snapshots;
use esctl::store::Store;
use esctl::store::StoreEnd;
use esctl::store::StoreError;
use esctl::store::StreamInfo;
use esctl::store::StreamQuery;
use uuid::Uuid;

use crate::conformance::kit::TIMEOUT;

/// The calls of a store by their names.
pub type Calls = Arc<Mutex<BTreeMap<&'static str, u64>>>;

/// Returns the same store for a caller that may not write.
pub fn read_only(store: &Store) -> Store {
    Store::new(Arc::new(Wrapped { store: store.clone(), writes: false, calls: Calls::default() }), TIMEOUT)
}

/// Returns a store that counts the calls for read models and records, over the same events. It appends nothing.
pub fn counting(store: &Store) -> (Store, Calls) {
    let calls = Calls::default();
    let wrapped = Wrapped { store: store.clone(), writes: true, calls: Arc::clone(&calls) };
    (Store::new(Arc::new(wrapped), TIMEOUT), calls)
}

struct Wrapped {
    store: Store,
    writes: bool,
    calls: Calls,
}

fn refused<T: Send + 'static>() -> Answer<T> {
    Box::pin(async { Err(StoreError::NotAllowed { message: "this store cannot be written".into(), source: None }) })
}

impl Wrapped {
    fn ask<T, F>(&self, question: impl FnOnce(Store) -> F) -> Answer<T>
    where
        F: Future<Output = Result<T, StoreError>> + Send + 'static,
    {
        Box::pin(question(self.store.clone()))
    }

    fn count(&self, name: &'static str) {
        *self.calls.lock().unwrap().entry(name).or_default() += 1;
    }

    fn write<T, F>(&self, name: &'static str, work: impl FnOnce(Store) -> F) -> Answer<T>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, StoreError>> + Send + 'static,
    {
        self.count(name);
        if self.writes { self.ask(work) } else { refused() }
    }
}

impl EventLog for Wrapped {
    fn end(&self) -> Answer<StoreEnd> {
        self.ask(|store| async move { store.end().await })
    }

    fn append(&self, _: Vec<BackendAppend>, _: Option<LastSeen>) -> Answer<Vec<BackendAnswer>> {
        refused()
    }

    fn read(&self, mut query: ReadQuery, limit: usize, mut buffer: EventChunk) -> Answer<Page> {
        self.ask(|store| async move {
            buffer.clear();
            let highest = match &query.source {
                ReadSource::All => store.head().await?.position.0,
                ReadSource::Stream(stream) => store.stream_version(stream.clone()).await?.0,
            };
            let to = query.to;
            if query.categories.is_empty() && query.types.is_empty() && !query.backwards {
                query.to = to.min(query.from.saturating_add(limit as u64 - 1));
            }
            let last = highest.min(query.to);
            let end = last == highest.min(to);
            let looked_at = (last + 1).saturating_sub(query.from);
            let first = if looked_at > 0 { query.from } else { 0 };
            let mut scan = store.scan(query);
            while let Some(chunk) = scan.next().await? {
                chunk.iter().for_each(|event| buffer.push(&event));
            }
            Ok(Page {
                events: buffer,
                looked_at,
                first,
                last,
                highest,
                end,
                quarantine: Version::ZERO,
                token: None,
                damage: None,
            })
        })
    }

    fn events_by_id(&self, ids: Vec<Uuid>) -> Answer<Vec<RecordedEvent>> {
        self.ask(|store| async move { store.events_by_id(ids).await })
    }

    fn stream_version(&self, stream: StreamName) -> Answer<Version> {
        self.ask(|store| async move { store.stream_version(stream).await })
    }

    fn streams(&self, query: StreamQuery) -> Answer<Vec<StreamInfo>> {
        self.ask(|store| async move { store.streams(query).await })
    }
}

impl ReadModels for Wrapped {
    fn projections(&self) -> Answer<Vec<ProjectionRecord>> {
        self.ask(|store| async move { store.projections().await })
    }

    fn check_read_models(&self) -> Answer<Vec<String>> {
        self.ask(|store| async move { store.check_read_models().await })
    }

    fn rows(&self, model: ReadModel, keys: Vec<String>) -> Answer<Vec<Option<String>>> {
        self.count("rows");
        self.ask(|store| async move { store.rows(model, keys).await })
    }

    fn query_rows(&self, query: RowQuery) -> Answer<Vec<(String, String)>> {
        self.ask(|store| async move { store.query_rows(query).await })
    }

    fn count_rows(&self, model: ReadModel) -> Answer<u64> {
        self.ask(|store| async move { store.count_rows(model).await })
    }

    fn failed_events(&self, model: ReadModel) -> Answer<Vec<FailedEvent>> {
        self.ask(|store| async move { store.failed_events(model).await })
    }

    fn commit_rows(&self, commit: RowsCommit) -> Answer<bool> {
        self.write("commit_rows", |store| async move { store.commit_rows(commit).await })
    }

    fn begin_load(&self, load: RowLoad) -> Answer<()> {
        self.write("begin_load", |store| async move { store.begin_load(&load).await })
    }

    fn load_rows(&self, mut load: RowLoad, rows: Vec<(String, String)>) -> Answer<bool> {
        self.write("load_rows", |store| async move { store.load_rows(&mut load, rows).await })
    }

    fn finish_load(&self, load: RowLoad, commit: RowsCommit) -> Answer<bool> {
        self.write("finish_load", |store| async move { store.finish_load(&load, commit).await })
    }

    fn swap_read_model(&self, name: String, at: Position, indexed_fields: Vec<String>) -> Answer<bool> {
        self.write("swap_read_model", |store| async move { store.swap_read_model(&name, at, indexed_fields).await })
    }

    fn exchange_read_models(&self, _: String) -> Answer<bool> {
        refused()
    }

    fn drop_read_model(&self, model: ReadModel) -> Answer<bool> {
        self.write("drop_read_model", |store| async move { store.drop_read_model(model).await })
    }
}

impl Snapshots for Wrapped {
    fn put_snapshot(&self, _: Snapshot) -> Answer<()> {
        refused()
    }

    fn snapshot(&self, stream: StreamName, reducer: String, at_most: Version) -> Answer<Option<Snapshot>> {
        self.ask(|store| async move { store.snapshot(stream, reducer, at_most).await })
    }

    fn snapshots(&self, query: SnapshotQuery) -> Answer<Vec<SnapshotInfo>> {
        self.ask(|store| async move { store.snapshots(query).await })
    }

    fn delete_snapshots(&self, _: Vec<SnapshotInfo>) -> Answer<u64> {
        refused()
    }
}

impl Records for Wrapped {
    fn records(&self, kind: String) -> Answer<Vec<Record>> {
        self.ask(|store| async move { store.records(&kind).await })
    }

    fn put_record(&self, _: Record) -> Answer<()> {
        refused()
    }

    fn delete_record(&self, _: String, _: String) -> Answer<bool> {
        refused()
    }
}

impl Backend for Wrapped {
    fn kind(&self) -> &'static str {
        self.store.kind()
    }

    fn place(&self) -> String {
        self.store.place()
    }

    fn server_clock(&self) -> Answer<Option<Timestamp>> {
        self.ask(|store| async move { store.server_clock().await })
    }

    fn init(&self) -> Answer<Init> {
        refused()
    }

    fn size_bytes(&self) -> Answer<u64> {
        self.ask(|store| async move { store.size_bytes().await })
    }

    fn check(&self) -> Answer<Vec<String>> {
        self.ask(|store| async move { store.check().await })
    }

    fn schema_faults(&self) -> Answer<Vec<SchemaFault>> {
        self.ask(|store| async move { store.schema_faults().await })
    }

    fn repair_schema(&self) -> Answer<Vec<String>> {
        refused()
    }
}
