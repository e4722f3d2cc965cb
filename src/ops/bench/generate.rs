//! Generated events of resources with realistic sizes: about 120 bytes of data and 60 of metadata.

use std::time::Duration;

use serde_json::Value;
use serde_json::json;

use crate::aggregate::Aggregate;
use crate::aggregate::DomainEvent;
use crate::domain::resource::Resource;
use crate::domain::resource::ResourceAdded;
use crate::domain::resource::ResourceAllocated;
use crate::domain::resource::ResourceCreated;
use crate::domain::resource::ResourceEvent;
use crate::event::EventType;
use crate::event::ExpectedVersion;
use crate::event::JsonObject;
use crate::event::NewEvent;
use crate::event::StreamName;
use crate::event::Timestamp;
use crate::event::Version;
use crate::event::new_id;
use crate::ops::bench::Bench;
use crate::ops::bench::stream_order::StreamOrder;
use crate::ops::error::OpsError;
use crate::store::AppendRequest;
use crate::store::RecordTime;
use crate::store::baseline::BaselineEvent;

/// The amount of a new resource.
const AMOUNT: i64 = 500_000;
/// The amount that an event takes and the next one puts back.
const TAKEN: i64 = 25;
/// The number of events in a commit while a store is filled. It limits memory, and the number of writes of each page.
const FILL_BATCH: u64 = 5000;
/// 2025-12-03T16:46:43.437Z
const FIRST_MOMENT_MICROS: i64 = 1_764_780_403_437_000;

/// Returns the event of a resource at a version from 1: it is created, then an amount is taken and put back in turn.
fn event(version: u64) -> Result<NewEvent, OpsError> {
    let last_regenerated = Some(Timestamp::from_micros_saturating(FIRST_MOMENT_MICROS).plus(Duration::from_millis(version)));
    let (regenerated, regeneration_remainder, reason) = (0, 0, None);
    let fact = match version {
        1 => ResourceEvent::Created(ResourceCreated {
            owner_id: "player123".into(),
            resource_type: "currency".into(),
            amount: AMOUNT,
            max_amount: 2 * AMOUNT,
            regeneration_rate: 0.0,
            metadata: serde_json::Map::new(),
            last_regenerated,
        }),
        version if version % 2 == 0 => ResourceEvent::Allocated(ResourceAllocated {
            amount: TAKEN,
            new_amount: AMOUNT - TAKEN,
            regenerated,
            last_regenerated,
            regeneration_remainder,
            reason,
        }),
        _ => ResourceEvent::Added(ResourceAdded {
            amount: TAKEN,
            requested: TAKEN,
            new_amount: AMOUNT,
            regenerated,
            last_regenerated,
            regeneration_remainder,
            reason,
        }),
    };
    let event_id = new_id();
    let metadata = format!(r#"{{"client_id":"bench","correlation_id":"{}"}}"#, &event_id.simple().to_string()[..28]);
    Ok(NewEvent {
        event_id,
        event_type: EventType::parse(fact.event_type())?,
        schema_version: 1,
        data: JsonObject::of(&fact)?,
        metadata: JsonObject::parse(&metadata)?,
    })
}

/// Returns the stream of the resource with a number.
pub(super) fn stream(number: u64) -> Result<StreamName, OpsError> {
    Ok(StreamName::of(Resource::CATEGORY, &id(number))?)
}

/// Returns the id of the resource with a number.
pub(super) fn id(number: u64) -> String {
    format!("bench-{number:06}")
}

/// Returns the payload of the command that creates a resource.
pub(super) fn creation() -> Value {
    json!({ "owner_id": "player123", "resource_type": "currency", "initial_amount": AMOUNT, "max_amount": 2 * AMOUNT })
}

/// Returns an append of a number of events to a stream at a version.
pub(super) fn append(stream: StreamName, after: Version, events: usize) -> Result<AppendRequest, OpsError> {
    let events = (after.0 + 1..).take(events).map(event).collect::<Result<Vec<_>, _>>()?;
    Ok(AppendRequest { stream, expected: ExpectedVersion::Exact(after), events, time: RecordTime::StoreClock })
}

/// Returns the events of appends for the bare database. Each append has the number of its stream and the version before it.
pub(super) fn baseline_events<'a>(appends: impl Iterator<Item = (u64, Version, &'a AppendRequest)>) -> Vec<BaselineEvent> {
    let events_of = |(number, mut version, append): (u64, Version, &'a AppendRequest)| {
        append.events.iter().map(move |event| {
            version = version.next();
            BaselineEvent { stream: append.stream.clone(), number, version, event: event.clone() }
        })
    };
    appends.flat_map(events_of).collect()
}

/// Fills the store. The events go to the streams as they do in real stores; see [`StreamOrder`].
pub(super) async fn fill(bench: &mut Bench<'_>, events: u64, streams: u64) -> Result<(), OpsError> {
    fill_in_order(bench, events, &mut StreamOrder::new(events, streams)).await
}

/// Fills the store in an order, which can go on afterwards.
pub(super) async fn fill_in_order(bench: &mut Bench<'_>, events: u64, order: &mut StreamOrder) -> Result<(), OpsError> {
    let mut written = 0;
    while written < events {
        let next = events.min(written + FILL_BATCH);
        let appends = (written..next).map(|_| {
            let (number, version) = order.next(1);
            append(stream(number)?, version, 1)
        });
        let answers = bench.store.append_together(appends.collect::<Result<_, _>>()?).await?;
        for answer in answers {
            answer?;
        }
        (bench.progress)(next - written);
        written = next;
    }
    Ok(())
}
