//! Making the schema now.

use serde::Serialize;

use crate::ops::error::OpsError;
use crate::store::Init;
use crate::store::Store;

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct InitReport {
    /// Where the store is.
    pub store: String,
    /// The kind of database.
    pub kind: &'static str,
    /// Whether it was made; else it was there.
    pub made: bool,
    /// The version of the schema it had, if it was brought up to date.
    pub migrated_from: Option<u32>,
    /// What was missing or different in the schema and was put back.
    pub put_back: Vec<String>,
}

/// Makes the schema, brings an older one up to date, or puts back what is missing in it.
///
/// # Errors
/// As the store says.
pub async fn init_store(store: &Store) -> Result<InitReport, OpsError> {
    let done = store.init().await?;
    let migrated_from = match done {
        Init::Migrated { from } => Some(from),
        Init::Found | Init::Made => None,
    };
    let put_back = if done == Init::Made { Vec::new() } else { store.repair_schema().await? };
    Ok(InitReport { store: store.place(), kind: store.kind(), made: done == Init::Made, migrated_from, put_back })
}
