//! Where events are kept: the contract of a backend, the [`Store`] that everyone uses, and the only
//! list of backends.
//!
//! A backend folder holds its database's own statements and nothing that another one repeats; what is
//! common (checks, hashing, duplicate answers, grouping, paging) is written once, above them.
//! No backend knows a domain.

mod append;
mod backend;
mod bare;
mod clock;
mod clock_check;
mod clock_refused;
mod continuity;
mod deadline;
mod duplicate;
mod end;
mod error;
mod facade;
mod group;
mod identity;
mod limits;
mod lock_holder;
#[cfg(feature = "mongodb")]
pub mod mongodb;
#[cfg(not(feature = "mongodb"))]
#[path = "absent/mongodb.rs"]
mod mongodb;
mod observer;
mod options;
mod parameters;
#[cfg(feature = "postgres")]
pub mod postgres;
#[cfg(not(feature = "postgres"))]
#[path = "absent/postgres.rs"]
mod postgres;
mod prepare;
mod problem;
mod quarantine;
mod read;
mod read_model;
mod record;
mod redact;
mod scan;
mod schema;
mod scratch;
mod server_url;
mod snapshot;
pub mod sqlite;
mod url;

pub use append::AppendRequest;
pub use append::Appended;
pub use append::AppendedEvent;
pub use append::BackendAnswer;
pub use append::BackendAppend;
pub use append::Outcome;
pub use append::RecordTime;
pub use backend::Answer;
pub use backend::Backend;
pub use backend::Head;
pub use backend::Init;
pub use bare::Bare;
pub use clock_refused::ClockReference;
pub use clock_refused::ClockRefused;
pub use end::StoreEnd;
pub use error::EventField;
pub use error::IdConflict;
pub use error::ServerProblem;
pub use error::StoreError;
pub use error::no_store_is_empty;
pub use facade::Store;
pub use identity::LastSeen;
pub use limits::Limits;
pub use lock_holder::LockHolder;
pub use lock_holder::lock_holder;
pub use observer::Observer;
pub use options::OpenOptions;
pub use options::SystemClock;
pub use options::Warn;
pub(crate) use parameters::check_repeated;
pub(crate) use parameters::check_separators;
pub(crate) use parameters::named;
pub use problem::Problem;
pub use problem::ProblemChanges;
pub use problem::ProblemState;
pub use quarantine::QUARANTINE_ADDED;
pub use quarantine::QUARANTINE_RELEASED;
pub use quarantine::QUARANTINE_STREAM;
pub use quarantine::Quarantine;
pub use quarantine::QuarantineRecord;
pub use quarantine::Quarantined;
pub use read::Page;
pub use read::ReadQuery;
pub use read::Source;
pub use read::StreamInfo;
pub use read::StreamQuery;
pub use read_model::Checkpoint;
pub use read_model::MAX_ROW_BYTES;
pub use read_model::Part;
pub use read_model::ProjectionRecord;
pub use read_model::ReadModel;
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
pub use snapshot::Misfit;
pub use snapshot::Snapshot;
pub use snapshot::SnapshotInfo;
pub use snapshot::SnapshotQuery;
pub use snapshot::state_hash;
pub use url::StoreUrl;

use std::sync::Arc;

/// Returns the store at a URL. Nothing is touched: the first read finds out what is missing, and the first write makes it.
///
/// # Errors
/// [`StoreError::ClockRefused`] when the clock of this machine is out of range.
pub fn open(url: &StoreUrl, options: impl Into<OpenOptions>) -> Result<Store, StoreError> {
    let options = options.into();
    let backend: Arc<dyn Backend> = match url {
        StoreUrl::SqliteFile(path) => Arc::new(sqlite::Sqlite::file(path.clone(), &options)),
        StoreUrl::SqliteMemory => Arc::new(sqlite::Sqlite::memory(&options)),
        StoreUrl::Server(url) => url.open(&options),
    };
    clock::read(&options.clock, backend.end_of_time())?;
    Ok(Store::new(backend, options))
}

/// The bare database under a scratch store.
///
/// # Errors
/// [`StoreError::Unsupported`] for a store in memory, which nobody else can open.
pub fn bare(url: &StoreUrl, options: impl Into<OpenOptions>) -> Result<Box<dyn Bare>, StoreError> {
    let options = options.into();
    match url {
        StoreUrl::SqliteFile(path) => Ok(Box::new(sqlite::BareSqlite::file(path.clone(), options.timeout))),
        StoreUrl::SqliteMemory => {
            Err(StoreError::Unsupported("a store in memory cannot be measured: nobody else can open it".into()))
        }
        StoreUrl::Server(url) => Ok(url.bare(&options)),
    }
}
