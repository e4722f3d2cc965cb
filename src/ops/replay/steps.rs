//! Replay of a stream event by event, with the change that each event made.

use json_patch::Patch;
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use crate::aggregate::Fold;
use crate::event::Position;
use crate::event::Timestamp;
use crate::event::Version;
use crate::ops::changes::Change;
use crate::ops::changes::changes;
use crate::ops::error::OpsError;
use crate::ops::replay::stream::Replay;
use crate::runtime::apply;
use crate::store::ReadQuery;
use crate::store::Scan;
use crate::store::Store;

/// An event and the change that it made.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReplayStep {
    /// The position of the event.
    pub position: Position,
    /// The version of the event.
    pub version: Version,
    /// The type of the event.
    #[serde(rename = "type")]
    pub event_type: String,
    /// The time that the store gave the event.
    pub recorded_at: Timestamp,
    /// The id of the event.
    pub event_id: Uuid,
    /// The client that caused the event.
    pub client_id: Option<String>,
    /// The reducer that applied the event.
    pub reducer: String,
    /// The JSON Patch (RFC 6902) from the state before the event to the state after it. The first one starts at null.
    pub patch: Patch,
    /// The same changes for display.
    #[serde(skip)]
    pub changes: Vec<Change>,
    /// The state after the event, at its time.
    pub state: Value,
    /// True for a quarantined event, which changed nothing.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub quarantined: bool,
}

/// A replay in progress, one event at a time, in constant memory.
pub struct ReplaySteps {
    scan: Scan,
    next: usize,
    fold: Box<dyn Fold>,
    state: Value,
}

impl ReplaySteps {
    /// Begins before the first event. No snapshot is used.
    ///
    /// # Errors
    /// Those of [`replay`](crate::ops::replay::replay).
    pub async fn open(store: &Store, input: &Replay) -> Result<Self, OpsError> {
        let fold = input.reducer.fold_of(store, &input.stream)?;
        let up_to = input.until.existing_version(store, &input.stream).await?;
        let scan = store.scan(ReadQuery::stream(input.stream.clone()).to(up_to.0));
        Ok(Self { scan, next: 0, fold, state: Value::Null })
    }

    /// Applies the next event; none after the last.
    pub async fn next(&mut self) -> Result<Option<ReplayStep>, OpsError> {
        while self.next >= self.scan.current().len() {
            if self.scan.next().await?.is_none() {
                return Ok(None);
            }
            self.next = 0;
        }
        let Some(event) = self.scan.current().get(self.next) else { return Ok(None) };
        self.next += 1;
        apply(&mut *self.fold, &event)?;
        let state = self.fold.show(event.recorded_at);
        let entry = ReplayStep {
            position: event.position,
            version: event.version,
            event_type: event.event_type.to_owned(),
            recorded_at: event.recorded_at,
            event_id: event.event_id,
            client_id: event.client_id(),
            reducer: self.fold.version().name,
            patch: json_patch::diff(&self.state, &state),
            changes: changes(&self.state, &state),
            state: state.clone(),
            quarantined: event.quarantined,
        };
        self.state = state;
        Ok(Some(entry))
    }

    /// Returns the data of the last applied event; empty text before the first.
    pub fn data(&self) -> &str {
        let applied = self.next.checked_sub(1).and_then(|last| self.scan.current().get(last));
        applied.map_or("", |event| event.data)
    }
}
