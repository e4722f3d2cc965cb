//! The snapshots of a store that another program wrote, from the table that its layout names.

use std::collections::VecDeque;

use serde::Serialize;
use serde_json::Value;

use crate::aggregate::with_exact_numbers;
use crate::event::StreamName;
use crate::event::Timestamp;
use crate::event::Version;
use crate::ops::Reducer;
use crate::ops::error::OpsError;
use crate::ops::snapshots::SnapshotCheck;
use crate::ops::snapshots::delete::missing;
use crate::ops::verify::layout::snapshots::SnapshotComparison;
use crate::store::Store;
use crate::store::layout_store::ForeignSnapshot;
use crate::store::layout_store::LayoutTables;
use crate::store::layout_store::SideWalk;

/// A snapshot of another program in a list. What such a snapshot lacks is none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ForeignInfo {
    /// The stream, if it can be read.
    pub stream: Option<String>,
    /// The version that it covers, from 1, if it can be read.
    pub version: Option<Version>,
    /// The reducer: the other program does not name it.
    pub reducer: Option<String>,
    /// The version of the reducer.
    pub reducer_version: Option<u32>,
    /// The time at which it was taken: a layout does not name it.
    pub taken_at: Option<Timestamp>,
    /// The size of the state in bytes of JSON, if it can be read.
    pub bytes: Option<u64>,
}

/// A snapshot of another program with its state.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ShownForeign {
    /// The snapshot.
    #[serde(flatten)]
    pub info: ForeignInfo,
    /// The state; null if it cannot be read.
    pub state: Value,
    /// The reason why the state cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub damage: Option<String>,
}

/// A snapshot of another program, and the outcome of its check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CheckedForeign {
    /// The stream, if it can be read.
    pub stream: Option<String>,
    /// The version that it covers, from 1, if it can be read.
    pub version: Option<Version>,
    /// The reducer whose state it was compared with.
    pub reducer: Option<String>,
    /// The outcome of the check.
    pub result: SnapshotCheck,
    /// True if the state equals the fold of the events; none if the state was not compared.
    pub ok: Option<bool>,
    /// The reason why the snapshot is wrong or was not compared.
    pub reason: Option<String>,
}

/// A reading of snapshots, in the order of their table.
pub struct ForeignSnapshots {
    tables: LayoutTables,
    /// The readings that are not finished, the next one last.
    walks: Vec<SideWalk>,
    page: VecDeque<ForeignSnapshot>,
}

impl ForeignSnapshots {
    /// Begins before the first snapshot of a stream, or of all streams. None if the store lacks the table that the layout names,
    /// or one of its columns.
    pub async fn open(tables: &LayoutTables, stream: Option<&StreamName>) -> Result<Option<Self>, OpsError> {
        let walks = match stream {
            Some(stream) => tables.snapshots_of(stream).await?,
            None => tables.snapshots().await?.map(|walk| vec![walk]),
        };
        Ok(walks.map(|mut walks| {
            walks.reverse();
            Self { tables: tables.clone(), walks, page: VecDeque::new() }
        }))
    }

    async fn next_row(&mut self) -> Result<Option<ForeignSnapshot>, OpsError> {
        while self.page.is_empty() {
            let Some(walk) = self.walks.last_mut() else { return Ok(None) };
            match walk.next_snapshots().await? {
                Some(page) => self.page = page.into(),
                None => drop(self.walks.pop()),
            }
        }
        Ok(self.page.pop_front())
    }

    /// Returns the next snapshot; none after the last.
    pub async fn next(&mut self) -> Result<Option<ForeignInfo>, OpsError> {
        Ok(self.next_row().await?.map(|snapshot| info(&snapshot)))
    }

    /// Returns the newest snapshot of the stream, or the one at a version.
    ///
    /// # Errors
    /// [`OpsError::NotThere`] if there is none.
    pub async fn show(&mut self, stream: &StreamName, version: Option<Version>) -> Result<ShownForeign, OpsError> {
        let mut newest: Option<ForeignSnapshot> = None;
        while let Some(snapshot) = self.next_row().await? {
            let is_wanted = version.is_none_or(|version| shown(snapshot.version) == Some(version));
            if is_wanted && newest.as_ref().is_none_or(|newest| snapshot.version > newest.version) {
                newest = Some(snapshot);
            }
        }
        let Some(snapshot) = newest else { return Err(missing(stream, version)) };
        let info = info(&snapshot);
        let (state, damage) = match &snapshot.state {
            Ok(state) => (serde_json::from_str(&with_exact_numbers(state.get())).unwrap_or_default(), None),
            Err(reason) => (Value::Null, Some(reason.clone())),
        };
        Ok(ShownForeign { info, state, damage })
    }

    /// Compares the next snapshot with the events; none after the last. Without a reducer, only the version and the form of the
    /// state are checked.
    pub async fn verify(
        &mut self,
        store: &Store,
        reducer: Option<&Reducer>,
        now: Timestamp,
    ) -> Result<Option<CheckedForeign>, OpsError> {
        let Some(snapshot) = self.next_row().await? else { return Ok(None) };
        let fault = SnapshotComparison { tables: &self.tables, store, reducer, now }.fault(&snapshot).await?;
        let name = snapshot.stream.as_deref().and_then(|stream| StreamName::recorded(stream).ok());
        let not_checked = |reason: &str| (SnapshotCheck::NotChecked, None, Some(reason.to_owned()));
        let (result, ok, reason) = match (fault, reducer) {
            (Some(fault), _) => (SnapshotCheck::Differs, Some(false), Some(fault)),
            (None, Some(_)) if name.is_none() => not_checked("esctl refuses the name of its stream"),
            (None, Some(_)) => (SnapshotCheck::Fits, Some(true), None),
            (None, None) => not_checked("no reducer was named"),
        };
        let named = reducer.zip(name).map(|(reducer, stream)| reducer.fold_of(store, &stream));
        let reducer = named.transpose()?.map(|fold| fold.version().name);
        Ok(Some(CheckedForeign { stream: snapshot.stream, version: shown(snapshot.version), reducer, result, ok, reason }))
    }
}

fn info(snapshot: &ForeignSnapshot) -> ForeignInfo {
    ForeignInfo {
        stream: snapshot.stream.clone(),
        version: shown(snapshot.version),
        reducer: None,
        reducer_version: None,
        taken_at: None,
        bytes: snapshot.state.as_ref().ok().map(|state| state.get().len() as u64),
    }
}

/// Returns a version as it is shown. A snapshot of no events has version 0.
fn shown(version: Option<i64>) -> Option<Version> {
    version.and_then(|version| u64::try_from(version).ok()).map(Version)
}
