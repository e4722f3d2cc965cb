//! Appending events of any application to a stream.

mod applies;
mod model;
mod repeated;

use uuid::Uuid;

pub use model::AppendEvents;
pub use model::AppendReport;
pub use model::AppendedReport;
pub use model::EventInput;

use crate::event::JsonObject;
use crate::event::NewEvent;
use crate::event::Position;
use crate::event::Version;
use crate::event::new_id;
use crate::ops::append_events::applies::must_apply;
use crate::ops::append_events::repeated::applied_before;
use crate::ops::error::OpsError;
use crate::runtime::CommandResult;
use crate::runtime::RuntimeError;
use crate::runtime::key_event_id;
use crate::store::AppendRequest;
use crate::store::Outcome;
use crate::store::Store;
use crate::store::StoreError;

/// Maximum number of attempts while other writers append to the stream.
const ATTEMPTS: u32 = 20;

/// Appends a batch to a stream, all or none. A batch that was appended before under its idempotency key is not appended again.
///
/// # Errors
/// [`OpsError::DoesNotApply`] when the domain of the stream cannot apply an event; [`StoreError::Conflict`] when the stream is at
/// another version; [`RuntimeError::KeyReused`] when the key was used for another batch.
pub async fn append_events(store: &Store, input: AppendEvents) -> Result<AppendReport, OpsError> {
    let Some(key) = input.idempotency_key.clone() else {
        let ids = ids_of(&input, new_id);
        return append(store, &input, &ids).await;
    };
    if input.batch.iter().all(|event| event.event_id.is_some()) {
        return Err(OpsError::Invalid("every event has an event_id, so the idempotency key has no effect".into()));
    }
    let mut index = 0..;
    let ids = ids_of(&input, || key_event_id(&input.stream, &key, index.next().unwrap_or_default()));
    if let Some(report) = applied_before(store, &input, &key, &ids).await? {
        return Ok(report);
    }
    match append(store, &input, &ids).await {
        // The same key may have been used at the same time.
        Err(OpsError::Runtime(RuntimeError::Store(conflict @ StoreError::IdConflict { .. }))) => {
            applied_before(store, &input, &key, &ids).await?.ok_or_else(|| conflict.into())
        }
        result => result,
    }
}

fn ids_of(input: &AppendEvents, mut make: impl FnMut() -> Uuid) -> Vec<Uuid> {
    input.batch.iter().map(|event| event.event_id.unwrap_or_else(&mut make)).collect()
}

async fn append(store: &Store, input: &AppendEvents, ids: &[Uuid]) -> Result<AppendReport, OpsError> {
    let first = ids.first().copied().unwrap_or_default();
    let mut events = Vec::with_capacity(ids.len());
    for (event, event_id) in input.batch.iter().zip(ids.iter().copied()) {
        events.push(NewEvent {
            event_id,
            event_type: event.event_type.clone(),
            schema_version: event.schema_version,
            data: event.data.clone(),
            metadata: with_origin(&event.metadata, input, first)?,
        });
    }
    let stream = input.stream.clone();
    let mut attempts = 0;
    let appended = loop {
        attempts += 1;
        let expected = if input.force { input.expected } else { must_apply(store, &stream, input.expected, &events).await? };
        let request = AppendRequest { stream: stream.clone(), expected, events: events.clone(), time: input.time.clone() };
        match store.append(request).await {
            // The stream has changed since the check, so the events are checked again.
            Err(StoreError::Conflict { .. }) if expected != input.expected && attempts < ATTEMPTS => {}
            answer => break answer?,
        }
    };
    let reports = events.into_iter().zip(&appended.events).map(|(event, recorded)| AppendedReport {
        event_id: event.event_id,
        event_type: event.event_type,
        version: recorded.version,
        position: recorded.position,
        recorded_at: recorded.recorded_at,
        hash: recorded.hash,
    });
    let outcome = match appended.outcome {
        Outcome::Applied => CommandResult::Applied,
        Outcome::AlreadyApplied => CommandResult::AlreadyApplied,
    };
    let last = appended.events.last();
    Ok(AppendReport {
        outcome,
        stream,
        version: last.map_or(Version::ZERO, |event| event.version),
        position: last.map_or(Position::ZERO, |event| event.position),
        events: reports.collect(),
        clock_behind_micros: appended.clock_behind_micros,
    })
}

/// Adds the client and the correlation id, which is the id of the batch's first event by default.
fn with_origin(metadata: &JsonObject, input: &AppendEvents, first: Uuid) -> Result<JsonObject, OpsError> {
    let mut object: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(metadata.as_str()).map_err(|error| OpsError::Invalid(format!("metadata: {error}")))?;
    object.entry("client_id").or_insert_with(|| input.client_id.as_str().into());
    // Values of the request replace those of single events.
    for (key, said) in [("correlation_id", &input.correlation_id), ("causation_id", &input.causation_id)] {
        if let Some(said) = said {
            object.insert(key.into(), said.as_str().into());
        }
    }
    object.entry("correlation_id").or_insert_with(|| first.to_string().into());
    Ok(JsonObject::of(&object)?)
}
