//! The viewer of a game, from the flag `--player`.

use crate::domain::game::Viewer;

/// Returns the viewer: a player, or the server, which sees everything.
pub(super) fn viewer(player: Option<String>) -> Viewer {
    player.map_or(Viewer::Server, Viewer::Player)
}
