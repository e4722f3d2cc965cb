//! The contract of a backend: small, untyped, object safe. It is the sum of four traits, and a few methods on the whole.

mod event_log;
mod read_models;
mod records;
mod snapshots;

pub use event_log::EventLog;
pub use read_models::ReadModels;
pub use records::Records;
pub use snapshots::Snapshots;

use crate::event::Timestamp;
use crate::store::answer::Answer;
use crate::store::clock::TOO_LATE;
use crate::store::schema::SchemaFault;

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
/// A method that reads returns [`StoreError::NoStore`](crate::store::StoreError::NoStore) where no store exists, and
/// creates nothing. A method that writes creates a missing store and migrates one of an older schema version. A store of an
/// older schema version can be read without a migration: what its schema lacks is empty. This holds for the methods of the
/// four parts as well.
pub trait Backend: EventLog + ReadModels + Snapshots + Records {
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

    /// Returns the size of the store in bytes, with its indexes and read models.
    fn size_bytes(&self) -> Answer<u64>;

    /// Returns true where this server is a standby or secondary that may be behind its primary.
    fn may_lag(&self) -> Answer<bool> {
        Box::pin(async { Ok(false) })
    }

    /// Runs the database's own check of its files. Returns its findings; none where all is well.
    fn check(&self) -> Answer<Vec<String>>;

    /// Compares the schema with the one that this program creates. A store of an older schema version has no faults.
    fn schema_faults(&self) -> Answer<Vec<SchemaFault>>;

    /// Restores missing or differing parts of the schema. Returns the restored parts.
    ///
    /// # Errors
    /// [`StoreError::Schema`](crate::store::StoreError::Schema) names the obstacle; nothing is changed then.
    fn repair_schema(&self) -> Answer<Vec<String>>;
}
