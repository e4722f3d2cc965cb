//! Where a store ends.

use serde::Serialize;

use crate::event::Position;
use crate::event::Timestamp;
use crate::ops::error::OpsError;
use crate::store::Store;

/// Which store, and where it ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HeadReport {
    /// Where the store is; holds no secret.
    pub store: String,
    /// The kind of database.
    pub kind: &'static str,
    /// The position of the last event; 0: there is none.
    pub position: Position,
    /// When it was recorded.
    pub recorded_at: Option<Timestamp>,
}

/// Asks where a store ends.
///
/// # Errors
/// As the store says; also when there is no store yet.
pub async fn store_head(store: &Store) -> Result<HeadReport, OpsError> {
    let head = store.head().await?;
    let recorded_at = (head.position > Position::ZERO).then_some(head.recorded_at);
    Ok(HeadReport { store: store.place(), kind: store.kind(), position: head.position, recorded_at })
}
