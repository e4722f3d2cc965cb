//! A game at a version or moment, limited to what a viewer may see.

use serde_json::Value;
use uuid::Uuid;

use crate::aggregate::Aggregate;
use crate::aggregate::AggregateFold;
use crate::domain::game::Game;
use crate::domain::game::Viewer;
use crate::event::StreamName;
use crate::event::Version;
use crate::ops::error::OpsError;
use crate::ops::not_found::not_found;
use crate::ops::replay::PointInTime;
use crate::runtime::LoadOptions;
use crate::runtime::RuntimeError;
use crate::runtime::load;
use crate::store::Store;

/// The visible part of a game.
#[derive(Debug, Clone, PartialEq)]
pub struct GameReport {
    /// The version of the last event in it.
    pub version: Version,
    /// The state.
    pub state: Value,
    /// The ids of quarantined events that the state leaves out.
    pub left_out: Vec<Uuid>,
}

/// Reads a game at a version, at a moment, or now.
///
/// # Errors
/// [`OpsError::NotFound`] when there is no such game or no such player in it; [`OpsError::NotThere`] when it did not exist yet or
/// has not reached the version.
pub async fn show_game(store: &Store, id: &str, until: PointInTime, viewer: &Viewer) -> Result<GameReport, OpsError> {
    let stream = game_stream(store, id).await?;
    let up_to = until.existing_version(store, &stream).await?;
    let (fold, left_out) = game_at(store, &stream, up_to).await?;
    known(fold.state(), viewer)?;
    let version = fold.stream_version();
    Ok(GameReport { version, state: fold.state().as_seen(fold.id(), version.0, viewer), left_out })
}

/// Checks that a viewer who is a player takes part in the game.
pub(super) fn known(game: &Game, viewer: &Viewer) -> Result<(), OpsError> {
    match viewer {
        Viewer::Player(player) if game.player(player).is_none() => {
            let candidates = game.players.iter().map(|player| player.player_id.clone()).collect();
            Err(OpsError::NotFound { kind: "player", name: player.clone(), candidates })
        }
        _ => Ok(()),
    }
}

/// Returns the stream of an existing game.
pub(super) async fn game_stream(store: &Store, id: &str) -> Result<StreamName, OpsError> {
    let stream = StreamName::of(Game::CATEGORY, id)?;
    match store.stream_version(stream.clone()).await? {
        Version::ZERO => Err(not_found("game", store, &stream).await),
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
