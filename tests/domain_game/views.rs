//! Hidden fields stay hidden.

use esctl::aggregate::Fold;
use esctl::domain::game::Viewer;
use esctl::domain::game::event_as_seen;
use esctl::domain::game::state_as_seen;
use serde_json::Value;
use serde_json::json;

use crate::domain_game::support::now;
use crate::domain_game::support::started;

#[test]
fn a_player_sees_his_hand_and_no_other_and_no_deck() {
    let table = started(3, 5, json!({}));
    let seen = |viewer| table.state().as_seen("1", 5, &viewer);
    let hands = |shown: &Value| -> Vec<bool> {
        shown["players"].as_array().unwrap().iter().map(|player| player.get("hand").is_some()).collect()
    };
    let own = seen(Viewer::Player("b".into()));
    assert_eq!(hands(&own), [false, true, false]);
    assert_eq!(own["players"][1]["hand"][0]["id"], "s1");
    assert_eq!(own["players"][0]["hand_size"], 2);
    assert_eq!(hands(&seen(Viewer::Watcher)), [false, false, false]);
    assert_eq!(hands(&seen(Viewer::Player("eve".into()))), [false, false, false]);
    let server = table.show(now());
    assert_eq!(hands(&server), [true, true, true]);
    assert_eq!((server["seed"].as_u64(), server["merchant_deck"].as_array().unwrap().len()), (Some(5), 39));
    for viewer in [Viewer::Player("b".into()), Viewer::Watcher] {
        let text = seen(viewer).to_string();
        for hidden in table.state().merchant_deck.iter().chain(&table.state().point_deck) {
            assert!(!text.contains(&format!("{hidden:?}")), "{hidden} is in {text}");
        }
        assert!(!text.contains("seed") && !text.contains("deck"), "{text}");
    }
    // These fields and no others: a new one is hidden until its visibility is decided.
    let fields = |state: &Value| state.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    for seen in [&own, &seen(Viewer::Watcher)] {
        assert_eq!(
            fields(seen),
            [
                "id",
                "phase",
                "num_players",
                "caravan_capacity",
                "point_cards_to_win",
                "round",
                "last_round",
                "turn",
                "acted",
                "players",
                "market",
                "point_cards",
                "coins",
                "merchants_left",
                "point_cards_left",
                "winner",
                "scores",
                "version",
                "created_at",
                "last_updated"
            ]
        );
        assert_eq!(
            fields(&seen["players"][0]),
            ["player_id", "caravan", "hand_size", "played", "point_cards", "points", "coins", "score", "left"]
        );
    }
    assert_eq!(
        fields(&own["players"][1]),
        ["player_id", "caravan", "hand_size", "played", "point_cards", "points", "coins", "score", "left", "hand"]
    );
    // A state that was made for the server is seen in the same way, and what is no game is left as it is.
    for viewer in [Viewer::Server, Viewer::Player("b".into()), Viewer::Watcher] {
        assert_eq!(state_as_seen(server.clone(), &viewer).to_string(), table.state().as_seen("1", 5, &viewer).to_string());
        for other in [json!(null), json!([1]), json!({"players": 1})] {
            assert_eq!(state_as_seen(other.clone(), &viewer), other);
        }
    }
}

#[test]
fn the_seed_is_in_no_event_that_a_player_sees() {
    let data = json!({"num_players": 2, "seed": 5}).as_object().unwrap().clone();
    let seen = |viewer| Value::Object(event_as_seen("game.created", data.clone(), &viewer));
    assert_eq!(seen(Viewer::Watcher), json!({"num_players": 2}));
    assert_eq!(seen(Viewer::Player("a".into())), json!({"num_players": 2}));
    assert_eq!(seen(Viewer::Server), json!({"num_players": 2, "seed": 5}));
}
