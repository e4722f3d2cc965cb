//! What an append answers whose event ids the store knows already: once, for all backends.

use std::collections::HashMap;

use uuid::Uuid;

use crate::event::RecordedEvent;
use crate::store::append::Appended;
use crate::store::append::AppendedEvent;
use crate::store::append::BackendAppend;
use crate::store::append::Outcome;
use crate::store::error::IdConflict;
use crate::store::error::StoreError;

/// Compares a batch with those of its events that are in the store. `None`: none of them is.
///
/// # Errors
/// [`StoreError::IdConflict`] when they are not this very batch.
pub(crate) fn judge(append: &BackendAppend, known: &[RecordedEvent]) -> Result<Option<Appended>, StoreError> {
    if known.is_empty() {
        return Ok(None);
    }
    let request = &append.request;
    let by_id: HashMap<Uuid, &RecordedEvent> = known.iter().map(|event| (event.event_id, event)).collect();
    let mut events = Vec::with_capacity(request.events.len());
    for (event, content) in request.events.iter().zip(&append.content) {
        let Some(recorded) = by_id.get(&event.event_id) else {
            continue;
        };
        let conflict = |reason| Err(StoreError::IdConflict { event_id: event.event_id, reason });
        if recorded.stream != request.stream.as_str() {
            return conflict(IdConflict::OtherStream { stream: recorded.stream.clone() });
        }
        if recorded.view().content_hash() != *content {
            return conflict(IdConflict::OtherContent { stream: recorded.stream.clone(), version: recorded.version });
        }
        events.push(AppendedEvent {
            position: recorded.position,
            version: recorded.version,
            recorded_at: recorded.recorded_at,
            hash: recorded.hash,
        });
    }
    let conflict = |reason| {
        // A backend gives them in any order; the first of the batch is named.
        let event_id = request.events.iter().map(|event| event.event_id).find(|id| by_id.contains_key(id));
        Err(StoreError::IdConflict { event_id: event_id.unwrap_or_default(), reason })
    };
    if events.len() < request.events.len() {
        return conflict(IdConflict::PartOfBatch { known: events.len(), of: request.events.len() });
    }
    if events.windows(2).any(|pair| pair[1].version != pair[0].version.next()) {
        return conflict(IdConflict::OtherOrder);
    }
    Ok(Some(Appended { outcome: Outcome::AlreadyApplied, events, clock_behind_micros: 0 }))
}
