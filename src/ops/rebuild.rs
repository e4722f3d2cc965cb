//! Rebuilding a stream from its first event, and comparing what is kept of it on the way: snapshots,
//! and a row of a read model.

use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use crate::aggregate::Fold;
use crate::aggregate::Projection;
use crate::event::EventView;
use crate::event::Hash;
use crate::event::Position;
use crate::event::StreamName;
use crate::event::Timestamp;
use crate::event::Version;
use crate::ops::changes::Change;
use crate::ops::changes::changes;
use crate::ops::error::OpsError;
use crate::ops::row_fold::LeftOut;
use crate::ops::row_fold::RowFold;
use crate::runtime::Loaded;
use crate::runtime::RuntimeError;
use crate::runtime::apply;
use crate::store::Misfit;
use crate::store::ReadQuery;
use crate::store::SnapshotInfo;
use crate::store::Store;

/// A row of a read model, and the empty row that its events are to bring to the same.
pub(crate) struct KeptRow {
    pub(crate) projection: Arc<dyn Projection>,
    pub(crate) key: String,
    pub(crate) row: Option<String>,
    /// How far the read model is: later events are not in the row yet.
    pub(crate) checkpoint: Position,
    pub(crate) fold: RowFold,
    pub(crate) left_out: LeftOut,
}

impl KeptRow {
    fn take_in(&mut self, event: &EventView<'_>) -> Result<(), RuntimeError> {
        self.fold.apply(&*self.projection, &self.key, event, &self.left_out)
    }
}

/// Maximum number of broken rules that are reported of one stream, or a few more.
const MAX_VIOLATIONS: usize = 20;

/// What came of a comparison.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Verdict {
    /// It is what the events make.
    Fits,
    /// It cannot be compared; it is not used either.
    PassedOver(String),
    /// It is not what the events make.
    Differs {
        reason: String,
        changes: Vec<Change>,
        /// The event that is known to be why.
        event: Option<EventRef>,
    },
}

/// What came of rebuilding a stream.
pub(crate) struct Rebuilt {
    pub(crate) loaded: Loaded,
    pub(crate) snapshots: Vec<(SnapshotInfo, Verdict)>,
    /// The version the row stands for, and what it is worth.
    pub(crate) row: Option<(Version, Verdict)>,
    /// The rules of the domain that a state broke, each with the event after which it did.
    pub(crate) violations: Vec<(String, EventRef)>,
}

/// An event that explains something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct EventRef {
    /// Its place in the store.
    pub position: Position,
    /// Its place in the stream.
    pub version: Version,
    /// What happened.
    #[serde(rename = "type")]
    pub event_type: String,
    /// Its id.
    pub event_id: Uuid,
    /// When.
    pub recorded_at: Timestamp,
}

/// Folds a stream from its first event. `snapshots` are those of one reducer, in the order of their versions.
pub(crate) async fn rebuild(
    store: &Store,
    stream: &StreamName,
    fold: &mut dyn Fold,
    snapshots: &[SnapshotInfo],
    mut row: Option<KeptRow>,
) -> Result<Rebuilt, OpsError> {
    let mut rebuilt = Rebuilt { loaded: Loaded::default(), snapshots: Vec::new(), row: None, violations: Vec::new() };
    let mut broken: Vec<String> = Vec::new();
    let mut to_compare = snapshots.iter().peekable();
    let mut row_version = Version::ZERO;
    let mut scan = store.scan(ReadQuery::stream(stream.clone()));
    while let Some(chunk) = scan.next().await? {
        for event in chunk.iter() {
            apply(fold, &event)?;
            let now_broken = fold.violations();
            if rebuilt.violations.len() < MAX_VIOLATIONS {
                let new = now_broken.iter().filter(|rule| !broken.contains(*rule));
                rebuilt.violations.extend(new.map(|rule| (rule.clone(), EventRef::of(&event))));
            }
            broken = now_broken;
            if let Some(row) = row.as_mut().filter(|row| event.position <= row.checkpoint) {
                row.take_in(&event)?;
                row_version = event.version;
            }
            while let Some(info) = to_compare.next_if(|info| info.version <= event.version) {
                let hash = (info.version == event.version).then_some(event.hash);
                if let Some(verdict) = compare_snapshot(store, info, fold, hash).await? {
                    rebuilt.snapshots.push((info.clone(), verdict));
                }
            }
        }
        rebuilt.loaded.events_applied += chunk.iter().filter(|event| !event.quarantined).count() as u64;
        if let Some(last) = chunk.last() {
            rebuilt.loaded.version = last.version;
            rebuilt.loaded.position = last.position;
            rebuilt.loaded.recorded_at = last.recorded_at;
            rebuilt.loaded.hash = last.hash;
        }
    }
    if let Some(quarantine) = scan.quarantine() {
        rebuilt.loaded.left_out = quarantine.of_stream(stream.as_str(), rebuilt.loaded.version);
    }
    for info in to_compare {
        if let Some(verdict) = compare_snapshot(store, info, fold, None).await? {
            rebuilt.snapshots.push((info.clone(), verdict));
        }
    }
    if let Some(row) = row {
        rebuilt.row = Some((row_version, compare_row(&row, row_version)?));
    }
    Ok(rebuilt)
}

/// What a fold would keep, as JSON.
pub(crate) fn saved(fold: &dyn Fold) -> Result<Value, RuntimeError> {
    let text = fold.save().map_err(RuntimeError::State)?;
    // What a fold saves is JSON.
    Ok(serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

/// Compares a snapshot with the state at its version; `None`: it has been deleted meanwhile.
async fn compare_snapshot(
    store: &Store,
    info: &SnapshotInfo,
    fold: &dyn Fold,
    event_hash: Option<Hash>,
) -> Result<Option<Verdict>, OpsError> {
    let found = store.snapshot(info.stream.clone(), info.reducer.clone(), info.version).await?;
    let Some(snapshot) = found.filter(|snapshot| snapshot.version == info.version) else { return Ok(None) };
    if let Some(misfit) = snapshot.misfit_of_logic(fold.version().version) {
        return Ok(Some(Verdict::PassedOver(misfit.to_string())));
    }
    if let Some(misfit) = snapshot.misfit_of_quarantine(&*store.quarantine().await?) {
        return Ok(Some(Verdict::PassedOver(misfit.to_string())));
    }
    let Some(misfit) = snapshot.misfit(event_hash) else { return Ok(Some(compare_text(fold, &snapshot.state)?)) };
    let changes = match misfit {
        // In which way it was changed says more than that it was.
        Misfit::State => match compare_text(fold, &snapshot.state)? {
            Verdict::Fits => Vec::new(),
            differs => return Ok(Some(differs)),
        },
        Misfit::History => {
            let expected = event_hash.map(|hash| hash.to_string().into());
            vec![differing("", expected, Some(snapshot.event_hash.to_string().into()))]
        }
        Misfit::NoEvent | Misfit::Logic { .. } | Misfit::Quarantine => Vec::new(),
    };
    Ok(Some(Verdict::Differs { reason: misfit.to_string(), changes, event: None }))
}

fn compare_row(row: &KeptRow, version: Version) -> Result<Verdict, OpsError> {
    match (&row.row, version) {
        (None, Version::ZERO) => Ok(Verdict::Fits),
        (Some(text), Version::ZERO) => {
            let changes = vec![differing("", None, Some(text.as_str().into()))];
            Ok(Verdict::Differs { reason: "the row is of a stream without events".into(), changes, event: None })
        }
        (text, _) => row.fold.verdict(text.as_deref()),
    }
}

/// Compares what a fold has made with what is kept.
pub(crate) fn compare_text(fold: &dyn Fold, kept: &str) -> Result<Verdict, OpsError> {
    let expected = saved(fold)?;
    Ok(match serde_json::from_str::<Value>(kept) {
        Ok(found) => match changes(&expected, &found) {
            same if same.is_empty() => Verdict::Fits,
            changes => Verdict::Differs { reason: "the state is another one".into(), changes, event: None },
        },
        Err(error) => {
            let change = differing("", Some(expected), Some(kept.into()));
            Verdict::Differs { reason: format!("its state cannot be read: {error}"), changes: vec![change], event: None }
        }
    })
}

pub(crate) fn differing(path: &str, before: Option<Value>, after: Option<Value>) -> Change {
    Change { path: path.to_owned(), before, after }
}

/// A place in a kept state whose last change is looked for.
pub(crate) struct Question {
    pub(crate) path: String,
    /// Up to this version.
    pub(crate) up_to: Version,
    pub(crate) answer: Option<EventRef>,
}

/// Finds the last event that changed each place, by folding the stream once more.
pub(crate) async fn explain(
    store: &Store,
    stream: &StreamName,
    fold: &mut dyn Fold,
    questions: &mut [Question],
) -> Result<(), OpsError> {
    let Some(up_to) = questions.iter().map(|question| question.up_to).max() else { return Ok(()) };
    let mut before = Value::Null;
    let mut scan = store.scan(ReadQuery::stream(stream.clone()).to(up_to.0));
    while let Some(chunk) = scan.next().await? {
        for event in chunk.iter() {
            apply(fold, &event)?;
            let after = saved(fold)?;
            for question in questions.iter_mut().filter(|question| event.version <= question.up_to) {
                if before.pointer(&question.path) != after.pointer(&question.path) {
                    question.answer = Some(EventRef::of(&event));
                }
            }
            before = after;
        }
    }
    Ok(())
}

impl EventRef {
    /// The event, by what names it.
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
