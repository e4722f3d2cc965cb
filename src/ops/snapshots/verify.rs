//! Verification of snapshots: each stream is folded from its first event. A state that this program cannot fold is not
//! condemned: its hash and its event are checked, and the report says that the state is not.

use serde::Serialize;

use crate::event::StreamName;
use crate::event::Version;
use crate::ops::broken::BrokenStream;
use crate::ops::error::OpsError;
use crate::ops::rebuild::Verdict;
use crate::ops::rebuild::rebuild;
use crate::ops::reducer::Reducer;
use crate::ops::snapshots::pages::SnapshotPages;
use crate::store::Misfit;
use crate::store::ReadQuery;
use crate::store::SnapshotInfo;
use crate::store::Store;

/// The outcome of the check of one snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SnapshotCheck {
    /// The state is what the events make.
    Fits,
    /// The snapshot cannot be trusted.
    Differs,
    /// This program has no fold for the state. Its hash and its event were checked, and both fit.
    NotChecked,
}

/// One snapshot, and the outcome of its check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SnapshotVerdict {
    /// Whose state.
    pub stream: StreamName,
    /// After how many events.
    pub version: Version,
    /// What made the state.
    pub reducer: String,
    /// Outcome of the check.
    pub result: SnapshotCheck,
    /// True if the state is what the events make; none if the state was not checked.
    pub ok: Option<bool>,
    /// Reason why it cannot be trusted, or why it was not checked.
    pub reason: Option<String>,
    /// True if the events of the stream cannot be applied, so that nothing is known of the snapshot.
    #[serde(skip)]
    pub unreadable: bool,
}

/// Verifies snapshots, those of one stream and reducer at a time.
pub struct VerifySnapshots {
    store: Store,
    pages: SnapshotPages,
    /// The first one of the next stream or reducer.
    next: Option<SnapshotInfo>,
}

impl VerifySnapshots {
    /// Begins before the first snapshot of a stream, or of all.
    ///
    /// # Errors
    /// [`OpsError::NotFound`] when there is no such stream, or as the store says.
    pub async fn open(store: &Store, stream: Option<StreamName>) -> Result<Self, OpsError> {
        let mut pages = SnapshotPages::open(store, stream).await?;
        let next = pages.next().await?;
        Ok(Self { store: store.clone(), pages, next })
    }

    /// The snapshots of the next stream and reducer; none after the last.
    ///
    /// # Errors
    /// As the store says. Where an event cannot be applied, the snapshots of its stream are unreadable.
    pub async fn next(&mut self) -> Result<Option<Vec<SnapshotVerdict>>, OpsError> {
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
        let rebuilt = match rebuild(&self.store, &stream, &mut *fold, &group, None).await {
            Ok(rebuilt) => rebuilt,
            Err(error) => {
                let broken = BrokenStream::of(&stream, error)?;
                let of = |info| SnapshotVerdict { unreadable: true, ..verdict(info, Some(broken.message.clone())) };
                return Ok(Some(group.into_iter().map(of).collect()));
            }
        };
        Ok(Some(rebuilt.snapshots.into_iter().map(|(info, found)| verdict(info, reason(found))).collect()))
    }

    /// Checks what needs no fold: the hash of each state, and the event that it is of.
    async fn without_fold(&self, group: Vec<SnapshotInfo>) -> Result<Vec<SnapshotVerdict>, OpsError> {
        let mut verdicts = Vec::with_capacity(group.len());
        for info in group {
            if info.is_out_of_range() {
                verdicts.push(verdict(info, Some(Misfit::NoEvent.to_string())));
                continue;
            }
            let place = info.version.0;
            let found = self.store.snapshot(info.stream.clone(), info.reducer.clone(), info.version).await?;
            // One that was deleted meanwhile is no damage.
            let Some(snapshot) = found.filter(|snapshot| snapshot.version == info.version) else { continue };
            let event = self.store.first(ReadQuery::stream(info.stream.clone()).from(place).to(place)).await?;
            let misfit = snapshot.misfit(event.map(|event| event.hash));
            let misfit = misfit.or(snapshot.misfit_of_quarantine(&*self.store.quarantine().await?));
            verdicts.push(match misfit {
                Some(misfit) => verdict(info, Some(misfit.to_string())),
                None => not_checked(info),
            });
        }
        Ok(verdicts)
    }
}

fn verdict(info: SnapshotInfo, reason: Option<String>) -> SnapshotVerdict {
    let SnapshotInfo { stream, version, reducer, .. } = info;
    let result = if reason.is_none() { SnapshotCheck::Fits } else { SnapshotCheck::Differs };
    SnapshotVerdict { stream, version, reducer, result, ok: Some(reason.is_none()), reason, unreadable: false }
}

/// The verdict on a snapshot of an application whose domain this program does not have.
fn not_checked(info: SnapshotInfo) -> SnapshotVerdict {
    let reason = format!("this program has no reducer {} for {}", info.reducer, info.stream);
    let result = SnapshotCheck::NotChecked;
    SnapshotVerdict { result, ok: None, ..verdict(info, Some(reason)) }
}

fn reason(found: Verdict) -> Option<String> {
    match found {
        Verdict::Fits => None,
        Verdict::PassedOver(reason) => Some(reason),
        Verdict::Differs { reason, changes, .. } => {
            let places: Vec<_> = changes.iter().map(|it| it.path.as_str()).filter(|path| !path.is_empty()).take(5).collect();
            Some(if places.is_empty() { reason } else { format!("{reason}, at {}", places.join(", ")) })
        }
    }
}
