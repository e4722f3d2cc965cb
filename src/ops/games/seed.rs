//! The seed of a new game.
//!
//! The seed determines the decks, so it must not follow from values that players see, such as the id or an idempotency key.

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

/// Returns the seed for a game to create: a random one from `fresh` (UUIDv4), or the existing one if there is such a game.
/// So a command that is repeated under its idempotency key equals the first one.
pub async fn seed_for(store: &Store, id: &str, fresh: Uuid) -> Result<u64, OpsError> {
    let stream = StreamName::of(Game::CATEGORY, id)?;
    match store.stream_version(stream.clone()).await {
        // Every store can hold a number of 63 bits.
        Ok(Version::ZERO) | Err(StoreError::NoStore(_)) => Ok(fresh.as_u64_pair().0 >> 1),
        Ok(_) => Ok(game_at(store, &stream, LoadOptions::default().up_to).await?.0.state().seed),
        Err(error) => Err(error.into()),
    }
}
