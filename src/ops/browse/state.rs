//! A version of a stream: its event, the state after it, and the changes.

use std::error::Error;

use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use crate::aggregate::Fold;
use crate::event::RecordedEvent;
use crate::event::StreamName;
use crate::event::Version;
use crate::ops::changes::Change;
use crate::ops::changes::changes;
use crate::ops::error::OpsError;
use crate::ops::not_found::no_stream;
use crate::ops::reducer::Reducer;
use crate::runtime::LoadOptions;
use crate::runtime::RuntimeError;
use crate::runtime::apply;
use crate::runtime::load;
use crate::store::ReadQuery;
use crate::store::Store;

/// A version of a stream.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StateReport {
    /// The stream.
    pub stream: StreamName,
    /// The last version of the stream.
    pub last: Version,
    /// The event that made this version.
    pub event: RecordedEvent,
    /// The reducer that makes the state: the category's domain or `merge`.
    pub reducer: String,
    /// The state after the event, at its time; null if there is none.
    pub state: Value,
    /// The differences from the state before the event.
    pub changes: Vec<Change>,
    /// The state before the event.
    #[serde(skip)]
    pub before: Value,
    /// The reason why there is no state, if an event failed to apply.
    pub unreadable: Option<String>,
    /// The ids of quarantined events that the state leaves out.
    pub left_out: Vec<Uuid>,
}

/// Reads a version of a stream.
///
/// # Errors
/// [`OpsError::NotFound`] when there is no such stream; [`OpsError::NotThere`] when it has no such version.
pub async fn state_at(store: &Store, stream: &StreamName, version: Version) -> Result<StateReport, OpsError> {
    let last = store.stream_version(stream.clone()).await?;
    if last == Version::ZERO {
        return Err(no_stream(store, stream).await);
    }
    let event = store.first(ReadQuery::stream(stream.clone()).from(version.0).to(version.0)).await?;
    let event = event.filter(|event| event.version == version).ok_or_else(|| OpsError::NotThere {
        kind: "version",
        message: format!("stream {stream} is at version {last}; there is no version {version}"),
    })?;
    let mut fold = Reducer::Own.fold(stream)?;
    let reducer = fold.version().name;
    let (before, state, unreadable) = match both_sides(store, stream, &mut *fold, &event).await {
        Ok((before, state)) => (before, state, None),
        Err(error @ RuntimeError::Fold { .. }) => (Value::Null, Value::Null, Some(with_causes(&error))),
        Err(error) => return Err(error.into()),
    };
    let changes = changes(&before, &state);
    let left_out = store.quarantine().await?.of_stream(stream.as_str(), version);
    Ok(StateReport { stream: stream.clone(), last, event, reducer, state, changes, before, unreadable, left_out })
}

impl StateReport {
    /// Returns the report with the visible parts of its states.
    #[must_use]
    pub fn visible(mut self, visible_part: impl Fn(Value) -> Value) -> Self {
        (self.before, self.state) = (visible_part(self.before), visible_part(self.state));
        self.changes = changes(&self.before, &self.state);
        self
    }
}

/// Returns the states before and after an event.
async fn both_sides(
    store: &Store,
    stream: &StreamName,
    fold: &mut dyn Fold,
    event: &RecordedEvent,
) -> Result<(Value, Value), RuntimeError> {
    let mut before = Value::Null;
    if event.version > Version(1) {
        let options = LoadOptions { up_to: Version(event.version.0 - 1), snapshots: true };
        let loaded = load(store, stream, fold, options).await?;
        before = fold.show(loaded.recorded_at);
    }
    apply(fold, &event.view())?;
    Ok((before, fold.show(event.recorded_at)))
}

fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(&format!(": {cause}"));
        next = cause.source();
    }
    text
}
