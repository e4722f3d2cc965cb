//! The head of a store.

use serde::Serialize;

use crate::event::Position;
use crate::event::Timestamp;
use crate::ops::error::OpsError;
use crate::store::Store;

/// A store and its head.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HeadReport {
    /// The place of the store, without secrets.
    pub store: String,
    /// The kind of database.
    pub kind: &'static str,
    /// The position of the last event; 0: there is none.
    pub position: Position,
    /// The time of the last event.
    pub recorded_at: Option<Timestamp>,
}

/// Reads the head of a store.
///
/// # Errors
/// [`StoreError::NoStore`](crate::store::StoreError::NoStore) when the store has not been created.
pub async fn store_head(store: &Store) -> Result<HeadReport, OpsError> {
    let head = store.head().await?;
    let recorded_at = (head.position > Position::ZERO).then_some(head.recorded_at);
    Ok(HeadReport { store: store.place(), kind: store.kind(), position: head.position, recorded_at })
}
