//! The seed of something new whose random choices it determines, such as a game.
//!
//! It must not follow from values that players see, such as the id or an idempotency key.

use uuid::Uuid;

use crate::event::StreamName;
use crate::event::Timestamp;
use crate::ops::error::OpsError;
use crate::ops::reducer::Reducer;
use crate::runtime::LoadOptions;
use crate::runtime::RuntimeError;
use crate::runtime::load;
use crate::store::Store;
use crate::store::StoreError;

/// Returns the seed for a stream to create: a random one from `fresh` (UUIDv4), or the one in a field of its state if there is
/// such a stream. So a command that is repeated under its idempotency key equals the first one.
pub async fn seed_for(store: &Store, stream: &StreamName, field: &str, fresh: Uuid) -> Result<u64, OpsError> {
    // Every store can hold a number of 63 bits.
    let drawn = fresh.as_u64_pair().0 >> 1;
    let mut fold = Reducer::Own.fold(stream)?;
    match load(store, stream, &mut *fold, LoadOptions::default()).await {
        Ok(_) => Ok(fold.show(Timestamp::MIN)[field].as_u64().unwrap_or(drawn)),
        Err(RuntimeError::Store(StoreError::NoStore(_))) => Ok(drawn),
        Err(error) => Err(error.into()),
    }
}
