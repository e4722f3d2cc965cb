//! What a stream is like now, for one who begins to follow it.

use serde_json::Value;

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

/// The state of a stream as somebody sees it, and the version it is of; null and 0 where there is none yet.
pub(super) async fn state_of(
    store: &Store,
    stream: &StreamName,
    sight: &Sight,
    now: Timestamp,
) -> Result<(Version, Value), OpsError> {
    let mut fold = Reducer::Own.fold(stream)?;
    let loaded = match load(store, stream, &mut *fold, LoadOptions::default()).await {
        Err(RuntimeError::Store(StoreError::NoStore(_))) => Loaded::default(),
        loaded => loaded?,
    };
    Ok((loaded.version, sight.state(stream.category(), fold.show(now))))
}
