//! The schema of a game: all fields for the server, without hidden fields for players.

use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::domain::access::Viewer;
use crate::domain::game::cards;
use crate::domain::game::state::Game;
use crate::domain::game::state::Phase;
use crate::domain::game::state::Player;
use crate::domain::game::turn::score;

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
    let market = game.market.iter().map(|slot| json!({ "card": merchant(&slot.card), "crystals": slot.crystals }));
    let points = game.point_row.iter().enumerate();
    let points = points.map(|(index, card)| json!({ "card": cards::point_card(card), "coin": game.coin_at(index) }));
    let shown = json!({
        "id": id,
        "phase": game.phase,
        "num_players": game.num_players,
        "caravan_capacity": game.caravan_capacity,
        "point_cards_to_win": game.point_cards_to_win,
        "round": game.round,
        "last_round": game.last_round,
        "turn": game.current().map(|player| &player.player_id),
        "acted": game.acted,
        "players": game.players.iter().map(player).collect::<Vec<_>>(),
        "market": market.collect::<Vec<_>>(),
        "point_cards": points.collect::<Vec<_>>(),
        "coins": game.coins,
        "merchants_left": game.merchant_deck.len(),
        "point_cards_left": game.point_deck.len(),
        "winner": game.winner,
        "scores": game.scores,
        "version": version,
        "created_at": game.created_at,
        "last_updated": game.last_updated,
        "seed": game.seed,
        "merchant_deck": game.merchant_deck,
        "point_deck": game.point_deck,
    });
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

fn merchant(id: &str) -> Value {
    // A card of a newer program is shown by its name only.
    cards::merchant(id).map_or_else(|| json!({ "id": id }), |card| json!(card))
}

fn player(player: &Player) -> Value {
    json!({
        "player_id": player.player_id,
        "caravan": player.caravan,
        "hand_size": player.hand.len(),
        "played": player.played.iter().map(|card| merchant(card)).collect::<Vec<_>>(),
        "point_cards": player.point_cards,
        "points": player.points,
        "coins": player.coins,
        "score": score(player),
        "left": player.left,
        "hand": player.hand.iter().map(|card| merchant(card)).collect::<Vec<_>>(),
    })
}

/// Returns the data of an event as a viewer sees it. The seed is hidden, because it determines the decks.
pub fn event_as_seen(event_type: &str, mut data: Map<String, Value>, viewer: &Viewer) -> Map<String, Value> {
    if event_type == "game.created" && *viewer != Viewer::Server {
        data.retain(|field, _| field != "seed");
    }
    data
}
