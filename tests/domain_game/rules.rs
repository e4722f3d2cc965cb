//! Every rule and every rejection.

use esctl::aggregate::DecideError;
use esctl::aggregate::Decider;
use esctl::domain::game::Phase;
use serde_json::Value;
use serde_json::json;

use crate::domain_game::support::Table;
use crate::domain_game::support::holding;
use crate::domain_game::support::now;
use crate::domain_game::support::record;
use crate::domain_game::support::refused;
use crate::domain_game::support::run;
use crate::domain_game::support::started;

fn of(player: &str) -> Value {
    json!({ "player_id": player })
}

/// Plays the same turn for the player whose turn it is.
fn rest(table: &mut Table) {
    let player = table.state().current().unwrap().player_id.clone();
    run(table, "game.rest", &of(&player)).unwrap();
    run(table, "game.endTurn", &of(&player)).unwrap();
}

fn crystals(table: &Table, player: &str) -> Value {
    json!(table.state().player(player).unwrap().caravan)
}

#[test]
fn a_game_is_made_once_and_within_the_rules() {
    let mut table = Table::new("game-1");
    assert_eq!(refused(&table, "game.join", &of("a")), "game_not_found");
    for wrong in [
        json!({"num_players": 1, "seed": 1}),
        json!({"num_players": 6, "seed": 1}),
        json!({"num_players": 2, "seed": u64::MAX}),
        json!({"num_players": 2, "seed": 1, "caravan_capacity": 5}),
        json!({"num_players": 2, "seed": 1, "point_cards_to_win": 0}),
        json!({"num_players": 2, "seed": 1, "point_cards_to_win": 8}),
    ] {
        assert_eq!(refused(&table, "game.create", &wrong), "invalid_setting", "{wrong}");
    }
    let events = run(&mut table, "game.create", &json!({"id": "1", "num_players": 2, "seed": 7})).unwrap();
    let data = json!({"num_players": 2, "seed": 7, "caravan_capacity": 10, "point_cards_to_win": 5});
    assert_eq!(events, [("game.created", data)]);
    assert_eq!(refused(&table, "game.create", &json!({"num_players": 2, "seed": 7})), "game_exists");
}

#[test]
fn payloads_of_another_shape_are_not_read() {
    let table = started(2, 1, json!({}));
    for (command, payload) in [
        ("game.create", json!({"num_players": 2})),
        ("game.create", json!({"num_players": -2, "seed": 1})),
        ("game.rest", json!({"player": "a"})),
        ("game.rest", json!([])),
        ("game.acquire", json!({"player_id": "a", "index": 1, "pay": ["red"]})),
        ("game.discard", json!({"player_id": "a", "crystals": {"red": 1}})),
        ("game.discard", json!({"player_id": "a", "crystals": {"yellow": -1}})),
        ("game.playCard", json!({"player_id": "a", "card": "s1", "times": 1.5})),
    ] {
        assert!(matches!(table.decide(command, &payload, now()), Err(DecideError::Payload { .. })), "{command} {payload}");
    }
}

#[test]
fn the_last_one_to_join_starts_the_game() {
    let mut table = Table::new("game-1");
    run(&mut table, "game.create", &json!({"num_players": 2, "seed": 7})).unwrap();
    run(&mut table, "game.join", &of("ann")).unwrap();
    assert_eq!(refused(&table, "game.rest", &of("ann")), "game_not_started");
    assert_eq!(refused(&table, "game.join", &of("ann")), "already_joined");
    assert_eq!(refused(&table, "game.join", &of("")), "invalid_player");
    assert_eq!(refused(&table, "game.leave", &of("bob")), "no_such_player");
    run(&mut table, "game.leave", &of("ann")).unwrap();
    run(&mut table, "game.join", &of("bob")).unwrap();
    let events = run(&mut table, "game.join", &of("ann")).unwrap();
    assert_eq!(events[1], ("game.started", json!({"players": ["bob", "ann"]})));
    assert_eq!(refused(&table, "game.join", &of("eve")), "game_full");
}

#[test]
fn each_player_begins_with_what_the_rules_say() {
    let table = started(5, 3, json!({}));
    let game = table.state();
    let four = json!({"yellow": 4});
    let mixed = json!({"yellow": 3, "green": 1});
    let wanted = [json!({"yellow": 3}), four.clone(), four, mixed.clone(), mixed];
    for (player, wanted) in ["a", "b", "c", "d", "e"].iter().zip(wanted) {
        assert_eq!(crystals(&table, player), wanted, "{player}");
        assert_eq!(game.player(player).unwrap().hand, ["s1", "s2"]);
    }
    assert_eq!((game.market.len(), game.point_row.len()), (6, 5));
    assert_eq!((game.merchant_deck.len(), game.point_deck.len()), (39, 31));
    assert_eq!((game.coins.gold, game.coins.silver), (10, 10));
    assert_eq!((game.phase, game.round), (Phase::Playing, 1));
}

#[test]
fn turns_go_round_and_hold_one_action_each() {
    let mut table = started(3, 1, json!({}));
    assert_eq!(refused(&table, "game.rest", &of("b")), "not_your_turn");
    assert_eq!(refused(&table, "game.rest", &of("eve")), "no_such_player");
    assert_eq!(refused(&table, "game.endTurn", &of("a")), "not_acted");
    run(&mut table, "game.playCard", &json!({"player_id": "a", "card": "s1"})).unwrap();
    for command in ["game.rest", "game.playCard", "game.acquire", "game.claim"] {
        let payload = match command {
            "game.rest" => of("a"),
            "game.playCard" => json!({"player_id": "a", "card": "s2"}),
            _ => json!({"player_id": "a", "index": 0}),
        };
        assert_eq!(refused(&table, command, &payload), "already_acted", "{command}");
    }
    let events = run(&mut table, "game.endTurn", &of("a")).unwrap();
    assert_eq!(events, [("game.turn_ended", json!({"player_id": "a", "next": {"player_id": "b", "round": 1}}))]);
    rest(&mut table);
    rest(&mut table);
    assert_eq!((table.state().current().unwrap().player_id.as_str(), table.state().round), ("a", 2));
}

#[test]
fn merchants_produce_upgrade_and_trade() {
    let cases = [
        (json!({"yellow": 3}), "m01", json!({}), json!({"yellow": 6})),
        (json!({"yellow": 3}), "s2", json!({"upgrade": ["yellow"]}), json!({"yellow": 2, "green": 1})),
        (json!({"yellow": 3}), "s2", json!({"upgrade": ["yellow", "green"]}), json!({"yellow": 2, "blue": 1})),
        (json!({"yellow": 5}), "m12", json!({"times": 2}), json!({"yellow": 1, "green": 4})),
        (json!({"yellow": 5}), "m12", json!({}), json!({"yellow": 3, "green": 2})),
    ];
    for (held, card, how, then) in cases {
        let mut table = holding(held.clone(), &[card]);
        let mut payload = json!({"player_id": "a", "card": card});
        payload.as_object_mut().unwrap().extend(how.as_object().unwrap().clone());
        run(&mut table, "game.playCard", &payload).unwrap();
        assert_eq!(crystals(&table, "a"), then, "{card} {how} with {held}");
        let player = table.state().player("a").unwrap();
        assert!(player.played.contains(&card.to_owned()) && !player.hand.contains(&card.to_owned()));
    }
}

#[test]
fn what_cannot_be_played_is_refused() {
    let table = holding(json!({"yellow": 1, "pink": 1}), &["m12"]);
    for (payload, code) in [
        (json!({"card": "m40"}), "no_such_card"),
        (json!({"card": "s1"}), "no_such_card"),
        (json!({"card": "m12"}), "cannot_afford"),
        (json!({"card": "m12", "times": 0}), "invalid_play"),
        (json!({"card": "m12", "times": u32::MAX}), "cannot_afford"),
        (json!({"card": "m12", "upgrade": ["yellow"]}), "invalid_play"),
        (json!({"card": "s2"}), "invalid_play"),
        (json!({"card": "s2", "times": 1}), "invalid_play"),
        (json!({"card": "s2", "upgrade": ["yellow", "yellow", "yellow"]}), "invalid_play"),
        (json!({"card": "s2", "upgrade": ["yellow", "yellow"]}), "cannot_afford"),
        (json!({"card": "s2", "upgrade": ["pink"]}), "invalid_play"),
        (json!({"card": "s2", "upgrade": ["blue"]}), "cannot_afford"),
    ] {
        let mut whole = payload.clone();
        whole["player_id"] = "a".into();
        assert_eq!(refused(&table, "game.playCard", &whole), code, "{payload}");
    }
}

#[test]
fn a_merchant_costs_a_crystal_on_each_to_its_left_and_brings_what_lies_on_it() {
    let mut table = started(2, 9, json!({}));
    let row: Vec<String> = table.state().market.iter().map(|slot| slot.card.clone()).collect();
    let next = table.state().merchant_deck.last().cloned();
    for (payload, code) in [
        (json!({"player_id": "a", "index": 6, "pay": []}), "no_such_card"),
        (json!({"player_id": "a", "index": 2, "pay": ["yellow"]}), "invalid_play"),
        (json!({"player_id": "a", "index": 0, "pay": ["yellow"]}), "invalid_play"),
        (json!({"player_id": "a", "index": 1, "pay": ["pink"]}), "cannot_afford"),
    ] {
        assert_eq!(refused(&table, "game.acquire", &payload), code, "{payload}");
    }
    let events = run(&mut table, "game.acquire", &json!({"player_id": "a", "index": 2, "pay": ["yellow", "yellow"]})).unwrap();
    assert_eq!((&events[0].1["card"], &events[0].1["drawn"]), (&json!(row[2]), &json!(next)));
    assert_eq!(crystals(&table, "a"), json!({"yellow": 1}));
    let now: Vec<(String, u32)> = table.state().market.iter().map(|slot| (slot.card.clone(), slot.crystals.total())).collect();
    let wanted = [(0, 1), (1, 1), (3, 0), (4, 0), (5, 0)].map(|(place, total)| (row[place].clone(), total));
    assert_eq!((&now[..5], &now[5].0), (&wanted[..], &next.unwrap()));
    run(&mut table, "game.endTurn", &of("a")).unwrap();
    run(&mut table, "game.acquire", &json!({"player_id": "b", "index": 0})).unwrap();
    assert_eq!(crystals(&table, "b"), json!({"yellow": 5}), "with what lay on it");
    assert_eq!(table.state().player("b").unwrap().hand, ["s1", "s2", row[0].as_str()]);
}

#[test]
fn rest_takes_all_played_merchants_back() {
    let mut table = started(2, 1, json!({}));
    run(&mut table, "game.playCard", &json!({"player_id": "a", "card": "s1"})).unwrap();
    run(&mut table, "game.endTurn", &of("a")).unwrap();
    rest(&mut table);
    assert_eq!(refused(&table, "game.playCard", &json!({"player_id": "a", "card": "s1"})), "no_such_card");
    rest(&mut table);
    rest(&mut table);
    run(&mut table, "game.playCard", &json!({"player_id": "a", "card": "s1"})).unwrap();
}

#[test]
fn a_point_card_is_paid_and_comes_with_the_coin_over_it() {
    let rich = json!({"yellow": 40, "green": 40, "blue": 40, "pink": 40});
    let mut table = holding(rich, &[]);
    assert_eq!(refused(&table, "game.claim", &json!({"player_id": "a", "index": 5})), "no_such_card");
    let mut coins = Vec::new();
    for index in [1, 0, 0, 0, 0, 0] {
        // One after the other by the same player, as no real game would have it.
        let events = run(&mut table, "game.claim", &json!({"player_id": "a", "index": index})).unwrap();
        coins.push(events[0].1["coin"].as_str().map(str::to_owned));
        let again = json!({"player_id": "a", "next": {"player_id": "a", "round": 1}});
        record(&mut table, "game.turn_ended", &again.to_string());
    }
    let wanted = ["silver", "gold", "gold", "gold", "gold", "silver"].map(|coin| Some(coin.to_owned()));
    assert_eq!(coins, wanted, "when the gold has run out, the silver lies over the first");
    let player = table.state().player("a").unwrap();
    assert_eq!((player.point_cards.len(), player.coins.gold, player.coins.silver), (6, 4, 2));
    assert!(table.state().last_round);
    let poor = started(2, 1, json!({}));
    assert_eq!(refused(&poor, "game.claim", &json!({"player_id": "a", "index": 0})), "cannot_afford");
}

#[test]
fn over_capacity_one_discards_first() {
    let mut table = holding(json!({"yellow": 9, "pink": 1}), &["m01"]);
    run(&mut table, "game.playCard", &json!({"player_id": "a", "card": "m01"})).unwrap();
    assert_eq!(refused(&table, "game.endTurn", &of("a")), "over_capacity");
    for (crystals, code) in
        [(json!({"yellow": 4}), "within_capacity"), (json!({"green": 1}), "cannot_afford"), (json!({}), "invalid_play")]
    {
        let payload = json!({"player_id": "a", "crystals": crystals});
        assert_eq!(refused(&table, "game.discard", &payload), code, "{crystals}");
    }
    run(&mut table, "game.discard", &json!({"player_id": "a", "crystals": {"yellow": 2, "pink": 1}})).unwrap();
    run(&mut table, "game.endTurn", &of("a")).unwrap();
    assert_eq!(crystals(&table, "a"), json!({"yellow": 10}));
    assert_eq!(refused(&table, "game.discard", &json!({"player_id": "b", "crystals": {"yellow": 1}})), "within_capacity");
}

/// Both have as many: who is later in turn order wins.
#[test]
fn the_round_is_finished_and_a_tie_goes_to_the_later() {
    let mut table = started(2, 1, json!({"point_cards_to_win": 1}));
    let claimed = json!({"player_id": "a", "index": 0, "card": "p01", "paid": {}, "points": 6, "coin": "gold", "drawn": null});
    record(&mut table, "game.point_card_claimed", &claimed.to_string());
    let events = run(&mut table, "game.endTurn", &of("a")).unwrap();
    assert_eq!(events.len(), 1, "the other one has a turn left");
    let played = json!({"player_id": "b", "card": "s1", "paid": {}, "gained": {"green": 2, "blue": 5, "pink": 2}});
    record(&mut table, "game.card_played", &played.to_string());
    let room = json!({"player_id": "b", "crystals": {"yellow": 3}});
    run(&mut table, "game.discard", &room).unwrap();
    let events = run(&mut table, "game.endTurn", &of("b")).unwrap();
    let scores = json!([{"player_id": "a", "score": 9}, {"player_id": "b", "score": 9}]);
    assert_eq!(events[1], ("game.finished", json!({"winner": "b", "scores": scores})));
    assert_eq!(refused(&table, "game.rest", &of("a")), "game_over");
    assert_eq!(refused(&table, "game.leave", &of("a")), "game_over");
}

#[test]
fn a_player_that_leaves_has_no_more_turns_and_cannot_win() {
    let mut table = started(3, 1, json!({}));
    let events = run(&mut table, "game.leave", &of("a")).unwrap();
    assert_eq!(events, [("game.player_left", json!({"player_id": "a", "next": {"player_id": "b", "round": 1}}))]);
    assert_eq!(refused(&table, "game.rest", &of("a")), "no_such_player");
    rest(&mut table);
    rest(&mut table);
    assert_eq!(table.state().current().unwrap().player_id, "b");
    let events = run(&mut table, "game.leave", &of("c")).unwrap();
    assert_eq!((events[1].0, &events[1].1["winner"]), ("game.finished", &json!("b")), "a player does not go on alone");
}
