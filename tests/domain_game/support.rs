//! Given, when, then: a game with what has happened in it, a command, what it led to.

use esctl::aggregate::AggregateFold;
use esctl::aggregate::DecideError;
use esctl::aggregate::Decider;
use esctl::domain::game::Game;
use esctl::event::Timestamp;
use esctl::testing::Recorded;
use serde_json::Value;
use serde_json::json;

pub type Table = AggregateFold<Game>;

pub fn now() -> Timestamp {
    "2025-12-03T16:00:00Z".parse().unwrap()
}

/// Applies an event as the store gives it back: from its text.
pub fn record(table: &mut Table, event_type: &str, data: &str) {
    Recorded::new(event_type, data, now()).apply_to(table).unwrap();
}

/// Decides, and records what it led to.
pub fn run(table: &mut Table, command: &str, payload: &Value) -> Result<Vec<(&'static str, Value)>, DecideError> {
    let decided = table.decide(command, payload, now())?;
    for event in &decided {
        record(table, event.event_type, event.data.as_str());
    }
    let typed = decided.iter().map(|event| (event.event_type, serde_json::from_str(event.data.as_str()).unwrap()));
    Ok(typed.collect())
}

/// The code of a rejection.
#[track_caller]
pub fn refused(table: &Table, command: &str, payload: &Value) -> &'static str {
    match table.decide(command, payload, now()) {
        Err(DecideError::Rejected(rejection)) => rejection.code,
        other => panic!("{command} {payload}: {other:?}"),
    }
}

/// A table where all have sat down: `a`, `b`, … are the players.
pub fn started(players: usize, seed: u64, settings: Value) -> Table {
    let mut table = Table::new("game-1");
    let mut create = json!({ "num_players": players, "seed": seed });
    create.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
    run(&mut table, "game.create", &create).unwrap();
    for name in &["a", "b", "c", "d", "e"][..players] {
        run(&mut table, "game.join", &json!({ "player_id": name })).unwrap();
    }
    table
}

/// Two players, and `a` holds these crystals and these merchants.
pub fn holding(crystals: Value, hand: &[&str]) -> Table {
    let mut table = started(2, 1, json!({}));
    let none = json!({});
    for card in hand {
        let data = json!({"player_id": "a", "index": 0, "card": card, "paid": [], "gained": none, "drawn": null});
        record(&mut table, "game.merchant_acquired", &data.to_string());
    }
    let data = json!({"player_id": "a", "card": "s1", "paid": {"yellow": 3}, "gained": crystals});
    record(&mut table, "game.card_played", &data.to_string());
    let next = json!({"player_id": "a", "next": {"player_id": "a", "round": 1}});
    record(&mut table, "game.turn_ended", &next.to_string());
    table
}
