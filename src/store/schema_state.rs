//! The schema that a database was found to have.

/// The schema of a database, compared with the one that this program writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SchemaState {
    /// A store of this program's schema version.
    Current,
    /// A store of this older schema version. It can be read without a migration.
    Older(u32),
    /// No store.
    Missing,
}
