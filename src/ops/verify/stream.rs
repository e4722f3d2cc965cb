//! Verification of a stream: its state is folded from the first event and compared with the snapshots and rows on the way.

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::Value;

use crate::aggregate::Fold;
use crate::aggregate::Projection;
use crate::domain;
use crate::event::Hash;
use crate::event::Position;
use crate::event::StreamName;
use crate::event::Version;
use crate::ops::error::OpsError;
use crate::ops::replay::point_in_time::PointInTime;
use crate::ops::replay::stream::Replay;
use crate::ops::replay::stream::ReplayReport;
use crate::ops::replay::stream::replay_to;
use crate::ops::replay::stream::report;
use crate::ops::snapshots::pages::SnapshotPages;
use crate::ops::verify::chain::must_be_recorded;
use crate::ops::verify::comparison::Difference;
use crate::ops::verify::comparison::EventRef;
use crate::ops::verify::comparison::StateComparison;
use crate::ops::verify::comparison::compare_text;
use crate::ops::verify::comparison::saved;
use crate::ops::verify::comparison::whole;
use crate::ops::verify::projection_rows::RowScope;
use crate::ops::verify::projection_rows::compare_projections;
use crate::ops::verify::row_fold::LeftOutEvents;
use crate::ops::verify::row_fold::RowFold;
use crate::ops::verify::row_record::is_unchanged;
use crate::ops::verify::row_record::live_record;
use crate::ops::verify::verified::ReadModelCompared;
use crate::ops::verify::verified::Verified;
use crate::runtime::Loaded;
use crate::runtime::PassedOver;
use crate::runtime::RuntimeError;
use crate::runtime::apply;
use crate::runtime::check_belongs;
use crate::store::ReadModel;
use crate::store::ReadQuery;
use crate::store::SnapshotInfo;
use crate::store::SnapshotMismatch;
use crate::store::Store;

/// Number of broken rules after which no more are reported for a stream.
const MAX_VIOLATIONS: usize = 20;

/// The row that a stream has in its domain's read model, and the fold to compare it with.
struct ComparedRow {
    projection: Arc<dyn Projection>,
    key: String,
    row: Option<String>,
    /// The position that the read model has reached. Later events are not in the row yet.
    checkpoint: Position,
    fold: RowFold,
    left_out: LeftOutEvents,
    /// The version of the last event in the fold.
    version: Version,
}

impl ComparedRow {
    fn compare(&self) -> Result<StateComparison, RuntimeError> {
        match (&self.row, self.version) {
            (None, Version::ZERO) => Ok(StateComparison::Equal),
            (Some(text), Version::ZERO) => Ok(row_without_stream(text)),
            (text, _) => self.fold.compare(text.as_deref()),
        }
    }
}

/// Returns the difference of a row whose stream has no events.
pub(super) fn row_without_stream(row: &str) -> StateComparison {
    StateComparison::of_whole("the row is of a stream without events", None, Some(row.into()))
}

/// A stream that was folded from its first event, with the comparisons on the way.
pub(super) struct VerifiedFold {
    loaded: Loaded,
    pub(super) snapshots: Vec<(SnapshotInfo, StateComparison)>,
    /// The rules of the domain that a state broke, each with the event after which it did.
    violations: Vec<(String, EventRef)>,
}

/// Replays a stream in memory without snapshots, and compares everything that is kept of it. The state in the report is the
/// requested one.
///
/// # Errors
/// Those of [`replay`](crate::ops::replay::replay);
/// [`StoreError::Integrity`](crate::store::StoreError::Integrity) when an event of the stream differs from what was recorded;
/// [`StoreError::ForeignCheckpoint`](crate::store::StoreError::ForeignCheckpoint) when a checkpoint is not of this store.
pub async fn replay_and_verify(store: &Store, input: &Replay) -> Result<ReplayReport, OpsError> {
    must_be_recorded(store, &input.stream).await?;
    let mut replayed = verify_stream(store, input).await?;
    let rows = compare_projections(store, &RowScope::Stream(input.stream.clone())).await?;
    if let Some(verify) = &mut replayed.verify {
        verify.projections = rows.compared;
        verify.add(rows.differing.into_iter().flat_map(|row| row.differences));
    }
    Ok(replayed)
}

/// Does the work of [`replay_and_verify`] without the stored projections and without the check of hashes.
pub(in crate::ops) async fn verify_stream(store: &Store, input: &Replay) -> Result<ReplayReport, OpsError> {
    let stream = &input.stream;
    let up_to = input.until.existing_version(store, stream).await?;
    let mut fold = input.reducer.fold(stream)?;
    let reducer = fold.version().name;
    let snapshots = SnapshotPages::all_of(store, stream, &reducer).await?;
    let mut row = stored_row(store, stream, &reducer).await?;
    let folded = fold_and_compare(store, stream, &mut *fold, &snapshots, row.as_mut()).await?;

    let (mut differences, mut passed_over, mut snapshots_compared) = (Vec::new(), Vec::new(), 0);
    for (info, compared) in folded.snapshots {
        match compared {
            StateComparison::NotComparable(reason) => passed_over.push(PassedOver { version: info.version, reason }),
            compared => {
                snapshots_compared += 1;
                differences.extend(compared.into_differences("snapshot", info.version));
            }
        }
    }
    explain(store, stream, &mut *input.reducer.fold(stream)?, &mut differences).await?;
    differences.extend(folded.violations.into_iter().map(|(rule, event)| Difference {
        kept: "state".into(),
        version: event.version,
        reason: rule,
        path: String::new(),
        expected: None,
        found: None,
        event: Some(event),
    }));
    let mut read_model = None;
    if let Some(row) = row {
        let name = row.projection.name().to_owned();
        let mut of_row = row.compare()?.into_differences(&format!("read model {name}"), row.version);
        explain(store, stream, &mut *row.projection.row(&row.key), &mut of_row).await?;
        differences.append(&mut of_row);
        let (position, version, has_row) = (row.checkpoint, row.version, row.row.is_some());
        read_model = Some(ReadModelCompared { name, position, version, has_row });
    }

    let mut replayed = if input.until == PointInTime::Head && input.diff.is_none() {
        let at = input.until.moment(input.now, folded.loaded.recorded_at);
        report(stream, fold.version().name, folded.loaded, at, fold.show(at))
    } else {
        replay_to(store, &Replay { snapshots: false, ..input.clone() }, up_to).await?
    };
    let ok = differences.is_empty();
    let projections = Vec::new();
    replayed.verify = Some(Verified { ok, read_model, projections, snapshots_compared, passed_over, differences });
    Ok(replayed)
}

/// Folds a stream from its first event. `snapshots` are those of one reducer, in the order of their versions.
pub(super) async fn fold_and_compare_snapshots(
    store: &Store,
    stream: &StreamName,
    fold: &mut dyn Fold,
    snapshots: &[SnapshotInfo],
) -> Result<VerifiedFold, OpsError> {
    fold_and_compare(store, stream, fold, snapshots, None).await
}

async fn fold_and_compare(
    store: &Store,
    stream: &StreamName,
    fold: &mut dyn Fold,
    snapshots: &[SnapshotInfo],
    mut row: Option<&mut ComparedRow>,
) -> Result<VerifiedFold, OpsError> {
    let mut folded = VerifiedFold { loaded: Loaded::default(), snapshots: Vec::new(), violations: Vec::new() };
    let mut broken: Vec<String> = Vec::new();
    let mut to_compare = snapshots.iter().peekable();
    let mut scan = store.scan(ReadQuery::stream(stream.clone()));
    while let Some(chunk) = scan.next().await? {
        for event in chunk.iter() {
            apply(fold, &event)?;
            let now_broken = fold.violations();
            if folded.violations.len() < MAX_VIOLATIONS {
                let new = now_broken.iter().filter(|rule| !broken.contains(*rule));
                folded.violations.extend(new.map(|rule| (rule.clone(), EventRef::of(&event))));
            }
            broken = now_broken;
            if let Some(row) = row.as_mut().filter(|row| event.position <= row.checkpoint) {
                row.fold.apply(&*row.projection, &row.key, &event, &row.left_out)?;
                row.version = event.version;
            }
            while let Some(info) = to_compare.next_if(|info| info.version <= event.version) {
                let hash = (info.version == event.version).then_some(event.hash);
                if let Some(compared) = compare_snapshot(store, info, fold, hash).await? {
                    folded.snapshots.push((info.clone(), compared));
                }
            }
        }
        folded.loaded.events_applied += chunk.iter().filter(|event| !event.quarantined).count() as u64;
        if let Some(last) = chunk.last() {
            folded.loaded.version = last.version;
            folded.loaded.position = last.position;
            folded.loaded.recorded_at = last.recorded_at;
            folded.loaded.hash = last.hash;
        }
    }
    if let Some(quarantine) = scan.quarantine() {
        folded.loaded.left_out = quarantine.of_stream(stream.as_str(), folded.loaded.version);
    }
    for info in to_compare {
        if let Some(compared) = compare_snapshot(store, info, fold, None).await? {
            folded.snapshots.push((info.clone(), compared));
        }
    }
    Ok(folded)
}

/// Compares a snapshot with the state at its version; none: the snapshot was deleted meanwhile.
async fn compare_snapshot(
    store: &Store,
    info: &SnapshotInfo,
    fold: &dyn Fold,
    event_hash: Option<Hash>,
) -> Result<Option<StateComparison>, OpsError> {
    let found = store.snapshot(info.stream.clone(), info.reducer.clone(), info.version).await?;
    let Some(snapshot) = found.filter(|snapshot| snapshot.version == info.version) else { return Ok(None) };
    if let Some(mismatch) = snapshot.mismatch_of_logic(fold.version().version) {
        return Ok(Some(StateComparison::NotComparable(mismatch.to_string())));
    }
    if let Some(mismatch) = snapshot.mismatch_of_quarantine(&*store.quarantine().await?) {
        return Ok(Some(StateComparison::NotComparable(mismatch.to_string())));
    }
    let Some(mismatch) = snapshot.mismatch(event_hash) else { return Ok(Some(compare_text(fold, &snapshot.state)?)) };
    let changes = match mismatch {
        // The changed places say more than a wrong hash.
        SnapshotMismatch::State => match compare_text(fold, &snapshot.state)? {
            StateComparison::Equal => Vec::new(),
            different => return Ok(Some(different)),
        },
        SnapshotMismatch::History => {
            let expected = event_hash.map(|hash| hash.to_string().into());
            vec![whole(expected, Some(snapshot.event_hash.to_string().into()))]
        }
        SnapshotMismatch::NoEvent | SnapshotMismatch::Logic { .. } | SnapshotMismatch::Quarantine => Vec::new(),
    };
    Ok(Some(StateComparison::Different { reason: mismatch.to_string(), changes, event: None }))
}

/// Returns the row that a stream has in its domain's read model; none without a read model of the current logic.
async fn stored_row(store: &Store, stream: &StreamName, reducer: &str) -> Result<Option<ComparedRow>, OpsError> {
    // A read model shows only the state of its domain's own reducer.
    let Some(domain) = domain::of_category(stream.category()).filter(|domain| domain.category == reducer) else {
        return Ok(None);
    };
    let Some(projection) = domain.projection else { return Ok(None) };
    let first = store.first(ReadQuery::stream(stream.clone())).await?;
    let Some(key) = first.and_then(|first| projection.key(&first.view()).map(Cow::into_owned)) else {
        return Ok(None);
    };
    let model = ReadModel::live(projection.name());
    let mut record = live_record(store, projection.name()).await?;
    loop {
        let Some(before) = record.filter(|record| record.logic_version == projection.version()) else {
            return Ok(None);
        };
        let rows = store.rows(model.clone(), vec![key.clone()]).await?;
        let failed = store.failed_events(model.clone()).await?;
        record = live_record(store, projection.name()).await?;
        // Otherwise a runner has committed in between, and the row may be of either moment.
        if is_unchanged(record.as_ref(), &before) {
            check_belongs(store, projection.name(), before.checkpoint).await?;
            let (checkpoint, fold) = (before.checkpoint.position, RowFold::new(projection.row(&key)));
            let (row, left_out) = (rows.into_iter().next().flatten(), LeftOutEvents::of(failed));
            return Ok(Some(ComparedRow { projection, key, row, checkpoint, fold, left_out, version: Version::ZERO }));
        }
    }
}

/// Finds the last event that changed each place that differs, by folding the stream again. An event that is known to be the
/// cause stays.
async fn explain(
    store: &Store,
    stream: &StreamName,
    fold: &mut dyn Fold,
    differences: &mut [Difference],
) -> Result<(), OpsError> {
    let mut unexplained: Vec<_> = differences.iter_mut().filter(|it| it.event.is_none()).collect();
    let Some(up_to) = unexplained.iter().map(|difference| difference.version).max() else { return Ok(()) };
    let mut before = Value::Null;
    let mut scan = store.scan(ReadQuery::stream(stream.clone()).to(up_to.0));
    while let Some(chunk) = scan.next().await? {
        for event in chunk.iter() {
            apply(fold, &event)?;
            let after = saved(fold)?;
            for difference in unexplained.iter_mut().filter(|difference| event.version <= difference.version) {
                if before.pointer(&difference.path) != after.pointer(&difference.path) {
                    difference.event = Some(EventRef::of(&event));
                }
            }
            before = after;
        }
    }
    Ok(())
}
