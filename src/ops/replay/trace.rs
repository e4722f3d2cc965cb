//! A replay event by event: what each one changed.

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

/// An event and what it changed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TraceEntry {
    /// Its place in the store.
    pub position: Position,
    /// Its place in the stream.
    pub version: Version,
    /// What happened.
    #[serde(rename = "type")]
    pub event_type: String,
    /// When.
    pub recorded_at: Timestamp,
    /// Its id.
    pub event_id: Uuid,
    /// Who.
    pub client_id: Option<String>,
    /// The reducer that folded it.
    pub reducer: String,
    /// What makes the state after it of the state after the event before (RFC 6902); that of the first starts at null.
    pub patch: Patch,
    /// The same for people.
    #[serde(skip)]
    pub changes: Vec<Change>,
    /// The state after it, as of its own moment.
    pub state: Value,
    /// True for a quarantined event, which changed nothing.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub quarantined: bool,
}

/// A replay under way, one event at a time: memory stays flat.
pub struct Trace {
    scan: Scan,
    next: usize,
    fold: Box<dyn Fold>,
    state: Value,
}

impl Trace {
    /// Begins before the first event. No snapshot is used.
    ///
    /// # Errors
    /// As [`replay`](crate::ops::replay::replay).
    pub async fn open(store: &Store, input: &Replay) -> Result<Self, OpsError> {
        let fold = input.reducer.fold(&input.stream)?;
        let up_to = input.until.existing_version(store, &input.stream).await?;
        let scan = store.scan(ReadQuery::stream(input.stream.clone()).to(up_to.0));
        Ok(Self { scan, next: 0, fold, state: Value::Null })
    }

    /// The next event; none after the last.
    ///
    /// # Errors
    /// As the store says, or when an event cannot be taken in.
    pub async fn next(&mut self) -> Result<Option<TraceEntry>, OpsError> {
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
        let entry = TraceEntry {
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
}
