//! The checks that an append passes before it is sent to a backend.

use std::collections::HashSet;
use std::sync::Arc;

use uuid::Uuid;

use crate::event::NewEvent;
use crate::event::Timestamp;
use crate::store::append::AppendRequest;
use crate::store::append::BackendAppend;
use crate::store::append::RecordTime;
use crate::store::clock::TOO_LATE;
use crate::store::error::StoreError;
use crate::store::limits::Limits;

/// Returns an id that more than one of the events has.
fn id_twice(events: &[NewEvent]) -> Option<Uuid> {
    // Consecutively made ids mostly grow; then nothing needs to be remembered.
    if events.is_sorted_by(|a, b| a.event_id < b.event_id) {
        return None;
    }
    let mut ids = HashSet::with_capacity(events.len());
    events.iter().map(|event| event.event_id).find(|id| !ids.insert(*id))
}

/// Checks an append and computes the content hash of each event.
///
/// # Errors
/// [`StoreError::Invalid`] when no backend could make the append.
pub(crate) fn prepare(request: AppendRequest, limits: Limits) -> Result<BackendAppend, StoreError> {
    let invalid = |message: String| Err(StoreError::Invalid(message));
    if request.events.is_empty() {
        return invalid("no events to append".into());
    }
    for event in &request.events {
        let bytes = event.data.as_str().len() + event.metadata.as_str().len();
        if bytes > limits.event_bytes {
            let limit = limits.event_bytes;
            return invalid(format!("an event of {bytes} bytes exceeds the limit of {limit} bytes"));
        }
        if event.event_id.is_nil() {
            return invalid("the nil UUID is no event id".into());
        }
        if event.schema_version == 0 {
            return invalid("schema versions start at 1".into());
        }
    }
    if let Some(twice) = id_twice(&request.events) {
        return invalid(format!("event id {twice} appears twice in one batch"));
    }
    let brought = match &request.time {
        RecordTime::StoreClock => &[],
        RecordTime::Clock(moment) => std::slice::from_ref(moment),
        RecordTime::Given(times) => times.as_slice(),
    };
    if let Some(late) = brought.iter().find(|moment| **moment >= TOO_LATE) {
        return invalid(format!("{late} is too late: recorded times must be before {TOO_LATE}, so that later events can follow"));
    }
    if let RecordTime::Given(times) = &request.time {
        if let Some(first) = times.first().filter(|first| **first == Timestamp::MIN) {
            return invalid(format!("{first} is too early: recorded times must be later"));
        }
        if times.len() != request.events.len() {
            return invalid(format!("{} times for {} events", times.len(), request.events.len()));
        }
        if let Some(pair) = times.windows(2).find(|pair| pair[1] <= pair[0]) {
            return invalid(format!("times must be increasing: {} is followed by {}", pair[0], pair[1]));
        }
    }
    let content = request.events.iter().map(|event| event.content_hash(&request.stream)).collect();
    Ok(BackendAppend { request: Arc::new(request), content })
}
