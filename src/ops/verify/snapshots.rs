//! Verification of snapshots. `verify` checks that each is of an event of this store; `snapshot verify` folds each stream from
//! its first event and compares the states. For a state that this program cannot fold, only hash and event are checked.

use serde::Serialize;

use crate::event::StreamName;
use crate::event::Version;
use crate::ops::broken::BrokenStream;
use crate::ops::error::OpsError;
use crate::ops::reducer::Reducer;
use crate::ops::snapshots::pages::SnapshotPages;
use crate::ops::verify::comparison::StateComparison;
use crate::ops::verify::stream::fold_and_compare_snapshots;
use crate::ops::verify::verifier::Verifier;
use crate::store::ReadQuery;
use crate::store::SnapshotInfo;
use crate::store::SnapshotMismatch;
use crate::store::Store;

impl Verifier<'_> {
    /// Checks the snapshots of a stream, or all.
    pub(super) async fn snapshots(&mut self, stream: Option<StreamName>) -> Result<(), OpsError> {
        let mut snapshots = SnapshotPages::of(self.store, stream);
        loop {
            let next = snapshots.next().await;
            let Some(Some(info)) = self.check("snapshot", next)? else { return Ok(()) };
            let checked = self.snapshot(&info).await;
            self.check("snapshot", checked)?;
        }
    }

    async fn snapshot(&mut self, info: &SnapshotInfo) -> Result<(), OpsError> {
        self.report.snapshots += 1;
        let place = info.version;
        if info.is_out_of_range() {
            let stream = &info.stream;
            let message = format!(
                "a snapshot of {stream} has a version that does not exist; run 'esctl snapshot delete {stream}' to delete it"
            );
            self.report.add("snapshot", None, message);
            return Ok(());
        }
        let snapshot = self.store.snapshot(info.stream.clone(), info.reducer.clone(), place).await?;
        let event = ReadQuery::stream(info.stream.clone()).beyond_head().from(place.0).to(place.0);
        let event = self.store.first(event).await?;
        // A listed snapshot that does not exist has been deleted meanwhile.
        let Some(snapshot) = snapshot.filter(|snapshot| snapshot.version == place) else { return Ok(()) };
        let position = event.as_ref().map(|event| event.position);
        if let Some(mismatch) = snapshot.mismatch(event.map(|event| event.hash)) {
            let stream = &info.stream;
            let message = format!(
                "the snapshot of {stream} at version {place} cannot be trusted: {mismatch}; run 'esctl snapshot delete {stream} --version {place}' to delete it"
            );
            self.report.add("snapshot", position, message);
        } else if info.bytes != snapshot.state.len() as u64 {
            let message = format!(
                "the snapshot of {} at version {place} has {} bytes, recorded are {}",
                info.stream,
                snapshot.state.len(),
                info.bytes
            );
            self.report.add("snapshot", position, message);
        }
        Ok(())
    }
}

/// The outcome of the check of one snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SnapshotCheck {
    /// The state equals the fold of the events.
    Fits,
    /// The snapshot cannot be trusted.
    Differs,
    /// This program has no reducer for the state. Its hash and its event were checked, and both fit.
    NotChecked,
}

/// A snapshot, and the outcome of its check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CheckedSnapshot {
    /// The stream of the state.
    pub stream: StreamName,
    /// The version of the stream at the snapshot.
    pub version: Version,
    /// The reducer that made the state.
    pub reducer: String,
    /// The outcome of the check.
    pub result: SnapshotCheck,
    /// True if the state equals the fold of the events; none if the state was not checked.
    pub ok: Option<bool>,
    /// The reason why the snapshot cannot be trusted or was not checked.
    pub reason: Option<String>,
    /// True if an event of the stream failed to apply, so that the snapshot could not be checked.
    #[serde(skip)]
    pub unreadable: bool,
}

/// A verification of snapshots, of one stream and reducer at a time.
pub struct VerifySnapshots {
    store: Store,
    pages: SnapshotPages,
    /// The first snapshot of the next stream or reducer.
    next: Option<SnapshotInfo>,
}

impl VerifySnapshots {
    /// Begins before the first snapshot of a stream, or of all streams.
    ///
    /// # Errors
    /// [`OpsError::NotFound`] when there is no such stream.
    pub async fn open(store: &Store, stream: Option<StreamName>) -> Result<Self, OpsError> {
        let mut pages = SnapshotPages::open(store, stream).await?;
        let next = pages.next().await?;
        Ok(Self { store: store.clone(), pages, next })
    }

    /// Verifies the snapshots of the next stream and reducer; none after the last. Where an event fails to apply, the snapshots
    /// of its stream are reported as unreadable.
    pub async fn next(&mut self) -> Result<Option<Vec<CheckedSnapshot>>, OpsError> {
        let Some(first) = self.next.take() else { return Ok(None) };
        let (stream, reducer) = (first.stream.clone(), first.reducer.clone());
        let mut group = vec![first];
        while let Some(info) = self.pages.next().await? {
            if info.stream != stream || info.reducer != reducer {
                self.next = Some(info);
                break;
            }
            group.push(info);
        }
        let made_by = Reducer::of_snapshot(&self.store, &reducer).await?;
        let Some(mut fold) = made_by.and_then(|reducer| reducer.fold(&stream).ok()) else {
            return Ok(Some(self.without_fold(group).await?));
        };
        let folded = match fold_and_compare_snapshots(&self.store, &stream, &mut *fold, &group).await {
            Ok(folded) => folded,
            Err(error) => {
                let broken = BrokenStream::of(&stream, error)?;
                let of = |info| CheckedSnapshot { unreadable: true, ..checked_snapshot(info, Some(broken.message.clone())) };
                return Ok(Some(group.into_iter().map(of).collect()));
            }
        };
        Ok(Some(folded.snapshots.into_iter().map(|(info, compared)| checked_snapshot(info, reason(compared))).collect()))
    }

    /// Checks the hash of each state and its event, which needs no fold.
    async fn without_fold(&self, group: Vec<SnapshotInfo>) -> Result<Vec<CheckedSnapshot>, OpsError> {
        let mut results = Vec::with_capacity(group.len());
        for info in group {
            if info.is_out_of_range() {
                results.push(checked_snapshot(info, Some(SnapshotMismatch::NoEvent.to_string())));
                continue;
            }
            let place = info.version.0;
            let found = self.store.snapshot(info.stream.clone(), info.reducer.clone(), info.version).await?;
            // A listed snapshot that does not exist has been deleted meanwhile.
            let Some(snapshot) = found.filter(|snapshot| snapshot.version == info.version) else { continue };
            let event = self.store.first(ReadQuery::stream(info.stream.clone()).from(place).to(place)).await?;
            let mismatch = snapshot.mismatch(event.map(|event| event.hash));
            let mismatch = mismatch.or(snapshot.mismatch_of_quarantine(&*self.store.quarantine().await?));
            results.push(match mismatch {
                Some(mismatch) => checked_snapshot(info, Some(mismatch.to_string())),
                None => not_checked(info),
            });
        }
        Ok(results)
    }
}

fn checked_snapshot(info: SnapshotInfo, reason: Option<String>) -> CheckedSnapshot {
    let SnapshotInfo { stream, version, reducer, .. } = info;
    let result = if reason.is_none() { SnapshotCheck::Fits } else { SnapshotCheck::Differs };
    CheckedSnapshot { stream, version, reducer, result, ok: Some(reason.is_none()), reason, unreadable: false }
}

/// Returns the outcome for a snapshot of an application whose domain this program does not have.
fn not_checked(info: SnapshotInfo) -> CheckedSnapshot {
    let reason = format!("this program has no reducer {} for {}", info.reducer, info.stream);
    let result = SnapshotCheck::NotChecked;
    CheckedSnapshot { result, ok: None, ..checked_snapshot(info, Some(reason)) }
}

fn reason(compared: StateComparison) -> Option<String> {
    match compared {
        StateComparison::Equal => None,
        StateComparison::NotComparable(reason) => Some(reason),
        StateComparison::Different { reason, changes, .. } => {
            let places: Vec<_> = changes.iter().map(|it| it.path.as_str()).filter(|path| !path.is_empty()).take(5).collect();
            Some(if places.is_empty() { reason } else { format!("{reason}, at {}", places.join(", ")) })
        }
    }
}
