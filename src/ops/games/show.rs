//! A game as somebody sees it, now or as it was.

use serde_json::Value;
use uuid::Uuid;

use crate::aggregate::Aggregate;
use crate::aggregate::AggregateFold;
use crate::domain::game::Game;
use crate::domain::game::Viewer;
use crate::event::StreamName;
use crate::event::Version;
use crate::ops::error::OpsError;
use crate::ops::near::nothing_of;
use crate::ops::replay::Until;
use crate::runtime::LoadOptions;
use crate::runtime::RuntimeError;
use crate::runtime::load;
use crate::store::Store;

/// A game, as it is seen.
#[derive(Debug, Clone, PartialEq)]
pub struct GameReport {
    /// The version of the last event in it.
    pub version: Version,
    /// The state.
    pub state: Value,
    /// The ids of quarantined events that the state leaves out.
    pub left_out: Vec<Uuid>,
}

/// A game up to a version, a moment, or now.
///
/// # Errors
/// [`OpsError::NotFound`] when there is no such game, or no such player in it; [`OpsError::NotThere`] when it was not there
/// yet or has not reached that version; or as the store says.
pub async fn show_game(store: &Store, id: &str, until: Until, viewer: &Viewer) -> Result<GameReport, OpsError> {
    let stream = game_stream(store, id).await?;
    let up_to = until.existing_version(store, &stream).await?;
    let (fold, left_out) = game_at(store, &stream, up_to).await?;
    known(fold.state(), viewer)?;
    let version = fold.stream_version();
    Ok(GameReport { version, state: fold.state().as_seen(fold.id(), version.0, viewer), left_out })
}

/// Whoever looks as a player plays in it.
pub(super) fn known(game: &Game, viewer: &Viewer) -> Result<(), OpsError> {
    match viewer {
        Viewer::Player(player) if game.player(player).is_none() => {
            let candidates = game.players.iter().map(|player| player.player_id.clone()).collect();
            Err(OpsError::NotFound { kind: "player", name: player.clone(), candidates })
        }
        _ => Ok(()),
    }
}

/// The stream of a game that is there.
pub(super) async fn game_stream(store: &Store, id: &str) -> Result<StreamName, OpsError> {
    let stream = StreamName::of(Game::CATEGORY, id)?;
    match store.stream_version(stream.clone()).await? {
        Version::ZERO => Err(nothing_of("game", store, &stream).await),
        _ => Ok(stream),
    }
}

/// Returns the state of a game at a version, and the ids of quarantined events that it leaves out.
pub(super) async fn game_at(
    store: &Store,
    stream: &StreamName,
    up_to: Version,
) -> Result<(AggregateFold<Game>, Vec<Uuid>), RuntimeError> {
    let mut fold = AggregateFold::new(stream.as_str());
    let loaded = load(store, stream, &mut fold, LoadOptions { up_to, snapshots: true }).await?;
    Ok((fold, loaded.left_out))
}
