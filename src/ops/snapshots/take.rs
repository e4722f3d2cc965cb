//! Taking snapshots of a stream, or of every changed stream of a category.

use serde::Serialize;

use crate::event::StreamName;
use crate::event::Timestamp;
use crate::event::Version;
use crate::ops::broken::BrokenStream;
use crate::ops::error::OpsError;
use crate::ops::not_found::must_exist;
use crate::ops::pages::Pages;
use crate::ops::reducer::Reducer;
use crate::runtime::LoadOptions;
use crate::runtime::PassedOver;
use crate::runtime::load_to_report;
use crate::runtime::take_snapshot;
use crate::store::Store;
use crate::store::StreamQuery;

/// The input of taking snapshots.
#[derive(Debug, Clone)]
pub struct TakeSnapshot {
    /// The reducer that makes the states.
    pub reducer: Reducer,
    /// Minimum number of events since the newest snapshot.
    pub min_events: u64,
    /// The time of the snapshots.
    pub now: Timestamp,
}

/// The outcome for a stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TakeReport {
    /// True if a snapshot was taken. Otherwise there are too few new events.
    pub taken: bool,
    /// The stream.
    pub stream: StreamName,
    /// The version of the snapshot; 0 if there is none.
    pub version: Version,
    /// The reducer that made the state.
    pub reducer: String,
    /// The number of events since the snapshot before.
    pub events_since: u64,
    /// The size of the state in bytes of JSON; none if no snapshot was taken.
    pub bytes: Option<u64>,
    /// Snapshots that were not trusted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub passed_over: Vec<PassedOver>,
}

/// Takes a snapshot of a stream.
///
/// # Errors
/// [`OpsError::NotFound`] when there is no such stream; [`OpsError::Invalid`] without a named reducer and without a domain.
pub async fn take(store: &Store, stream: &StreamName, input: &TakeSnapshot) -> Result<TakeReport, OpsError> {
    must_exist(store, stream.clone()).await?;
    let mut fold = input.reducer.fold_to_keep(stream)?;
    let loaded = load_to_report(store, stream, &mut *fold, LoadOptions::default()).await?;
    let taken = loaded.events_applied >= input.min_events.max(1);
    let mut report = TakeReport {
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

/// An iteration that takes snapshots of the streams of a category, in the order of their names.
pub struct CategorySnapshots {
    store: Store,
    input: TakeSnapshot,
    streams: Pages<StreamQuery>,
}

impl CategorySnapshots {
    /// Begins before the first stream.
    ///
    /// # Errors
    /// [`OpsError::Invalid`] without a named reducer and without a domain for the category.
    pub async fn open(store: &Store, category: &str, input: TakeSnapshot) -> Result<Self, OpsError> {
        input.reducer.fold_to_keep(&StreamName::parse(category)?)?;
        store.head().await?;
        let streams = Pages::of(store, StreamQuery { category: Some(category.to_owned()), ..StreamQuery::default() });
        Ok(Self { store: store.clone(), input, streams })
    }

    /// Takes the next snapshot; none after the last stream. A stream whose events failed to apply does not end the iteration.
    ///
    /// # Errors
    /// Those of [`take`].
    pub async fn next(&mut self) -> Result<Option<Result<TakeReport, BrokenStream>>, OpsError> {
        while let Some(info) = self.streams.next().await? {
            // A stream with fewer events than the minimum is not loaded.
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
