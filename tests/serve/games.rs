//! Games over HTTP: set up, seen by players and spectators, and no route shows hidden fields.

use serde_json::Value;
use serde_json::json;

use crate::common::backend::Backend;
use crate::serve::support::Answer;
use crate::serve::support::Served;
use crate::serve::token;

crate::on_every_backend! { async:
    a_game_is_set_up_and_the_same_key_sets_up_one
    the_same_key_sent_several_times_at_once_sets_up_one_game
    games_are_listed_by_how_far_they_are
    no_route_shows_a_player_the_hand_of_another
    only_administrators_ask_for_the_servers_view
}

/// Fields of the server's view, as they stand in JSON.
const HIDDEN: [&str; 4] = ["\"seed\"", "\"merchant_deck\"", "\"point_deck\"", "\"hash\""];

async fn join(served: &Served, player: &str) {
    served.command_as(&token::player(player), "game.join", "g", json!({})).await.is(201);
}

/// A game `g` of ann and bob, in which ann has played and a turn is over; on a server that checks tokens.
async fn played(on: Backend) -> Served {
    let served = Served::with(on, &token::WITH_SECRET).await;
    served.post_as(&token::admin(), "/api/games", &json!({"gameId": "g", "numPlayers": 2, "seed": 7})).await.is(201);
    join(&served, "ann").await;
    join(&served, "bob").await;
    let ann = token::player("ann");
    served.command_as(&ann, "game.playCard", "g", json!({"card": "s1"})).await.is(201);
    served.command_as(&ann, "game.endTurn", "g", json!({})).await.is(201);
    served
}

async fn a_game_is_set_up_and_the_same_key_sets_up_one(on: Backend) {
    let served = Served::start(on).await;
    let made = served.post("/api/games", &json!({"numPlayers": 3})).await.is(201);
    let id = made.json["id"].as_str().unwrap();
    assert_eq!((made.header("location"), made.header("etag")), (format!("/api/games/{id}").as_str(), "\"1\""));
    assert!(!made.text.contains("seed"), "{}", made.text);
    let shown = served.get(made.header("location")).await.is(200);
    assert_eq!((&shown.json["phase"], &shown.json["num_players"]), (&json!("waiting"), &json!(3)));

    let keyed = || {
        let body = json!({"numPlayers": 2, "caravanCapacity": 7, "pointCardsToWin": 3});
        crate::serve::support::answer(
            served.request(reqwest::Method::POST, "/api/games").header("Idempotency-Key", "k").json(&body),
        )
    };
    let (first, again) = (keyed().await.is(201), keyed().await.is(201));
    assert_eq!((&again.json["outcome"], &again.json["id"]), (&json!("already_applied"), &first.json["id"]));
    assert_eq!((&first.json["state"]["caravan_capacity"], &first.json["state"]["point_cards_to_win"]), (&json!(7), &json!(3)));
    assert_eq!(served.get("/api/games").await.json["items"].as_array().unwrap().len(), 2);

    // The drawn cards cannot be computed from the id.
    let seed = served.get(&format!("/api/games/{id}?server=true")).await.json["seed"].as_u64().unwrap();
    let drawn_of_id = id.parse::<uuid::Uuid>().unwrap().as_u64_pair().0 >> 1;
    assert_ne!(seed, drawn_of_id);

    served.post("/api/games", &json!({"gameId": "a b/ü", "numPlayers": 2})).await.is(201);
    served.get("/api/games/a%20b%2F%C3%BC").await.is(200);
    served.post("/api/games", &json!({"gameId": "a b/ü", "numPlayers": 2})).await.fails(422, "game_exists");
    served.post("/api/games", &json!({"numPlayers": 9})).await.fails(422, "invalid_setting");
    for body in [
        json!({}),
        json!({"numPlayers": -1}),
        json!({"numPlayers": "2"}),
        json!({"players": 2}),
        json!({"numPlayers": 2, "seed": 0.5}),
    ] {
        served.post("/api/games", &body).await.fails(400, "bad_request");
    }
    served.post("/api/games", &json!({"gameId": "", "numPlayers": 2})).await.fails(400, "bad_name");
}

async fn the_same_key_sent_several_times_at_once_sets_up_one_game(on: Backend) {
    let served = Served::start(on).await;
    let keyed = |client: &'static str| {
        let asked =
            served.request(reqwest::Method::POST, "/api/games").header("Idempotency-Key", "k").header("X-Client-Id", client);
        crate::serve::support::answer(asked.json(&json!({"numPlayers": 2})))
    };
    let all = futures_util::future::join_all((0..8).map(|_| keyed("ann"))).await;
    let ids: std::collections::BTreeSet<String> = all
        .iter()
        .map(|answer| (answer.status, answer.json["id"].to_string()))
        .map(|(status, id)| format!("{status} {id}"))
        .collect();
    assert_eq!(ids.len(), 1, "{ids:?}");
    // A key is one client's own.
    keyed("bob").await.is(201);
    assert_eq!(served.get("/api/games").await.json["items"].as_array().unwrap().len(), 2);
}

async fn games_are_listed_by_how_far_they_are(on: Backend) {
    let served = Served::start(on).await;
    for id in ["a", "b"] {
        served.post("/api/games", &json!({"gameId": id, "numPlayers": 2})).await.is(201);
    }
    for player in ["ann", "bob"] {
        served.command("game.join", "b", json!({"player_id": player})).await.is(201);
    }
    let ids = |answer: Answer| -> Vec<String> {
        let items = answer.json["items"].as_array().unwrap().iter();
        items.map(|item| item["id"].as_str().unwrap().to_owned()).collect()
    };
    let then = served.get("/api/games/b?version=1").await.json["last_updated"].as_str().unwrap().to_owned();
    assert_eq!(ids(served.get("/api/games").await.is(200)), ["a", "b"]);
    assert_eq!(ids(served.get("/api/games?phase=playing").await.is(200)), ["b"]);
    assert_eq!(ids(served.get(&format!("/api/games?phase=waiting&at={then}")).await.is(200)), ["a", "b"]);
    assert_eq!(ids(served.get("/api/games?phase=finished").await.is(200)), Vec::<String>::new());
    assert_eq!(served.get("/api/games?limit=1").await.is(200).json["next"], "a");
}

/// Returns the answers of every route that shows the game, to a caller with this token.
async fn every_route(served: &Served, token: &str) -> Vec<Answer> {
    let mut answers = Vec::new();
    for path in [
        "/api/games",
        "/api/games?at=2999-01-01T00:00:00Z",
        "/api/games/g",
        "/api/games/g?version=1",
        "/api/games/g?version=3",
        "/api/games/g?at=2999-01-01T00:00:00Z",
        "/api/streams",
        "/api/streams/game-g/events",
        "/api/streams/game-g/events?backwards=true",
        "/api/streams/game-g/missing?afterVersion=0",
        "/api/streams/game-g/state",
        "/api/streams/game-g/state?version=1",
        "/api/streams/game-g/state?version=3",
    ] {
        answers.push(served.get_as(token, path).await.is(200));
    }
    answers
}

/// The players whose hands are shown somewhere in it.
fn hands(value: &Value) -> Vec<String> {
    match value {
        Value::Object(members) => {
            let own = members.get("hand").map(|_| members["player_id"].as_str().unwrap_or("?").to_owned());
            own.into_iter().chain(members.values().flat_map(hands)).collect()
        }
        Value::Array(items) => items.iter().flat_map(hands).collect(),
        _ => Vec::new(),
    }
}

async fn no_route_shows_a_player_the_hand_of_another(on: Backend) {
    let served = played(on).await;
    let (ann, bob, eve) = (token::player("ann"), token::player("bob"), token::player("eve"));
    for (name, token) in [("ann", &ann), ("bob", &bob), ("eve", &eve)] {
        for answer in every_route(&served, token).await {
            for hidden in HIDDEN {
                assert!(!answer.text.contains(hidden), "{name} sees {hidden}: {}", answer.text);
            }
            let seen = hands(&answer.json);
            assert!(seen.iter().all(|player| player == name), "{name} sees the hands of {seen:?}");
            // Nor as a change from a state before.
            assert!(!answer.text.contains("/hand\"") || name != "eve", "{}", answer.text);
        }
    }
    let own = served.get_as(&ann, "/api/games/g").await.json;
    assert_eq!(hands(&own), ["ann"]);
    assert_eq!(hands(&served.get_as(&eve, "/api/games/g").await.json), Vec::<String>::new());
    // The answer to bob's move shows only bob's hand.
    let moved = served.command_as(&bob, "game.rest", "g", json!({})).await.is(201);
    assert_eq!(hands(&moved.json), ["bob"]);
    assert!(HIDDEN.iter().all(|hidden| !moved.text.contains(hidden)), "{}", moved.text);
}

async fn only_administrators_ask_for_the_servers_view(on: Backend) {
    let served = played(on).await;
    let (ann, admin) = (token::player("ann"), token::admin());
    for path in [
        "/api/games/g?server=true",
        "/api/games/g?version=3&server=true",
        "/api/resources?server=true",
        "/api/resources/x?server=true",
        "/api/streams/game-g/events?server=true",
        "/api/streams/game-g/missing?afterVersion=0&server=true",
        "/api/streams/game-g/state?server=true",
        "/api/projections",
        "/api/projections/games/rows",
        "/api/jobs",
        "/api/jobs/019aa5c0-0000-7000-8000-000000000000",
    ] {
        served.get_as(&ann, path).await.fails(403, "scope_missing");
        served.get(path).await.is(401);
    }
    for path in ["/api/games/g?playerId=bob", "/api/streams/game-g/state?playerId=bob"] {
        served.get_as(&ann, path).await.fails(403, "not_yourself");
    }
    served.get_as(&ann, "/api/games/g?playerId=ann").await.is(200);
    served.post_as(&ann, "/api/replay", &json!({"stream": "game-g"})).await.fails(403, "scope_missing");
    served.post_as(&ann, "/api/projections/games/rebuild", &json!({})).await.fails(403, "scope_missing");
    served.post_as(&ann, "/api/games", &json!({"numPlayers": 2, "seed": 1})).await.fails(403, "seed_not_allowed");

    let full = served.get_as(&admin, "/api/games/g?server=true").await.is(200).json;
    assert_eq!((full["seed"].as_u64(), hands(&full).len()), (Some(7), 2));
    assert_eq!(hands(&served.get_as(&admin, "/api/games/g").await.json).len(), 0);
    assert_eq!(hands(&served.get_as(&admin, "/api/games/g?playerId=bob").await.json), ["bob"]);
    served.get_as(&admin, "/api/games/g?playerId=carl").await.is(404);
    let events = served.get_as(&admin, "/api/streams/game-g/events?server=true").await.is(200).json;
    assert_eq!(events["items"], served.esctl(&["stream", "read", "game-g"])["items"]);
}
