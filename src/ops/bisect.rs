//! Search for the first event after which a condition on the state holds, in one pass.

use json_patch::Patch;
use serde::Serialize;
use serde_json::Value;

use crate::event::RecordedEvent;
use crate::event::StreamName;
use crate::event::Version;
use crate::ops::changes::Change;
use crate::ops::changes::changes;
use crate::ops::condition::Condition;
use crate::ops::error::OpsError;
use crate::ops::reducer::Reducer;
use crate::ops::replay::PointInTime;
use crate::runtime::apply;
use crate::store::ReadQuery;
use crate::store::Store;

/// The input of a search.
#[derive(Debug, Clone)]
pub struct Bisect {
    /// The stream.
    pub stream: StreamName,
    /// The first version to test. Earlier events are only folded.
    pub from: Version,
    /// The last point to test.
    pub until: PointInTime,
    /// The reducer that makes the states.
    pub reducer: Reducer,
    /// The condition on the state after each event.
    pub condition: Condition,
}

/// The outcome of a search.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BisectReport {
    /// The stream.
    pub stream: StreamName,
    /// The reducer that makes the states.
    pub reducer: String,
    /// True if the condition holds after an event.
    pub found: bool,
    /// The number of states that were tested.
    pub states_asked: u64,
    /// The first event after which the condition holds.
    pub event: Option<RecordedEvent>,
    /// The state before that event, at the time of the event before it.
    pub before: Option<Value>,
    /// The state after the event, at its time.
    pub after: Option<Value>,
    /// The JSON Patch (RFC 6902) between these states.
    pub patch: Option<Patch>,
    /// The same changes for display.
    #[serde(skip)]
    pub changes: Vec<Change>,
}

/// Finds the first event after which the condition holds. No snapshot is used.
///
/// # Errors
/// Those of [`replay`](crate::ops::replay::replay); [`OpsError::Condition`] when the condition fails for a state.
pub async fn bisect(store: &Store, input: &Bisect) -> Result<BisectReport, OpsError> {
    let mut fold = input.reducer.fold_of(store, &input.stream)?;
    let up_to = input.until.existing_version(store, &input.stream).await?;
    let mut report = BisectReport {
        stream: input.stream.clone(),
        reducer: fold.version().name,
        found: false,
        states_asked: 0,
        event: None,
        before: None,
        after: None,
        patch: None,
        changes: Vec::new(),
    };
    let mut before = Value::Null;
    let mut scan = store.scan(ReadQuery::stream(input.stream.clone()).to(up_to.0));
    while let Some(chunk) = scan.next().await? {
        for event in chunk.iter() {
            apply(&mut *fold, &event)?;
            // The state before the first tested one is part of the report.
            if event.version.0 + 1 < input.from.0 {
                continue;
            }
            let after = fold.show(event.recorded_at);
            if event.version >= input.from {
                report.states_asked += 1;
                if input.condition.of_state(&after, &event)? {
                    report.found = true;
                    report.event = Some(event.to_recorded());
                    report.patch = Some(json_patch::diff(&before, &after));
                    report.changes = changes(&before, &after);
                    (report.before, report.after) = (Some(before), Some(after));
                    return Ok(report);
                }
            }
            before = after;
        }
    }
    Ok(report)
}
