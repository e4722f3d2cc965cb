//! Quarantine of events that every state and read model leaves out until they are released.

use std::sync::Arc;

use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use crate::event::EventType;
use crate::event::ExpectedVersion;
use crate::event::JsonObject;
use crate::event::NewEvent;
use crate::event::RecordedEvent;
use crate::event::StreamName;
use crate::ops::error::OpsError;
use crate::ops::projections::status::Maintainer;
use crate::runtime::Clock;
use crate::runtime::CommandResult;
use crate::runtime::Projector;
use crate::runtime::QueryBus;
use crate::runtime::RunOptions;
use crate::runtime::RuntimeError;
use crate::store::AppendRequest;
use crate::store::QUARANTINE_ADDED;
use crate::store::QUARANTINE_RELEASED;
use crate::store::QUARANTINE_STREAM;
use crate::store::QuarantineRecord;
use crate::store::Quarantined;
use crate::store::RecordTime;
use crate::store::Store;
use crate::store::StoreError;
use crate::store::no_store_is_empty;

/// Maximum number of attempts while other processes quarantine and release.
const ATTEMPTS: u32 = 10;

/// A change of the quarantine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QuarantineAction {
    /// Quarantine the event.
    Add,
    /// Release the event.
    Release,
}

/// A request to quarantine or release an event.
#[derive(Debug, Clone)]
pub struct QuarantineChange {
    /// The change.
    pub action: QuarantineAction,
    /// The id of the event.
    pub event_id: Uuid,
    /// The reason, which is recorded.
    pub reason: Option<String>,
    /// The client that requests the change.
    pub client_id: String,
}

/// A read model that had to be rebuilt because of the change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RebuiltReadModel {
    /// The name of the projection.
    pub name: String,
    /// True if the read model was rebuilt.
    pub rebuilt: bool,
    /// The program that has the projection. The read model of an application stays marked until the application rebuilds it.
    #[serde(skip_serializing_if = "Maintainer::is_esctl")]
    pub maintained_by: Maintainer,
    /// The reason why the read model was not rebuilt. It stays marked as missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// The result of a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct QuarantineReport {
    /// `applied`, or `unchanged` if the event was in that state already.
    pub outcome: CommandResult,
    /// True if the event is quarantined now.
    pub quarantined: bool,
    /// The event, with the reason.
    #[serde(flatten)]
    pub event: QuarantineRecord,
    /// The read models that had to be rebuilt.
    pub read_models: Vec<RebuiltReadModel>,
}

/// Lists the quarantined events, in the order of their positions. A store that was not created yet has none.
pub async fn list_quarantine(store: &Store) -> Result<Vec<Quarantined>, OpsError> {
    let quarantine = no_store_is_empty(store.quarantine().await)?;
    let mut events: Vec<Quarantined> = quarantine.iter().cloned().collect();
    events.sort_by_key(|quarantined| quarantined.event.position);
    Ok(events)
}

/// Quarantines or releases an event, and rebuilds the read models that have passed it. A read model that cannot be rebuilt stays
/// marked, and the report names it.
///
/// # Errors
/// [`OpsError::NotFound`] when there is no such event; [`OpsError::Invalid`] for an event of a reserved stream.
pub async fn change_quarantine(
    store: &Store,
    queries: &QueryBus,
    change: &QuarantineChange,
    clock: Clock,
) -> Result<QuarantineReport, OpsError> {
    let known = store.events_by_id(vec![change.event_id]).await?;
    let not_found = || OpsError::NotFound { kind: "event", name: change.event_id.to_string(), candidates: Vec::new() };
    let event = known.into_iter().next().ok_or_else(not_found)?;
    if event.stream.starts_with('$') {
        let message = format!("event {} is of the reserved stream {}, which has no state", change.event_id, event.stream);
        return Err(OpsError::Invalid(message));
    }
    let record = QuarantineRecord {
        event_id: event.event_id,
        stream: event.stream.clone(),
        version: event.version,
        position: event.position,
        event_type: event.event_type.clone(),
        reason: change.reason.clone(),
    };
    let changed = append(store, change, &record).await?;
    let mut report = QuarantineReport {
        outcome: if changed { CommandResult::Applied } else { CommandResult::Unchanged },
        quarantined: change.action == QuarantineAction::Add,
        event: record,
        read_models: Vec::new(),
    };
    // This also runs without a change, as an earlier run may have been interrupted before its rebuilds.
    for projection in queries.projections().iter().chain(queries.of_applications()) {
        let projector = Projector::new(store, &**projection, Arc::clone(&clock), RunOptions::default());
        let runs_here = !queries.is_of_application(projection.name());
        report.read_models.extend(redo(&projector, &event, change, changed, runs_here).await?);
    }
    Ok(report)
}

/// Appends the change to the reserved stream. Returns false if the event is in that state already.
async fn append(store: &Store, change: &QuarantineChange, record: &QuarantineRecord) -> Result<bool, OpsError> {
    let event_type = match change.action {
        QuarantineAction::Add => QUARANTINE_ADDED,
        QuarantineAction::Release => QUARANTINE_RELEASED,
    };
    let stream = StreamName::recorded(QUARANTINE_STREAM)?;
    for _ in 0..ATTEMPTS {
        let quarantine = store.quarantine().await?;
        if quarantine.contains(record.event_id) == (change.action == QuarantineAction::Add) {
            return Ok(false);
        }
        let mut event = NewEvent::new(EventType::parse(event_type)?, record)?;
        let origin = json!({ "client_id": change.client_id, "correlation_id": event.event_id.to_string() });
        event.metadata = JsonObject::of(&origin)?;
        let request = AppendRequest {
            stream: stream.clone(),
            expected: ExpectedVersion::Exact(quarantine.version()),
            events: vec![event],
            time: RecordTime::StoreClock,
        };
        match store.append_to_any(vec![request]).await?.pop() {
            Some(Ok(_)) => return Ok(true),
            Some(Err(StoreError::Conflict { .. })) => {}
            Some(Err(error)) => return Err(error.into()),
            None => return Err(StoreError::Bug("an append got no answer".into()).into()),
        }
    }
    Err(OpsError::Conflict(format!("gave up after {ATTEMPTS} attempts: the quarantine keeps changing")))
}

/// Marks and rebuilds a read model that has passed the event. Runs a read model again that is stopped at it.
async fn redo(
    projector: &Projector<'_>,
    event: &RecordedEvent,
    change: &QuarantineChange,
    changed: bool,
    runs_here: bool,
) -> Result<Option<RebuiltReadModel>, OpsError> {
    let reason = match change.action {
        QuarantineAction::Add => "quarantined after the rows applied it",
        QuarantineAction::Release => "released after the rows left it out",
    };
    let passed = match changed {
        true => projector.mark_missing(event, reason).await?,
        false => projector.lacks(event.event_id).await?,
    };
    let name = projector.projection_name().to_owned();
    if !runs_here {
        let error = RuntimeError::MaintainedByApplication(name.clone()).to_string();
        let maintained_by = Maintainer::Application;
        return Ok(passed.then_some(RebuiltReadModel { name, rebuilt: false, maintained_by, error: Some(error) }));
    }
    let done = match passed {
        true => projector.rebuild(&mut |_| {}).await,
        false if projector.stops_at(event.event_id).await? => projector.catch_up(&mut |_| {}).await,
        false => return Ok(None),
    };
    let error = done.err().map(|error| error.to_string());
    Ok(Some(RebuiltReadModel { name, rebuilt: error.is_none(), maintained_by: Maintainer::Esctl, error }))
}
