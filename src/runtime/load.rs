//! Rebuilding the state of a stream from a trusted snapshot and the events after it.

use uuid::Uuid;

use crate::aggregate::Fold;
use crate::aggregate::FoldError;
use crate::event::EventView;
use crate::event::Hash;
use crate::event::Position;
use crate::event::StreamName;
use crate::event::Timestamp;
use crate::event::Version;
use crate::runtime::error::RuntimeError;
use crate::store::ReadQuery;
use crate::store::Snapshot;
use crate::store::Store;
use crate::store::StoreError;

/// Options of a load.
#[derive(Debug, Clone, Copy)]
pub struct LoadOptions {
    /// The last version to apply.
    pub up_to: Version,
    /// Set if a snapshot may replace the events before it.
    pub snapshots: bool,
}

impl Default for LoadOptions {
    fn default() -> Self {
        Self { up_to: Version(i64::MAX.unsigned_abs()), snapshots: true }
    }
}

/// A snapshot that was not used.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct PassedOver {
    /// The version of the snapshot.
    pub version: Version,
    /// The reason.
    pub reason: String,
}

/// The result of a load.
#[derive(Debug, Clone, Default)]
pub struct Loaded {
    /// The version of the last event; 0 if there are no events.
    pub version: Version,
    /// The position of the last event.
    pub position: Position,
    /// The time of the last event.
    pub recorded_at: Timestamp,
    /// The hash of the last event.
    pub hash: Hash,
    /// Number of events that were applied, without those in the snapshot.
    pub events_applied: u64,
    /// The version of the snapshot that was used.
    pub snapshot_version: Option<Version>,
    /// Snapshots that were not used.
    pub passed_over: Vec<PassedOver>,
    /// The ids of quarantined events that the state leaves out, in ascending order.
    pub left_out: Vec<Uuid>,
    /// The version of the set of quarantined events.
    pub quarantine: Version,
}

impl Loaded {
    fn reach(&mut self, event: &EventView<'_>) {
        self.version = event.version;
        self.position = event.position;
        self.recorded_at = event.recorded_at;
        self.hash = event.hash;
    }
}

/// Brings an empty fold to the current state of its stream. A snapshot that is not used is logged.
///
/// # Errors
/// [`RuntimeError::Fold`] if an event failed to apply.
pub async fn load<F: Fold + ?Sized>(
    store: &Store,
    stream: &StreamName,
    fold: &mut F,
    options: LoadOptions,
) -> Result<Loaded, RuntimeError> {
    let loaded = load_to_report(store, stream, fold, options).await?;
    for PassedOver { version, reason } in &loaded.passed_over {
        tracing::warn!(%stream, version = version.0, reason, "snapshot not used");
    }
    Ok(loaded)
}

/// Loads as [`load`] does, but does not log snapshots that are not used.
pub(crate) async fn load_to_report<F: Fold + ?Sized>(
    store: &Store,
    stream: &StreamName,
    fold: &mut F,
    options: LoadOptions,
) -> Result<Loaded, RuntimeError> {
    let mut loaded = Loaded::default();
    if options.snapshots {
        start_from_snapshot(store, stream, fold, options.up_to, &mut loaded).await?;
    }
    let query = ReadQuery::stream(stream.clone()).from(loaded.version.0 + 1).to(options.up_to.0);
    let mut scan = store.scan(query);
    while let Some(chunk) = scan.next().await? {
        for event in chunk.iter() {
            apply(fold, &event)?;
            loaded.events_applied += u64::from(!event.quarantined);
        }
        if let Some(last) = chunk.last() {
            loaded.reach(&last);
        }
    }
    if let Some(quarantine) = scan.quarantine() {
        loaded.left_out = quarantine.of_stream(stream.as_str(), loaded.version);
        loaded.quarantine = quarantine.version();
    }
    tracing::debug!(%stream, version = loaded.version.0, events = loaded.events_applied, snapshot = ?loaded.snapshot_version, "loaded");
    Ok(loaded)
}

/// Applies an event. A quarantined event is left out. An error names the event.
pub(crate) fn apply<F: Fold + ?Sized>(fold: &mut F, event: &EventView<'_>) -> Result<(), RuntimeError> {
    if event.quarantined {
        fold.leave_out(event);
        return Ok(());
    }
    fold.apply(event).map_err(|source| failed(event, source))
}

/// Returns the error of an event that failed to apply.
pub(crate) fn failed(event: &EventView<'_>, source: FoldError) -> RuntimeError {
    let (stream, version, position) = (event.stream.to_owned(), event.version, event.position);
    RuntimeError::Fold { stream, version, position, source }
}

async fn start_from_snapshot<F: Fold + ?Sized>(
    store: &Store,
    stream: &StreamName,
    fold: &mut F,
    up_to: Version,
    loaded: &mut Loaded,
) -> Result<(), RuntimeError> {
    let mut at_most = up_to;
    while let Some(snapshot) = store.snapshot(stream.clone(), fold.version().name, at_most).await? {
        match trusted(store, fold, &snapshot, loaded).await? {
            None => {
                loaded.snapshot_version = Some(snapshot.version);
                return Ok(());
            }
            Some(reason) => loaded.passed_over.push(PassedOver { version: snapshot.version, reason }),
        }
        if snapshot.version <= Version(1) {
            break;
        }
        at_most = Version(snapshot.version.0 - 1);
    }
    Ok(())
}

/// Restores a snapshot of the same history and logic. Returns the reason if it is not used.
async fn trusted<F: Fold + ?Sized>(
    store: &Store,
    fold: &mut F,
    snapshot: &Snapshot,
    loaded: &mut Loaded,
) -> Result<Option<String>, StoreError> {
    if let Some(mismatch) = snapshot.mismatch_of_logic(fold.version().version) {
        return Ok(Some(mismatch.to_string()));
    }
    let place = snapshot.version.0;
    let mut scan = store.scan_limited(ReadQuery::stream(snapshot.stream.clone()).from(place).to(place), 1);
    let event = scan.next().await?.and_then(|chunk| chunk.get(0).map(|event| event.to_recorded()));
    if let Some(mismatch) = scan.quarantine().and_then(|quarantine| snapshot.mismatch_of_quarantine(quarantine)) {
        return Ok(Some(mismatch.to_string()));
    }
    if let Some(mismatch) = snapshot.mismatch(event.as_ref().map(|event| event.hash)) {
        return Ok(Some(mismatch.to_string()));
    }
    if let Err(error) = fold.restore(&snapshot.state) {
        return Ok(Some(format!("unreadable state: {error}")));
    }
    if let Some(event) = event {
        loaded.reach(&event.view());
        // The quarantined events are still the same.
        loaded.left_out.clone_from(&snapshot.left_out);
    }
    Ok(None)
}

/// Returns the version of a stream at a position of the store.
pub async fn version_at(store: &Store, stream: &StreamName, position: Position) -> Result<Version, StoreError> {
    // Versions and positions grow together, so a binary search finds the version.
    let (mut before, mut after) = (0, store.stream_version(stream.clone()).await?.0 + 1);
    while after - before > 1 {
        let middle = before + (after - before) / 2;
        let event = store.first(ReadQuery::stream(stream.clone()).from(middle).to(middle)).await?;
        let missing =
            || StoreError::integrity(format!("version {middle} of stream {stream} is missing; events have been removed"));
        if event.ok_or_else(missing)?.position <= position { before = middle } else { after = middle }
    }
    Ok(Version(before))
}
