//! A game as a report for people.

use serde_json::Value;

use crate::cli::output::Cell;
use crate::cli::output::Sheet;
use crate::cli::output::Tone;

/// Draws the game after a move: the turn, the players, the cards.
pub(super) fn draw(game: &Value, sheet: &mut Sheet) {
    if game.is_null() {
        return;
    }
    let phase = match (game["phase"].as_str().unwrap_or_default(), game["turn"].as_str(), game["winner"].as_str()) {
        (_, Some(turn), _) => {
            let last = if game["last_round"] == Value::Bool(true) { ", the last one" } else { "" };
            let acted = if game["acted"] == Value::Bool(true) { ", and can end it" } else { "" };
            Cell::new(format!("round {}{last}: the turn of {turn}{acted}", game["round"]))
        }
        (_, _, Some(winner)) => Cell::new(format!("finished: {winner} has won")).tone(Tone::Good),
        (phase, ..) => Cell::new(format!("{phase} for {} players", game["num_players"])),
    };
    sheet.field("game", phase);
    let players = game["players"].as_array().map(Vec::as_slice).unwrap_or_default();
    if !players.is_empty() {
        sheet.blank();
        sheet.table(
            &["player", "score", "point cards", "coins", "caravan", "hand", "played"],
            players.iter().map(player).collect(),
        );
    }
    // The player's own hand. If all hands are visible, the hand of the player whose turn it is.
    let seen: Vec<&Value> = players.iter().filter(|player| player["hand"].is_array()).collect();
    for player in seen.iter().filter(|player| seen.len() == 1 || player["player_id"] == game["turn"]) {
        sheet.heading(&format!("hand of {}", player["player_id"].as_str().unwrap_or_default()));
        for merchant in player["hand"].as_array().into_iter().flatten() {
            sheet.text(&card(merchant));
        }
    }
    let market = game["market"].as_array().map(Vec::as_slice).unwrap_or_default();
    if game["phase"] == "playing" {
        sheet.blank();
        let rows = market
            .iter()
            .enumerate()
            .map(|(index, slot)| vec![Cell::number(index), card(&slot["card"]).into(), crystals(&slot["crystals"]).into()]);
        sheet.table(&["market", "merchant", "with it"], rows.collect());
        sheet.blank();
        let points = game["point_cards"].as_array().map(Vec::as_slice).unwrap_or_default();
        let rows = points.iter().enumerate().map(|(index, slot)| {
            let costs = crystals(&slot["card"]["costs"]);
            let coin = slot["coin"].as_str().map_or_else(Cell::none, Cell::new);
            vec![Cell::number(index), costs.into(), Cell::number(&slot["card"]["points"]), coin]
        });
        sheet.table(&["claim", "for", "points", "coin"], rows.collect());
    }
}

fn player(player: &Value) -> Vec<Cell> {
    let left = if player["left"] == Value::Bool(true) { " (left)" } else { "" };
    let name = player["player_id"].as_str().unwrap_or_default();
    vec![
        format!("{name}{left}").into(),
        Cell::number(&player["score"]),
        Cell::number(player["point_cards"].as_array().map_or(0, Vec::len)),
        format!("{} gold, {} silver", player["coins"]["gold"], player["coins"]["silver"]).into(),
        crystals(&player["caravan"]).into(),
        Cell::number(&player["hand_size"]),
        Cell::number(player["played"].as_array().map_or(0, Vec::len)),
    ]
}

/// Returns a merchant in words: `m12 trade 2 yellow for 2 green`.
fn card(card: &Value) -> String {
    let id = card["id"].as_str().unwrap_or_default();
    match card["kind"].as_str() {
        Some("produce") => format!("{id} produce {}", crystals(&card["gives"])),
        Some("upgrade") => format!("{id} upgrade {}", card["steps"]),
        Some("trade") => format!("{id} trade {} for {}", crystals(&card["takes"]), crystals(&card["gives"])),
        _ => id.to_owned(),
    }
}

/// Returns crystals in words: `3 yellow, 1 pink`.
fn crystals(crystals: &Value) -> String {
    let held = crystals.as_object().into_iter().flatten();
    let words: Vec<String> = held.map(|(colour, count)| format!("{count} {colour}")).collect();
    if words.is_empty() { "-".to_owned() } else { words.join(", ") }
}
