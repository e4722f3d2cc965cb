//! The contract of a backend: small, untyped, object safe.

use std::pin::Pin;

use uuid::Uuid;

use crate::event::EventChunk;
use crate::event::Position;
use crate::event::RecordedEvent;
use crate::event::StreamName;
use crate::event::Timestamp;
use crate::event::Version;
use crate::store::append::BackendAnswer;
use crate::store::append::BackendAppend;
use crate::store::clock::TOO_LATE;
use crate::store::end::StoreEnd;
use crate::store::error::StoreError;
use crate::store::failed_event::FailedEvent;
use crate::store::identity::LastSeen;
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

/// The pending answer of a backend.
///
/// The work starts when the method is called, not when the answer is awaited. Dropping the answer does not stop the work: a
/// write is never cut in the middle, and a scan reads ahead while its reader works.
///
/// An append may instead progress only while it is awaited, as `Store` does until the end. Cut off, it is in the store
/// whole or not at all.
pub type Answer<T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send>>;

/// The schema version that this program writes, on every backend.
pub(crate) const SCHEMA_VERSION: u32 = 3;

/// The effect of initialising a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Init {
    /// The store existed with this program's schema version.
    Found,
    /// The store was created.
    Made,
    /// The store had an older schema version and was migrated.
    Migrated {
        /// The schema version before the migration.
        from: u32,
    },
}

/// An event store in one database. The promises of each backend are in `docs/design/backends.md`; `tests/conformance`
/// checks them.
///
/// A method that reads returns [`StoreError::NoStore`] where no store exists, and creates nothing. A method that writes
/// creates a missing store and migrates one of an older schema version. A store of an older schema version can be read
/// without a migration: what its schema lacks is empty.
pub trait Backend: Send + Sync {
    /// Returns the name of the database product for display: `SQLite`.
    fn kind(&self) -> &'static str;

    /// Returns the location for display, without secrets.
    fn place(&self) -> String;

    /// Returns the time of the server's clock; `None` where the database has no server. Creates nothing.
    fn server_clock(&self) -> Answer<Option<Timestamp>>;

    /// Returns the first moment beyond the supported range of this machine's clock.
    fn end_of_time(&self) -> Timestamp {
        TOO_LATE
    }

    /// Creates the schema, or migrates an older one.
    fn init(&self) -> Answer<Init>;

    /// Returns the recorded head and the last event, as of one moment.
    fn end(&self) -> Answer<StoreEnd>;

    /// Makes several appends in one transaction, in their order. Each has an answer of its own; a refused append does not
    /// affect the others.
    ///
    /// The same transaction looks for `last_seen` in the store. Where it is missing the store was replaced under this
    /// process: nothing is appended, and the error is [`StoreError::Replaced`].
    fn append(&self, group: Vec<BackendAppend>, last_seen: Option<LastSeen>) -> Answer<Vec<BackendAnswer>>;

    /// Reads the next events of a query into a buffer: at most `limit`, fewer where they are large.
    fn read(&self, query: ReadQuery, limit: usize, buffer: EventChunk) -> Answer<Page>;

    /// Returns the stored events with these ids, in any order.
    fn events_by_id(&self, ids: Vec<Uuid>) -> Answer<Vec<RecordedEvent>>;

    /// Returns the version of a stream; 0 where there is no such stream.
    fn stream_version(&self, stream: StreamName) -> Answer<Version>;

    /// Returns streams in the order of their names.
    fn streams(&self, query: StreamQuery) -> Answer<Vec<StreamInfo>>;

    /// Returns the size of the store in bytes, with its indexes and read models.
    fn size_bytes(&self) -> Answer<u64>;

    /// Returns true where this server is a standby or secondary that may be behind its primary.
    fn may_lag(&self) -> Answer<bool> {
        Box::pin(async { Ok(false) })
    }

    /// Runs the database's own check of its files. Returns its findings; none where all is well.
    fn check(&self) -> Answer<Vec<String>>;

    /// Finds incomplete read models, and values beside the events that esctl never wrote. Returns one line for each
    /// finding.
    fn check_read_models(&self) -> Answer<Vec<String>>;

    /// Compares the schema with the one that this program creates. A store of an older schema version has no faults.
    fn schema_faults(&self) -> Answer<Vec<SchemaFault>>;

    /// Restores missing or differing parts of the schema. Returns the restored parts.
    ///
    /// # Errors
    /// [`StoreError::Schema`] names the obstacle; nothing is changed then.
    fn repair_schema(&self) -> Answer<Vec<String>>;

    /// Stores a snapshot. An earlier one of the same stream, reducer and version is replaced.
    fn put_snapshot(&self, snapshot: Snapshot) -> Answer<()>;

    /// Returns the newest snapshot of a stream and a reducer, at or below a version.
    fn snapshot(&self, stream: StreamName, reducer: String, at_most: Version) -> Answer<Option<Snapshot>>;

    /// Returns snapshots in the order of stream, reducer and version.
    fn snapshots(&self, query: SnapshotQuery) -> Answer<Vec<SnapshotInfo>>;

    /// Deletes snapshots. Returns the number of deleted snapshots.
    fn delete_snapshots(&self, snapshots: Vec<SnapshotInfo>) -> Answer<u64>;

    /// Returns the records of all projections that have run in this store.
    fn projections(&self) -> Answer<Vec<ProjectionRecord>>;

    /// Returns the rows of these keys, in the order of the keys.
    fn rows(&self, model: ReadModel, keys: Vec<String>) -> Answer<Vec<Option<String>>>;

    /// Writes rows, failed events and checkpoint in one transaction. Creates the read model where it is missing.
    ///
    /// Returns false, and writes nothing, where the checkpoint is not the one that the caller expects, the read model had
    /// other commits since, or its rows were made by another logic version.
    fn commit_rows(&self, commit: RowsCommit) -> Answer<bool>;

    /// Returns the failed events of a read model, in the order of their positions.
    fn failed_events(&self, model: ReadModel) -> Answer<Vec<FailedEvent>>;

    /// Swaps in the rebuilt read model, in one step, if its checkpoint is the one that the caller expects. The old one is
    /// kept as the previous one until the next swap.
    fn swap_read_model(&self, name: String, at: Position, indexed_fields: Vec<String>) -> Answer<bool>;

    /// Exchanges the live and the previous read model, in one step. Returns false where either is missing.
    fn exchange_read_models(&self, name: String) -> Answer<bool>;

    /// Drops a read model and its checkpoint. Returns false where there was none. Never touches events.
    fn drop_read_model(&self, model: ReadModel) -> Answer<bool>;

    /// Returns rows of a read model in the order of their keys.
    fn query_rows(&self, query: RowQuery) -> Answer<Vec<(String, String)>>;

    /// Returns the number of rows of a read model.
    fn count_rows(&self, model: ReadModel) -> Answer<u64>;

    /// Returns the records of a kind, in the order of their names.
    fn records(&self, kind: String) -> Answer<Vec<Record>>;

    /// Stores a record. An earlier one of the same kind and name is replaced.
    fn put_record(&self, record: Record) -> Answer<()>;

    /// Deletes a record. Returns false where there was none.
    fn delete_record(&self, kind: String, name: String) -> Answer<bool>;
}
