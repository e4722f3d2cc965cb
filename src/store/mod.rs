//! The event store: the contract of a backend, the [`Store`] over any backend, and the only list of backends.
//!
//! A backend folder has only the statements of its own database. Checks, hashing, duplicate answers, grouping and paging
//! are shared code above the backends. No backend knows a domain.

mod abilities;
mod answer;
mod append;
mod backend;
#[cfg(feature = "bench")]
pub mod baseline;
mod clock;
mod clock_check;
mod clock_refused;
mod continuity;
mod deadline;
mod duplicate;
mod end;
mod error;
mod event_store;
mod failed_event;
pub mod follow;
pub mod foreign;
mod group;
mod head;
mod identity;
mod invalid_url;
mod known_quarantine;
#[cfg(feature = "layouts")]
pub mod layout;
#[cfg(feature = "layouts")]
pub mod layout_store;
mod limits;
mod lock_holder;
#[cfg(feature = "mongodb")]
pub mod mongodb;
#[cfg(not(feature = "mongodb"))]
#[path = "absent/mongodb.rs"]
mod mongodb;
mod observer;
mod open;
mod options;
mod parameters;
#[cfg(feature = "postgres")]
pub mod postgres;
#[cfg(not(feature = "postgres"))]
#[path = "absent/postgres.rs"]
mod postgres;
mod prepare;
mod quarantine;
mod read;
mod read_model;
mod reader;
mod record;
mod redact;
mod scan;
mod schema;
mod schema_state;
mod scratch;
mod server_url;
mod snapshot;
pub mod sqlite;
mod url;
mod worker;

pub use abilities::Abilities;
pub use answer::Answer;
pub use append::AppendRequest;
pub use append::Appended;
pub use append::AppendedEvent;
pub use append::BackendAnswer;
pub use append::BackendAppend;
pub use append::Outcome;
pub use append::RecordTime;
pub use backend::Backend;
pub use backend::EventLog;
pub use backend::Init;
pub use backend::ReadModels;
pub use backend::Records;
pub use backend::Snapshots;
pub use clock_refused::ClockReference;
pub use clock_refused::ClockRefused;
pub use end::StoreEnd;
pub use error::EventField;
pub use error::IdConflict;
pub use error::ServerProblem;
pub use error::StoreError;
pub use error::no_store_is_empty;
pub use event_store::Store;
pub use failed_event::FailedEvent;
pub use failed_event::FailedEventChanges;
pub use failed_event::FailedEventState;
pub use head::Head;
pub use identity::LastSeen;
pub use limits::Limits;
pub use lock_holder::LockHolder;
pub use lock_holder::lock_holder;
pub use observer::Observer;
pub use open::open;
pub use options::OpenOptions;
pub use options::SystemClock;
pub use options::Warn;
pub(crate) use parameters::check_repeated;
pub(crate) use parameters::check_separators;
pub(crate) use parameters::named;
pub use quarantine::QUARANTINE_ADDED;
pub use quarantine::QUARANTINE_RELEASED;
pub use quarantine::QUARANTINE_STREAM;
pub use quarantine::Quarantine;
pub use quarantine::QuarantineRecord;
pub use quarantine::Quarantined;
pub use read::ForeignStream;
pub use read::Page;
pub use read::PageToken;
pub use read::ReadQuery;
pub use read::ReadSource;
pub use read::StreamInfo;
pub use read::StreamQuery;
pub use read_model::Checkpoint;
pub use read_model::MAX_ROW_BYTES;
pub use read_model::Part;
pub use read_model::ProjectionRecord;
pub use read_model::ReadModel;
pub use read_model::RowLoad;
pub use read_model::RowQuery;
pub use read_model::RowsCommit;
pub use record::Record;
pub use redact::redact_text;
pub use redact::redact_url;
pub use scan::Scan;
pub use schema::SchemaFault;
pub use scratch::remove_scratch;
pub use scratch::scratch_url;
pub use server_url::ServerAddress;
pub use server_url::ServerUrl;
pub use snapshot::Snapshot;
pub use snapshot::SnapshotInfo;
pub use snapshot::SnapshotMismatch;
pub use snapshot::SnapshotQuery;
pub use snapshot::state_hash;
pub use sqlite::PlaceSpill;
pub use sqlite::RowSpill;
pub use sqlite::SpilledPlace;
pub use url::StoreUrl;
