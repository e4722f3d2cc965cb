//! The schema of a game: all fields for the server, without hidden fields for players.

use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::domain::access::Viewer;
use crate::domain::game::state::Game;
use crate::domain::game::state::Phase;
use crate::domain::game::view::GameView;
use crate::event::Version;

impl Game {
    /// Returns the game as a viewer sees it; `Null` if it was never created.
    pub fn as_seen(&self, id: &str, version: u64, viewer: &Viewer) -> Value {
        shown(self, id, version, viewer)
    }
}

/// The fields that only the server sees.
const HIDDEN: [&str; 3] = ["seed", "merchant_deck", "point_deck"];

/// Returns the game as a viewer sees it; `Null` if it was never created.
pub(super) fn shown(game: &Game, id: &str, version: u64, viewer: &Viewer) -> Value {
    if game.phase == Phase::Absent {
        return Value::Null;
    }
    // This always serializes.
    let shown = serde_json::to_value(GameView::of(game, id, Version(version))).unwrap_or(Value::Null);
    state_as_seen(shown, viewer)
}

/// Reduces the server's view of a game to that of a viewer.
pub fn state_as_seen(mut server: Value, viewer: &Viewer) -> Value {
    if *viewer == Viewer::Server {
        return server;
    }
    let players = server.get_mut("players").and_then(Value::as_array_mut).into_iter().flatten();
    for player in players.filter_map(Value::as_object_mut) {
        let is_own = matches!(viewer, Viewer::Player(viewer) if player.get("player_id") == Some(&json!(viewer)));
        player.retain(|field, _| is_own || field != "hand");
    }
    if let Some(game) = server.as_object_mut() {
        game.retain(|field, _| !HIDDEN.contains(&field.as_str()));
    }
    server
}

/// Returns the data of an event as a viewer sees it. The seed is hidden, because it determines the decks.
pub fn event_as_seen(event_type: &str, mut data: Map<String, Value>, viewer: &Viewer) -> Map<String, Value> {
    if event_type == "game.created" && *viewer != Viewer::Server {
        data.retain(|field, _| field != "seed");
    }
    data
}
