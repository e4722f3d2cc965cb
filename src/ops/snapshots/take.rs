//! Taking snapshots: of one stream, or of every stream of a category that has moved on.

use serde::Serialize;

use crate::event::StreamName;
use crate::event::Timestamp;
use crate::event::Version;
use crate::ops::broken::BrokenStream;
use crate::ops::error::OpsError;
use crate::ops::near::must_exist;
use crate::ops::pages::Pages;
use crate::ops::reducer::Reducer;
use crate::runtime::LoadOptions;
use crate::runtime::PassedOver;
use crate::runtime::load_to_report;
use crate::runtime::take_snapshot;
use crate::store::Store;
use crate::store::StreamQuery;

/// How to take snapshots.
#[derive(Debug, Clone)]
pub struct TakeSnapshot {
    /// What makes the states.
    pub reducer: Reducer,
    /// Only where at least so many events have come since the newest snapshot.
    pub min_events: u64,
    /// When they are taken.
    pub now: Timestamp,
}

/// What became of one stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TakenReport {
    /// Whether a snapshot was taken; else the newest one is near enough.
    pub taken: bool,
    /// The stream.
    pub stream: StreamName,
    /// The version of the snapshot; 0: there is none.
    pub version: Version,
    /// What made its state.
    pub reducer: String,
    /// How many events have come since the snapshot before.
    pub events_since: u64,
    /// How many bytes of JSON its state has; none where none was taken.
    pub bytes: Option<u64>,
    /// Snapshots that were not trusted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub passed_over: Vec<PassedOver>,
}

/// Takes a snapshot of a stream as it is now.
///
/// # Errors
/// [`OpsError::NotFound`] when there is no such stream, [`OpsError::Invalid`] when no reducer is named and no domain
/// is there for it, or as the store says.
pub async fn take(store: &Store, stream: &StreamName, input: &TakeSnapshot) -> Result<TakenReport, OpsError> {
    must_exist(store, stream.clone()).await?;
    let mut fold = input.reducer.fold_to_keep(stream)?;
    let loaded = load_to_report(store, stream, &mut *fold, LoadOptions::default()).await?;
    let taken = loaded.events_applied >= input.min_events.max(1);
    let mut report = TakenReport {
        taken,
        stream: stream.clone(),
        version: loaded.snapshot_version.unwrap_or(Version::ZERO),
        reducer: fold.version().name,
        events_since: loaded.events_applied,
        bytes: None,
        passed_over: loaded.passed_over.clone(),
    };
    if taken {
        input.reducer.keep(store).await?;
        let snapshot = take_snapshot(store, stream, &*fold, &loaded, input.now).await?;
        report.version = snapshot.version;
        report.bytes = Some(snapshot.state.len() as u64);
    }
    Ok(report)
}

/// Takes snapshots of a category, stream by stream, in the order of the names.
pub struct TakenCategory {
    store: Store,
    input: TakeSnapshot,
    streams: Pages<StreamQuery>,
}

impl TakenCategory {
    /// Begins before the first stream.
    ///
    /// # Errors
    /// [`OpsError::Invalid`] when no reducer is named and no domain is there for the category, or as the store says.
    pub async fn open(store: &Store, category: &str, input: TakeSnapshot) -> Result<Self, OpsError> {
        input.reducer.fold_to_keep(&StreamName::parse(category)?)?;
        store.head().await?;
        let streams = Pages::of(store, StreamQuery { category: Some(category.to_owned()), ..StreamQuery::default() });
        Ok(Self { store: store.clone(), input, streams })
    }

    /// Takes the next one; none after the last stream. A stream whose state cannot be made is no error of the whole.
    ///
    /// # Errors
    /// As [`take`].
    pub async fn next(&mut self) -> Result<Option<Result<TakenReport, BrokenStream>>, OpsError> {
        while let Some(info) = self.streams.next().await? {
            // One with fewer events than are wanted has no need to be loaded.
            if info.version.0 >= self.input.min_events {
                let stream = info.name()?;
                return Ok(Some(match take(&self.store, &stream, &self.input).await {
                    Ok(report) => Ok(report),
                    Err(error) => Err(BrokenStream::of(&stream, error)?),
                }));
            }
        }
        Ok(None)
    }
}
