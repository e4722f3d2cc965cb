//! What a stream is like now, for one who begins to follow it.

use serde_json::Value;
use uuid::Uuid;

use crate::event::StreamName;
use crate::event::Timestamp;
use crate::event::Version;
use crate::ops::OpsError;
use crate::ops::Reducer;
use crate::runtime::LoadOptions;
use crate::runtime::Loaded;
use crate::runtime::RuntimeError;
use crate::runtime::load;
use crate::server::sight::Sight;
use crate::store::Store;
use crate::store::StoreError;

/// The state of a stream at a version, as a client sees it.
pub(super) struct SeenState {
    /// The version; 0 where there is none yet.
    pub(super) version: Version,
    /// The state; null where there is none yet.
    pub(super) state: Value,
    /// The ids of quarantined events that it leaves out.
    pub(super) left_out: Vec<Uuid>,
}

/// Returns the state of a stream up to a version, as a client sees it.
///
/// # Errors
/// As the store says, or an event cannot be applied.
pub(super) async fn state_of(
    store: &Store,
    stream: &StreamName,
    sight: &Sight,
    now: Timestamp,
    up_to: Option<Version>,
) -> Result<SeenState, OpsError> {
    let mut fold = Reducer::Own.fold(stream)?;
    let options = up_to.map_or_else(LoadOptions::default, |up_to| LoadOptions { up_to, ..LoadOptions::default() });
    let loaded = match load(store, stream, &mut *fold, options).await {
        Err(RuntimeError::Store(StoreError::NoStore(_))) => Loaded::default(),
        loaded => loaded?,
    };
    let state = sight.state(stream.category(), fold.show(now));
    Ok(SeenState { version: loaded.version, state, left_out: loaded.left_out })
}
