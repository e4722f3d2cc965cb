//! Comparing a kept value with the value that the events make.

use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use crate::aggregate::Fold;
use crate::event::EventView;
use crate::event::Position;
use crate::event::Timestamp;
use crate::event::Version;
use crate::ops::changes::Change;
use crate::ops::changes::changes;
use crate::runtime::RuntimeError;

/// A reference to an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct EventRef {
    /// The position of the event in the store.
    pub position: Position,
    /// The version of the event in its stream.
    pub version: Version,
    /// The type of the event.
    #[serde(rename = "type")]
    pub event_type: String,
    /// The id of the event.
    pub event_id: Uuid,
    /// The time that the store gave the event.
    pub recorded_at: Timestamp,
}

impl EventRef {
    /// Returns a reference to an event.
    pub(crate) fn of(event: &EventView<'_>) -> Self {
        Self {
            position: event.position,
            version: event.version,
            event_type: event.event_type.to_owned(),
            event_id: event.event_id,
            recorded_at: event.recorded_at,
        }
    }
}

/// The result of comparing a kept value with the value that the events make.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum StateComparison {
    /// The values are equal.
    Equal,
    /// The kept value cannot be compared, for this reason. No load uses it either.
    NotComparable(String),
    /// The values are different.
    Different {
        reason: String,
        changes: Vec<Change>,
        /// The event that is known to be the cause.
        event: Option<EventRef>,
    },
}

impl StateComparison {
    /// Returns a difference of a whole value; none: the value does not exist on that side.
    pub(crate) fn of_whole(reason: impl Into<String>, expected: Option<Value>, found: Option<Value>) -> Self {
        Self::Different { reason: reason.into(), changes: vec![whole(expected, found)], event: None }
    }

    /// Returns the differences for a report. `kept` names the kept value.
    pub(crate) fn into_differences(self, kept: &str, version: Version) -> Vec<Difference> {
        let Self::Different { reason, mut changes, event } = self else { return Vec::new() };
        if changes.is_empty() {
            changes.push(whole(None, None));
        }
        let of = |change: Change| Difference {
            kept: kept.to_owned(),
            version,
            reason: reason.clone(),
            path: change.path,
            expected: change.before,
            found: change.after,
            event: event.clone(),
        };
        changes.into_iter().map(of).collect()
    }
}

/// A place in a kept value that differs from what the events make.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Difference {
    /// The kept value: `snapshot`, `read model NAME`, or `row KEY of read model NAME`. `state` if the events make a state
    /// that breaks a rule of its domain.
    pub kept: String,
    /// The version of the stream that the value shows.
    pub version: Version,
    /// The kind of difference, in words.
    pub reason: String,
    /// The place, as a JSON pointer; empty: the whole value.
    pub path: String,
    /// The value that the events make.
    #[cfg_attr(feature = "server", schema(required = true, value_type = Value))]
    pub expected: Option<Value>,
    /// The value that is kept.
    #[cfg_attr(feature = "server", schema(required = true, value_type = Value))]
    pub found: Option<Value>,
    /// The event that was left out, if that is the cause. Otherwise the last event up to that version that changed the place.
    #[cfg_attr(feature = "server", schema(required = true))]
    pub event: Option<EventRef>,
}

/// Returns the state that a fold would save, as JSON.
pub(crate) fn saved(fold: &dyn Fold) -> Result<Value, RuntimeError> {
    let text = fold.save().map_err(RuntimeError::State)?;
    // A saved state is JSON.
    Ok(serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

/// Compares the state of a fold with a kept text.
pub(crate) fn compare_text(fold: &dyn Fold, kept: &str) -> Result<StateComparison, RuntimeError> {
    let expected = saved(fold)?;
    Ok(match serde_json::from_str::<Value>(kept) {
        Ok(found) => match changes(&expected, &found) {
            same if same.is_empty() => StateComparison::Equal,
            changes => StateComparison::Different { reason: "the state differs from the events".into(), changes, event: None },
        },
        Err(error) => StateComparison::of_whole(format!("its state cannot be read: {error}"), Some(expected), Some(kept.into())),
    })
}

/// Returns a change of a whole value.
pub(crate) fn whole(before: Option<Value>, after: Option<Value>) -> Change {
    Change { path: String::new(), before, after }
}
