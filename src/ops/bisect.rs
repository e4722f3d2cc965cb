//! The first event after which a condition on the state holds, found in one pass.

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
use crate::ops::replay::Until;
use crate::runtime::apply;
use crate::store::ReadQuery;
use crate::store::Store;

/// What to look for.
#[derive(Debug, Clone)]
pub struct Bisect {
    /// In which stream.
    pub stream: StreamName,
    /// From this version on; what was before it is folded, but not asked.
    pub from: Version,
    /// Up to where.
    pub until: Until,
    /// What makes the state.
    pub reducer: Reducer,
    /// What is asked of the state after each event.
    pub condition: Condition,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BisectReport {
    /// The stream.
    pub stream: StreamName,
    /// The reducer that makes the states.
    pub reducer: String,
    /// Whether there is such an event.
    pub found: bool,
    /// After how many events the condition was asked.
    pub states_asked: u64,
    /// The first event after which it holds.
    pub event: Option<RecordedEvent>,
    /// The state before that event, as of the event before it.
    pub before: Option<Value>,
    /// The state after it, as of its own moment.
    pub after: Option<Value>,
    /// What makes the one of the other (RFC 6902).
    pub patch: Option<Patch>,
    /// The same for people.
    #[serde(skip)]
    pub changes: Vec<Change>,
}

/// Looks for the first event after which the condition holds. No snapshot is used.
///
/// # Errors
/// As [`replay`](crate::ops::replay::replay); [`OpsError::Condition`] where the condition cannot be told of a state.
pub async fn bisect(store: &Store, input: &Bisect) -> Result<BisectReport, OpsError> {
    let mut fold = input.reducer.fold(&input.stream)?;
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
            // The state just before the first one that is asked is wanted as well.
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
