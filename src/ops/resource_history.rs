//! The history of a resource: type, time, client and amounts of each event.

use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use crate::aggregate::Aggregate;
use crate::aggregate::AggregateFold;
use crate::aggregate::Fold;
use crate::aggregate::FoldError;
use crate::domain::resource::Resource;
use crate::event::EventView;
use crate::event::Position;
use crate::event::StreamName;
use crate::event::Timestamp;
use crate::event::Version;
use crate::ops::error::OpsError;
use crate::ops::not_found::not_found;
use crate::runtime::RuntimeError;
use crate::store::ReadQuery;
use crate::store::Scan;
use crate::store::Store;

/// An entry of the history of a resource.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HistoryEntry {
    /// The version of the event.
    pub version: Version,
    /// The position of the event.
    pub position: Position,
    /// The time that the store gave the event.
    pub recorded_at: Timestamp,
    /// The type of the event.
    #[serde(rename = "type")]
    pub event_type: String,
    /// The client that caused the event.
    pub client_id: Option<String>,
    /// The recorded reason, if there is one.
    pub reason: Option<String>,
    /// The amount right before the event, with regeneration up to then; none before the resource existed.
    pub amount_before: Option<i64>,
    /// The amount right after the event.
    pub amount_after: Option<i64>,
    /// The event id.
    pub event_id: Uuid,
    /// True for a quarantined event, which changed nothing.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub quarantined: bool,
}

/// A reader of the history of a resource, in chunks.
pub struct ResourceHistory {
    scan: Scan,
    fold: AggregateFold<Resource>,
}

impl ResourceHistory {
    /// Begins at the first event.
    ///
    /// # Errors
    /// [`OpsError::NotFound`] when there is no such resource.
    pub async fn open(store: &Store, id: &str) -> Result<Self, OpsError> {
        let stream = StreamName::of(Resource::CATEGORY, id)?;
        if store.stream_version(stream.clone()).await? == Version::ZERO {
            return Err(not_found("resource", store, &stream).await);
        }
        let fold = AggregateFold::new(stream.as_str());
        Ok(Self { scan: store.scan(ReadQuery::stream(stream)), fold })
    }

    /// Returns the next entries; none after the last.
    ///
    /// # Errors
    /// [`RuntimeError::Fold`] when an event failed to apply.
    pub async fn next(&mut self) -> Result<Option<Vec<HistoryEntry>>, OpsError> {
        let Some(chunk) = self.scan.next().await? else { return Ok(None) };
        let mut entries = Vec::with_capacity(chunk.len());
        for event in chunk.iter() {
            let entry = entry(&mut self.fold, &event).map_err(|source| RuntimeError::Fold {
                stream: event.stream.to_owned(),
                version: event.version,
                position: event.position,
                source,
            })?;
            entries.push(entry);
        }
        Ok(Some(entries))
    }
}

fn entry(fold: &mut AggregateFold<Resource>, event: &EventView<'_>) -> Result<HistoryEntry, FoldError> {
    let amount = |fold: &AggregateFold<Resource>| fold.show(event.recorded_at)["amount"].as_i64();
    let amount_before = amount(fold);
    match event.quarantined {
        true => fold.leave_out(event),
        false => fold.apply(event)?,
    }
    let data: Value = serde_json::from_str(event.data).unwrap_or_default();
    Ok(HistoryEntry {
        version: event.version,
        position: event.position,
        recorded_at: event.recorded_at,
        event_type: event.event_type.to_owned(),
        client_id: event.client_id(),
        reason: data["reason"].as_str().map(str::to_owned),
        amount_before,
        amount_after: amount(fold),
        event_id: event.event_id,
        quarantined: event.quarantined,
    })
}
