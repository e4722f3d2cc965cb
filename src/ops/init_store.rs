//! Making the schema now.

use serde::Serialize;

use crate::ops::error::OpsError;
use crate::store::Store;

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct InitReport {
    /// Where the store is.
    pub store: String,
    /// The kind of database.
    pub kind: &'static str,
    /// Whether anything was made; else it was there.
    pub made: bool,
}

/// Makes the schema, or brings an older one up to date.
///
/// # Errors
/// As the store says.
pub async fn init_store(store: &Store) -> Result<InitReport, OpsError> {
    let made = store.init().await?;
    Ok(InitReport { store: store.place(), kind: store.kind(), made })
}
