//! Where everything random in a new game comes from.
//!
//! Whoever knows the seed knows the decks, so nothing that players see leads to it: neither the id nor an idempotency key.

use uuid::Uuid;

use crate::aggregate::Aggregate;
use crate::domain::game::Game;
use crate::event::StreamName;
use crate::event::Version;
use crate::ops::error::OpsError;
use crate::ops::games::show::game_at;
use crate::runtime::LoadOptions;
use crate::store::Store;
use crate::store::StoreError;

/// The seed for a game that is to be created: that of `fresh`, which is random throughout (UUIDv4), unless there is such a
/// game already. Then its own, so that a command which is repeated under its idempotency key is the same as the first.
///
/// # Errors
/// A bad id, or as the store says.
pub async fn seed_for(store: &Store, id: &str, fresh: Uuid) -> Result<u64, OpsError> {
    let stream = StreamName::of(Game::CATEGORY, id)?;
    match store.stream_version(stream.clone()).await {
        // A number that every store can hold.
        Ok(Version::ZERO) | Err(StoreError::NoStore(_)) => Ok(fresh.as_u64_pair().0 >> 1),
        Ok(_) => Ok(game_at(store, &stream, LoadOptions::default().up_to).await?.0.state().seed),
        Err(error) => Err(error.into()),
    }
}
