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
    let Some(first) = known.first() else {
        return Ok(None);
    };
    let request = &append.request;
    let by_id: HashMap<Uuid, &RecordedEvent> = known.iter().map(|event| (event.event_id, event)).collect();
    let mut events = Vec::with_capacity(request.events.len());
    for (event, content) in request.events.iter().zip(append.content.iter()) {
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
    // The same events in another order, or with others between them, are not the same batch.
    let in_order = events.windows(2).all(|pair| pair[1].version == pair[0].version.next());
    if events.len() < request.events.len() || !in_order {
        let reason = IdConflict::PartOfBatch { known: events.len(), of: request.events.len() };
        return Err(StoreError::IdConflict { event_id: first.event_id, reason });
    }
    Ok(Some(Appended { outcome: Outcome::AlreadyApplied, events, clock_behind_micros: 0 }))
}
