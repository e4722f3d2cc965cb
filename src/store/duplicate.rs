//! The answer to an append whose event ids are in the store already. Shared by all backends.

use std::collections::HashMap;

use uuid::Uuid;

use crate::event::Hash;
use crate::event::NewEvent;
use crate::event::RecordedEvent;
use crate::store::append::Appended;
use crate::store::append::AppendedEvent;
use crate::store::append::BackendAppend;
use crate::store::append::Outcome;
use crate::store::error::EventField;
use crate::store::error::IdConflict;
use crate::store::error::StoreError;

/// Compares a batch with its events that are in the store. Returns `None` where none of them is.
///
/// # Errors
/// [`StoreError::IdConflict`] when the stored events are not this batch.
pub(crate) fn judge(append: &BackendAppend, known: &[RecordedEvent]) -> Result<Option<Appended>, StoreError> {
    if known.is_empty() {
        return Ok(None);
    }
    let request = &append.request;
    let by_id: HashMap<Uuid, &RecordedEvent> = known.iter().map(|event| (event.event_id, event)).collect();
    let mut events = Vec::with_capacity(request.events.len());
    for (event, content) in request.events.iter().zip(append.content.iter()) {
        let Some(recorded) = by_id.get(&event.event_id) else {
            continue;
        };
        let differs = differing_fields(request.stream.as_str(), event, *content, recorded);
        if !differs.is_empty() {
            let reason = IdConflict::OtherEvent { stream: recorded.stream.clone(), version: recorded.version, differs };
            return Err(StoreError::IdConflict { event_id: event.event_id, reason });
        }
        events.push(AppendedEvent {
            position: recorded.position,
            version: recorded.version,
            recorded_at: recorded.recorded_at,
            hash: recorded.hash,
        });
    }
    let conflict = |reason| {
        // Backends return the events in any order; the error names the first one of the batch.
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

/// Returns the fields in which an event of a request differs from the recorded event with the same id.
fn differing_fields(stream: &str, event: &NewEvent, content: Hash, recorded: &RecordedEvent) -> Vec<EventField> {
    if recorded.stream == stream && recorded.view().content_hash() == content {
        return Vec::new();
    }
    let compared = [
        (EventField::Stream, recorded.stream == stream),
        (EventField::Type, recorded.event_type == event.event_type.as_str()),
        (EventField::SchemaVersion, recorded.schema_version == event.schema_version),
        (EventField::Data, recorded.data == event.data.as_str()),
        (EventField::Metadata, recorded.metadata == event.metadata.as_str()),
    ];
    compared.into_iter().filter(|(_, same)| !same).map(|(field, _)| field).collect()
}
