//! Creating or repairing the schema of a store.

use serde::Serialize;

use crate::ops::error::OpsError;
use crate::store::Init;
use crate::store::Store;

/// The outcome of creating or repairing a schema.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct InitReport {
    /// The place of the store.
    pub store: String,
    /// The kind of database.
    pub kind: &'static str,
    /// True if the schema was created now.
    pub made: bool,
    /// The earlier version of the schema, if it was migrated.
    pub migrated_from: Option<u32>,
    /// The parts of the schema that were missing or different and were restored.
    pub put_back: Vec<String>,
}

/// Creates the schema, migrates an older one, or restores its missing parts.
pub async fn init_store(store: &Store) -> Result<InitReport, OpsError> {
    let done = store.init().await?;
    let migrated_from = match done {
        Init::Migrated { from } => Some(from),
        Init::Found | Init::Made => None,
    };
    let put_back = if done == Init::Made { Vec::new() } else { store.repair_schema().await? };
    Ok(InitReport { store: store.place(), kind: store.kind(), made: done == Init::Made, migrated_from, put_back })
}
