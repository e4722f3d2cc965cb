//! Checks that the read model has applied each event exactly once, in order, up to the last one.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::ops::selftest::check::ledger::HistoryIndex;
use crate::ops::selftest::check::ledger::Ledger;
use crate::ops::selftest::promise::Promise;
use crate::ops::selftest::trail::Trail;

const PROMISE: Promise = Promise::ReadModels;

pub(super) fn check(index: &HistoryIndex<'_>, ledger: &mut Ledger) {
    for damage in &index.history.read_model_damage {
        ledger.found(PROMISE, damage.clone());
    }
    let mut rows: BTreeMap<&str, &str> = index.history.rows.iter().map(|(key, row)| (key.as_str(), row.as_str())).collect();
    for (stream, events) in &index.by_stream {
        ledger.tries(PROMISE, 1);
        let mut folded = Trail::default();
        events.iter().for_each(|event| folded.add(event.event_id));
        let row = rows.remove(stream).and_then(|row| serde_json::from_str::<Trail>(row).ok());
        let Some(row) = row else {
            ledger.found(PROMISE, format!("the row of stream {stream} is missing or cannot be read"));
            continue;
        };
        if row != folded {
            let message = format!(
                "the row of stream {stream} does not match its events: it has applied {}, the stream has {}",
                row.events, folded.events
            );
            ledger.found(PROMISE, message);
        }
    }
    for stream in rows.keys() {
        ledger.found(PROMISE, format!("there is a row for stream {stream}, which has no events"));
    }
    ledger.tries(PROMISE, 1);
    let last = index.history.events.last();
    let checkpoint = index.history.checkpoint.map(|found| (found.position, found.event_id));
    if checkpoint != last.map(|last| (last.position, Some(last.event_id))) {
        let said = checkpoint.map_or(Value::Null, |(position, _)| position.0.into());
        ledger.found(PROMISE, format!("the checkpoint of the read model is at {said}, not on the last event"));
    }
}
