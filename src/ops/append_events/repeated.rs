//! Detection of an append that is repeated under its idempotency key.

use std::collections::HashMap;

use serde_json::Map;
use serde_json::Value;
use uuid::Uuid;

use crate::event::EventType;
use crate::event::RecordedEvent;
use crate::ops::append_events::model::AppendEvents;
use crate::ops::append_events::model::AppendReport;
use crate::ops::append_events::model::AppendedReport;
use crate::ops::append_events::model::EventInput;
use crate::ops::error::OpsError;
use crate::runtime::CommandResult;
use crate::runtime::RuntimeError;
use crate::runtime::key_event_id;
use crate::store::Store;
use crate::store::no_store_is_empty;

/// Returns the report of the earlier append under the key; none if the key is unused on this stream.
///
/// # Errors
/// [`RuntimeError::KeyReused`] when the earlier append had another payload.
pub(super) async fn applied_before(
    store: &Store,
    input: &AppendEvents,
    key: &str,
    ids: &[Uuid],
) -> Result<Option<AppendReport>, OpsError> {
    let stream = &input.stream;
    let first = no_store_is_empty(store.events_by_id(vec![key_event_id(stream, key, 0)]).await)?;
    let Some(first) = first.first() else { return Ok(None) };
    // A longer batch under the key would have had one event more.
    let derived = input.batch.iter().filter(|event| event.event_id.is_none()).count();
    let one_more = key_event_id(stream, key, derived);
    let wanted = ids.iter().copied().chain([one_more]).collect();
    let known: HashMap<Uuid, RecordedEvent> =
        store.events_by_id(wanted).await?.into_iter().map(|event| (event.event_id, event)).collect();
    let recorded: Vec<&RecordedEvent> = ids.iter().filter_map(|id| known.get(id)).collect();
    let is_the_same = recorded.len() == ids.len()
        && !known.contains_key(&one_more)
        && input.batch.iter().zip(&recorded).all(|(event, recorded)| is_same_payload(input, event, recorded));
    match recorded.last() {
        Some(last) if is_the_same => Ok(Some(AppendReport {
            outcome: CommandResult::AlreadyApplied,
            stream: stream.clone(),
            version: last.version,
            position: last.position,
            events: recorded.iter().map(|event| report(event)).collect::<Result<_, _>>()?,
            clock_behind_micros: 0,
        })),
        _ => {
            let (key, stream) = (key.to_owned(), stream.to_string());
            Err(RuntimeError::KeyReused { key, stream, version: first.version }.into())
        }
    }
}

fn report(event: &RecordedEvent) -> Result<AppendedReport, OpsError> {
    Ok(AppendedReport {
        event_id: event.event_id,
        event_type: EventType::parse(&event.event_type)?,
        version: event.version,
        position: event.position,
        recorded_at: event.recorded_at,
        hash: event.hash,
    })
}

/// Compares an event with a recorded one, without the metadata that name the client and the origin. Under an idempotency key only
/// the payload must be the same.
fn is_same_payload(input: &AppendEvents, event: &EventInput, recorded: &RecordedEvent) -> bool {
    let metadata = |text: &str| -> Map<String, Value> { serde_json::from_str(text).unwrap_or_default() };
    let (mut given, mut kept) = (metadata(event.metadata.as_str()), metadata(&recorded.metadata));
    for (name, is_replaced) in
        [("client_id", false), ("correlation_id", input.correlation_id.is_some()), ("causation_id", input.causation_id.is_some())]
    {
        if is_replaced {
            given.remove(name);
        }
        if !given.contains_key(name) {
            kept.remove(name);
        }
    }
    recorded.stream == input.stream.as_str()
        && recorded.event_type == event.event_type.as_str()
        && recorded.schema_version == event.schema_version
        && recorded.data == event.data.as_str()
        && given == kept
}
