//! Are snapshots what the events make? Each stream is folded from its first event.

use serde::Serialize;

use crate::event::StreamName;
use crate::event::Version;
use crate::ops::broken::BrokenStream;
use crate::ops::error::OpsError;
use crate::ops::rebuild::Verdict;
use crate::ops::rebuild::rebuild;
use crate::ops::reducer::Reducer;
use crate::ops::snapshots::pages::SnapshotPages;
use crate::store::SnapshotInfo;
use crate::store::Store;

/// One snapshot, and whether it can be trusted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SnapshotVerdict {
    /// Whose state.
    pub stream: StreamName,
    /// After how many events.
    pub version: Version,
    /// What made the state.
    pub reducer: String,
    /// Whether it is what the events make.
    pub ok: bool,
    /// What is wrong with it.
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
            let unknown = |info: SnapshotInfo| {
                let reason = format!("no reducer of this program is called {}", info.reducer);
                verdict(info, Some(reason))
            };
            return Ok(Some(group.into_iter().map(unknown).collect()));
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
}

fn verdict(info: SnapshotInfo, reason: Option<String>) -> SnapshotVerdict {
    let SnapshotInfo { stream, version, reducer, .. } = info;
    SnapshotVerdict { stream, version, reducer, ok: reason.is_none(), reason, unreadable: false }
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
