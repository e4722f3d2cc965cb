//! The contract of a backend: small, untyped, object safe.

use std::pin::Pin;

use uuid::Uuid;

use crate::event::EventChunk;
use crate::event::Hash;
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
use crate::store::identity::LastSeen;
use crate::store::problem::Problem;
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

/// What a backend answers with.
///
/// The work starts when the method is called, not when the answer is awaited, and dropping the answer
/// does not stop it: a write is never cut in the middle, and a scan reads ahead while its reader works. An append may also be
/// one that goes on only while it is awaited, as `Store` does to its end; cut off, it is in the store whole or not at all.
pub type Answer<T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send>>;

/// The last event of a store, as the next one will follow on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Head {
    /// Its position; 0: no events.
    pub position: Position,
    /// Its time.
    pub recorded_at: Timestamp,
    /// Its link in the chain.
    pub hash: Hash,
}

/// The version of the schema this program writes, on every backend.
pub(crate) const SCHEMA_VERSION: u32 = 3;

/// What was done to have a store of this program's schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Init {
    /// Nothing: it was there.
    Found,
    /// There was none, and it was made.
    Made,
    /// It was of an older schema, and was brought up to date.
    Migrated {
        /// The version of the schema it had.
        from: u32,
    },
}

/// One event store in one database. What each backend promises is in `docs/design/backends.md`, and is tried
/// by `tests/conformance`.
///
/// A method that reads answers [`StoreError::NoStore`] where nothing has been written yet, and makes
/// nothing; one that writes makes the store when it is not there, and brings one of an older schema up to date.
/// A store of an older schema can be read as it is: what its schema does not have yet is empty.
pub trait Backend: Send + Sync {
    /// The kind of database, for people: `SQLite`.
    fn kind(&self) -> &'static str;

    /// Where it is, for people; holds no secret.
    fn place(&self) -> String;

    /// Returns the time of the server's clock; `None` where the database has no server. Makes nothing.
    fn server_clock(&self) -> Answer<Option<Timestamp>>;

    /// Returns the first moment that a clock of this machine must not reach.
    fn end_of_time(&self) -> Timestamp {
        TOO_LATE
    }

    /// Makes the schema, or brings an older one up to date.
    fn init(&self) -> Answer<Init>;

    /// Returns the recorded head and the last event, both of one moment.
    fn end(&self) -> Answer<StoreEnd>;

    /// Makes many appends in one transaction, in their order; each has an answer of its own, and one
    /// that is refused leaves the others untouched.
    ///
    /// The same transaction finds `last_seen` in the store: otherwise the store was replaced under this process, nothing is
    /// appended, and the error is [`StoreError::Replaced`].
    fn append(&self, group: Vec<BackendAppend>, last_seen: Option<LastSeen>) -> Answer<Vec<BackendAnswer>>;

    /// Reads the next events of a query into a buffer: at most `limit`, fewer when they are large.
    fn read(&self, query: ReadQuery, limit: usize, buffer: EventChunk) -> Answer<Page>;

    /// Those events of these ids that are in the store, in any order.
    fn events_by_id(&self, ids: Vec<Uuid>) -> Answer<Vec<RecordedEvent>>;

    /// Where a stream is; 0: there is no such stream.
    fn stream_version(&self, stream: StreamName) -> Answer<Version>;

    /// Streams in the order of their names.
    fn streams(&self, query: StreamQuery) -> Answer<Vec<StreamInfo>>;

    /// How large the store is, in bytes, with its indexes and read models.
    fn size_bytes(&self) -> Answer<u64>;

    /// Returns true where this server is a copy that may be behind its primary: a standby, a secondary.
    fn may_lag(&self) -> Answer<bool> {
        Box::pin(async { Ok(false) })
    }

    /// The database's own check of its files: what it found, nothing when all is well.
    fn check(&self) -> Answer<Vec<String>>;

    /// Finds what is left of read models that are not whole, and values beside the events that esctl never wrote, a line each.
    fn check_read_models(&self) -> Answer<Vec<String>>;

    /// Compares the schema with the one that this program makes. A store of an older version has no faults.
    fn schema_faults(&self) -> Answer<Vec<SchemaFault>>;

    /// Puts back what is missing or differs in the schema of a store that is there. Returns what was put back; an error is
    /// [`StoreError::Schema`] and names what prevents it, and nothing is changed then.
    fn repair_schema(&self) -> Answer<Vec<String>>;

    /// Keeps a snapshot; one of the same stream, reducer and version is replaced.
    fn put_snapshot(&self, snapshot: Snapshot) -> Answer<()>;

    /// The newest snapshot of a stream made by a reducer, at or below a version.
    fn snapshot(&self, stream: StreamName, reducer: String, at_most: Version) -> Answer<Option<Snapshot>>;

    /// Snapshots in the order of stream, reducer, version.
    fn snapshots(&self, query: SnapshotQuery) -> Answer<Vec<SnapshotInfo>>;

    /// Deletes snapshots; how many there were.
    fn delete_snapshots(&self, snapshots: Vec<SnapshotInfo>) -> Answer<u64>;

    /// What is known of each projection that has run in this store.
    fn projections(&self) -> Answer<Vec<ProjectionRecord>>;

    /// The rows of these keys, in the order of the keys.
    fn rows(&self, model: ReadModel, keys: Vec<String>) -> Answer<Vec<Option<String>>>;

    /// Writes rows, problems and checkpoint in one transaction; the read model is made when it is not there.
    /// `false`, and nothing written, when the checkpoint is not where the caller believes, the read model has had other
    /// commits than the caller knows of, or the rows that are there were made by another version of the logic.
    fn commit_rows(&self, commit: RowsCommit) -> Answer<bool>;

    /// The problems of a read model, in the order of their positions.
    fn problems(&self, model: ReadModel) -> Answer<Vec<Problem>>;

    /// Puts the read model that was built beside in the place of the old one, in one step, if its
    /// checkpoint is where the caller believes. The old one is kept as the previous one, until the next time.
    fn swap_read_model(&self, name: String, at: Position, indexed_fields: Vec<String>) -> Answer<bool>;

    /// Exchanges the live read model and the previous one, in one step; `false`: one of them is not there.
    fn exchange_read_models(&self, name: String) -> Answer<bool>;

    /// Throws away a read model and its checkpoint; whether there was one. Never touches events.
    fn drop_read_model(&self, model: ReadModel) -> Answer<bool>;

    /// Rows of a read model in the order of their keys.
    fn query_rows(&self, query: RowQuery) -> Answer<Vec<(String, String)>>;

    /// How many rows a read model has.
    fn count_rows(&self, model: ReadModel) -> Answer<u64>;

    /// The records of a kind, in the order of their names.
    fn records(&self, kind: String) -> Answer<Vec<Record>>;

    /// Keeps a record; one of the same kind and name is replaced.
    fn put_record(&self, record: Record) -> Answer<()>;

    /// Deletes a record; whether there was one.
    fn delete_record(&self, kind: String, name: String) -> Answer<bool>;
}
