//! The comparison of snapshots of another program with the fold of their events.

use serde_json::Value;

use crate::aggregate::with_exact_numbers;
use crate::event::StreamName;
use crate::event::Timestamp;
use crate::event::Version;
use crate::ops::Reducer;
use crate::ops::changes::changes;
use crate::ops::error::OpsError;
use crate::ops::replay::PointInTime;
use crate::ops::replay::Replay;
use crate::ops::replay::replay;
use crate::ops::verify::layout::LayoutVerifier;
use crate::ops::verify::layout::finding;
use crate::ops::verify::layout::place;
use crate::runtime::RuntimeError;
use crate::store::Store;
use crate::store::StoreError;
use crate::store::layout_store::ForeignSnapshot;
use crate::store::layout_store::LayoutTables;

/// The number of places at which a state differs that a message names.
const MAX_PLACES: usize = 5;
/// The length of a value in a message, in characters.
const SHOWN: usize = 60;

/// The comparison of snapshots with their events.
pub(in crate::ops) struct SnapshotComparison<'a> {
    pub(in crate::ops) tables: &'a LayoutTables,
    pub(in crate::ops) store: &'a Store,
    /// The reducer that made the snapshots; none: their states are not compared.
    pub(in crate::ops) reducer: Option<&'a Reducer>,
    pub(in crate::ops) now: Timestamp,
}

impl LayoutVerifier<'_> {
    /// Checks the snapshots of all streams, or of the requested one.
    pub(super) async fn snapshots(&mut self) -> Result<(), OpsError> {
        if !self.parts.has_snapshots {
            return Ok(());
        }
        let Some(mut walk) = self.tables.snapshots().await? else {
            self.not_checked("snapshots: the store lacks their table or one of its columns");
            return Ok(());
        };
        while let Some(snapshots) = walk.next_snapshots().await? {
            for snapshot in snapshots {
                let is_wanted = |wanted: &StreamName| snapshot.stream.as_deref() == Some(wanted.as_str());
                if self.input.stream.as_ref().is_none_or(is_wanted) {
                    self.report.snapshots += 1;
                    self.snapshot(snapshot).await?;
                }
            }
        }
        if self.input.reducer.is_none() && self.report.snapshots > 0 {
            self.not_checked("states of snapshots: name the reducer that makes them with --reducer");
        }
        Ok(())
    }

    async fn snapshot(&mut self, snapshot: ForeignSnapshot) -> Result<(), OpsError> {
        let (tables, store) = (self.tables, self.store);
        let comparison = SnapshotComparison { tables, store, reducer: self.input.reducer.as_ref(), now: self.input.now };
        if let Some(message) = comparison.fault(&snapshot).await? {
            let ForeignSnapshot { stream, version, .. } = &snapshot;
            self.report.add_of_kind(finding("snapshot", stream.as_deref(), *version, None, message));
        }
        Ok(())
    }
}

impl SnapshotComparison<'_> {
    /// Returns the reason why a snapshot is wrong; none if nothing was found.
    pub(in crate::ops) async fn fault(&self, snapshot: &ForeignSnapshot) -> Result<Option<String>, OpsError> {
        let ForeignSnapshot { stream, version, state } = snapshot;
        Ok(match (stream, version, state) {
            (None, ..) => Some("a snapshot has no stream".to_owned()),
            (_, None, _) => Some("a snapshot has no version that can be read".to_owned()),
            (_, _, Err(reason)) => Some(format!("the state of the snapshot cannot be read: {reason}")),
            (Some(stream), Some(version), Ok(state)) => self.difference(stream, *version, state.get()).await?,
        })
    }

    /// Returns the difference of a state from the fold of the events.
    async fn difference(&self, stream: &str, version: i64, state: &str) -> Result<Option<String>, OpsError> {
        let last = match self.tables.last_version(stream).await {
            Ok(last) => last,
            Err(StoreError::ForeignDamaged { message, .. }) => {
                return Ok(Some(format!("the snapshot cannot be compared: {message}")));
            }
            Err(error) => return Err(error.into()),
        };
        if version > last {
            let end = if last == 0 { "has no events".to_owned() } else { format!("ends at version {last}") };
            return Ok(Some(format!("the snapshot covers version {version}, and the stream {end}")));
        }
        let (Some(reducer), Ok(name)) = (self.reducer, StreamName::recorded(stream)) else { return Ok(None) };
        let input = Replay {
            stream: name,
            until: PointInTime::Version(Version(place(version))),
            diff: None,
            reducer: reducer.clone(),
            snapshots: false,
            now: self.now,
        };
        let folded = match replay(self.store, &input).await {
            Ok(folded) => folded.state,
            Err(error) => return not_comparable(error).map(Some),
        };
        let kept: Value = serde_json::from_str(&with_exact_numbers(state)).unwrap_or_default();
        Ok(state_difference(reducer, &folded, &kept))
    }
}

/// Returns the message on a stream that cannot be folded.
///
/// # Errors
/// The error, if it is not about the events of the stream.
fn not_comparable(error: OpsError) -> Result<String, OpsError> {
    match &error {
        OpsError::Runtime(RuntimeError::Store(StoreError::Integrity { .. } | StoreError::ForeignDamaged { .. })) => {}
        OpsError::Runtime(RuntimeError::Store(_)) | OpsError::Invalid(_) => return Err(error),
        _ => {}
    }
    Ok(format!("the snapshot cannot be compared: {error}"))
}

fn state_difference(reducer: &Reducer, folded: &Value, kept: &Value) -> Option<String> {
    let mut found = changes(folded, kept);
    found.retain(|change| !is_same_number(change.before.as_ref(), change.after.as_ref()));
    let (first, rest) = found.split_first()?;
    let shown = |value: &Option<Value>| value.as_ref().map_or_else(|| "nothing".to_owned(), excerpt);
    let at = |path: &str| if path.is_empty() { String::new() } else { format!(" at {path}") };
    let others: Vec<&str> = rest.iter().take(MAX_PLACES - 1).map(|change| change.path.as_str()).collect();
    let more = match (others.is_empty(), rest.len() > others.len()) {
        (true, _) => String::new(),
        (false, false) => format!("; also at {}", others.join(", ")),
        (false, true) => format!("; also at {} and {} more places", others.join(", "), rest.len() - others.len()),
    };
    let Reducer::Named(name) = reducer else {
        return Some(format!(
            "the state of the snapshot differs from its events{}: it has {}, and they make {}{more}",
            at(&first.path),
            shown(&first.after),
            shown(&first.before)
        ));
    };
    Some(format!(
        "the state of the snapshot differs from its events{}: it has {}, and reducer {name} makes {}{more}",
        at(&first.path),
        shown(&first.after),
        shown(&first.before)
    ))
}

/// Returns true for numbers of one value that are written in two ways, such as 1 and 1.0.
fn is_same_number(one: Option<&Value>, other: Option<&Value>) -> bool {
    match (one, other) {
        (Some(Value::Number(one)), Some(Value::Number(other))) => {
            let is_float = one.is_f64() || other.is_f64();
            is_float && one.as_f64() == other.as_f64()
        }
        _ => false,
    }
}

fn excerpt(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::state_difference;
    use crate::ops::Reducer;

    #[test]
    fn a_state_is_compared_place_by_place() {
        let merge = Reducer::Named("merge".into());
        let difference = |folded, kept| state_difference(&merge, &folded, &kept);
        assert_eq!(difference(json!({"a": 1, "b": [1.0]}), json!({"a": 1.0, "b": [1]})), None);
        assert_eq!(
            difference(json!({"gold": 99}), json!({"gold": 120})).unwrap(),
            "the state of the snapshot differs from its events at /gold: it has 120, and reducer merge makes 99"
        );
        let many = json!({"a": 1, "b": 1, "c": 1, "d": 1, "e": 1, "f": 1, "g": 1});
        assert_eq!(
            difference(many, json!({})).unwrap(),
            "the state of the snapshot differs from its events at /a: it has nothing, and reducer merge makes 1; \
             also at /b, /c, /d, /e and 2 more places"
        );
    }
}
