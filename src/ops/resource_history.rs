//! The audit trail of a resource: what happened, when, who did it, the amount before and after.

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
use crate::ops::near::nothing_of;
use crate::runtime::RuntimeError;
use crate::store::ReadQuery;
use crate::store::Scan;
use crate::store::Store;

/// One thing that happened to a resource.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HistoryEntry {
    /// Its place in the stream.
    pub version: Version,
    /// Its place in the store.
    pub position: Position,
    /// When.
    pub recorded_at: Timestamp,
    /// What.
    #[serde(rename = "type")]
    pub event_type: String,
    /// Who.
    pub client_id: Option<String>,
    /// Why, where it was said.
    pub reason: Option<String>,
    /// The amount right before, regeneration up to that moment counted; none before the resource was.
    pub amount_before: Option<i64>,
    /// The amount right after.
    pub amount_after: Option<i64>,
    /// Its id.
    pub event_id: Uuid,
    /// True for a quarantined event, which changed nothing.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub quarantined: bool,
}

/// Reads the history of one resource, in chunks.
pub struct ResourceHistory {
    scan: Scan,
    fold: AggregateFold<Resource>,
}

impl ResourceHistory {
    /// Begins at the first event.
    ///
    /// # Errors
    /// [`OpsError::NotFound`] when there is no such resource, or as the store says.
    pub async fn open(store: &Store, id: &str) -> Result<Self, OpsError> {
        let stream = StreamName::of(Resource::CATEGORY, id)?;
        if store.stream_version(stream.clone()).await? == Version::ZERO {
            return Err(nothing_of("resource", store, &stream).await);
        }
        let fold = AggregateFold::new(stream.as_str());
        Ok(Self { scan: store.scan(ReadQuery::stream(stream)), fold })
    }

    /// The next entries; none after the last.
    ///
    /// # Errors
    /// As the store says, or when an event cannot be read.
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
