//! Attacks by players and owners: acting as another, and seeing what is another's.

use serde_json::Value;
use serde_json::json;

use crate::common::backend::Backend;
use crate::serve::support::Served;
use crate::serve::token;
use crate::serve::token::WITH_SECRET;
use crate::serve::token::claims_with;
use crate::serve::token::signed;

crate::on_every_backend! { async:
    a_player_moves_only_for_himself
    an_owner_changes_only_owned_resources
    an_anonymous_caller_acts_for_no_client
    an_administrator_acts_for_any_client
    the_seed_of_a_game_is_neither_chosen_nor_shown
    the_client_is_that_of_the_token_and_not_of_the_request
    no_player_sees_the_refusals_of_another_whose_name_begins_alike
}

async fn a_table(on: Backend) -> Served {
    let served = Served::with(on, &WITH_SECRET).await;
    served.command_as(&token::player("ann"), "game.create", "g", json!({"num_players": 2})).await.is(201);
    served.command_as(&token::player("ann"), "game.join", "g", json!({"player_id": "ann"})).await.is(201);
    // The client need not name itself.
    served.command_as(&token::player("bob"), "game.join", "g", json!({})).await.is(201);
    served
}

fn versions(served: &Served, stream: &str) -> usize {
    served.esctl(&["stream", "read", stream])["items"].as_array().unwrap().len()
}

async fn a_player_moves_only_for_himself(on: Backend) {
    let served = a_table(on).await;
    let before = versions(&served, "game-g");
    let (bob, eve) = (token::player("bob"), token::player("eve"));
    for (command, with) in [
        ("game.rest", json!({"player_id": "ann"})),
        ("game.endTurn", json!({"player_id": "ann"})),
        ("game.leave", json!({"player_id": "ann"})),
        ("game.join", json!({"player_id": "carl"})),
        ("game.playCard", json!({"player_id": "ann", "card": "produce-yellow-2"})),
        ("game.acquire", json!({"player_id": "ann", "index": 0})),
        ("game.claim", json!({"player_id": "ann", "index": 0})),
        ("game.discard", json!({"player_id": "ann", "crystals": {}})),
    ] {
        for thief in [&bob, &eve] {
            let refused = served.command_as(thief, command, "g", with.clone()).await;
            assert_eq!((refused.status.as_u16(), &refused.json["error"]["code"]), (403, &json!("not_yourself")), "{command}");
        }
    }
    for disguise in
        [json!("Ann"), json!("ann "), json!("\u{202e}ann"), json!(["ann"]), json!({"eq": "ann"}), Value::Null, json!("")]
    {
        let refused = served.command_as(&bob, "game.rest", "g", json!({"player_id": disguise})).await;
        assert!(refused.status.is_client_error(), "{disguise}: {}", refused.text);
    }
    // A key twice is no way to be two.
    let twice = r#"{"command":"game.rest","id":"g","with":{"player_id":"bob","player_id":"ann"}}"#;
    let request = served.request(reqwest::Method::POST, "/api/commands").bearer_auth(&bob).body(twice);
    crate::serve::support::answer(request).await.fails(400, "bad_json");
    assert_eq!(versions(&served, "game-g"), before);
}

async fn an_owner_changes_only_owned_resources(on: Backend) {
    let served = Served::with(on, &WITH_SECRET).await;
    let (ann, bob) = (token::player("ann"), token::player("bob"));
    let gold = json!({"owner_id": "ann", "resource_type": "coin", "initial_amount": 100, "max_amount": 1000});
    served.command_as(&bob, "resource.create", "gold", gold.clone()).await.fails(403, "not_yourself");
    served.command_as(&ann, "resource.create", "gold", gold).await.is(201);
    for (command, with) in [
        ("resource.allocate", json!({"amount": 1})),
        ("resource.add", json!({"amount": 1})),
        ("resource.lock", json!({"for": "1h"})),
        ("resource.unlock", json!({})),
    ] {
        served.command_as(&bob, command, "gold", with).await.fails(403, "not_yourself");
    }
    served.command_as(&ann, "resource.allocate", "gold", json!({"amount": 1})).await.is(201);
    assert_eq!(versions(&served, "resource-gold"), 2);
}

async fn an_anonymous_caller_acts_for_no_client(on: Backend) {
    let served = a_table(on).await;
    let nameless = signed(&claims_with("nobody", json!({"player_id": null})));
    served.command_as(&nameless, "game.rest", "g", json!({"player_id": "ann"})).await.fails(403, "not_yourself");
    served.command_as(&nameless, "game.rest", "g", json!({})).await.is(400);
    let gold = json!({"owner_id": "nobody", "resource_type": "coin", "initial_amount": 1, "max_amount": 1});
    served.command_as(&nameless, "resource.create", "gold", gold).await.fails(403, "not_yourself");
    // A document has no owner; the client that changed it is recorded.
    served.command_as(&nameless, "document.create", "plan", json!({"document": {}})).await.is(201);
}

async fn an_administrator_acts_for_any_client(on: Backend) {
    let served = a_table(on).await;
    served.command_as(&token::admin(), "game.rest", "g", json!({"player_id": "ann"})).await.is(201);
    let gold = json!({"owner_id": "ann", "resource_type": "coin", "initial_amount": 1, "max_amount": 1});
    served.command_as(&token::admin(), "resource.create", "gold", gold).await.is(201);
    served.command_as(&token::admin(), "resource.lock", "gold", json!({"for": "1h"})).await.is(201);
    served.command_as(&token::admin(), "game.create", "h", json!({"num_players": 2, "seed": 7})).await.is(201);
}

async fn the_seed_of_a_game_is_neither_chosen_nor_shown(on: Backend) {
    let served = Served::with(on, &WITH_SECRET).await;
    let ann = token::player("ann");
    served.command_as(&ann, "game.create", "g", json!({"num_players": 2, "seed": 7})).await.fails(403, "seed_not_allowed");
    let with = json!({"command": "game.create", "id": "g", "with": {"num_players": 2}, "commandId": "k"});
    let made = served.post_as(&ann, "/api/commands", &with).await.is(201);
    for secret in ["seed", "merchant_deck", "point_deck"] {
        assert!(!made.text.contains(secret), "{}", made.text);
    }
    // Sent again, it is the same command, though the server draws the seed.
    let again = served.post_as(&ann, "/api/commands", &with).await.is(201);
    assert_eq!(again.json["outcome"], "already_applied");
    let joined = served.command_as(&ann, "game.join", "g", json!({})).await.is(201);
    let bob = served.command_as(&token::player("bob"), "game.join", "g", json!({})).await.is(201);
    let hands = |answer: &Value| -> Vec<bool> {
        answer["state"]["players"].as_array().unwrap().iter().map(|player| player.get("hand").is_some()).collect()
    };
    assert_eq!((hands(&joined.json), hands(&bob.json)), (vec![true], vec![false, true]), "{}", bob.text);
    // No two games have the same decks, though they begin alike.
    served.command_as(&ann, "game.create", "h", json!({"num_players": 2})).await.is(201);
    let seed = |stream: &str| served.esctl(&["stream", "read", stream])["items"][0]["data"]["seed"].clone();
    assert_ne!(seed("game-g"), seed("game-h"));
}

async fn the_client_is_that_of_the_token_and_not_of_the_request(on: Backend) {
    let served = Served::with(on, &WITH_SECRET).await;
    let body = json!({"command": "document.create", "id": "plan", "with": {"document": {"client_id": "bob"}}});
    let request = served.request(reqwest::Method::POST, "/api/commands").bearer_auth(token::player("ann"));
    crate::serve::support::answer(request.header("X-Client-Id", "bob").json(&body)).await.is(201);
    let events = served.esctl(&["stream", "read", "document-plan"]);
    assert_eq!(events["items"][0]["metadata"]["client_id"], "client-ann");
}

async fn no_player_sees_the_refusals_of_another_whose_name_begins_alike(on: Backend) {
    let served = Served::with(on, &WITH_SECRET).await;
    let named = |end: &str| signed(&claims_with("ann", json!({"sub": format!("{}{end}", "x".repeat(150))})));
    served.command_as(&named("1"), "resource.add", "none", json!({"amount": 1})).await.is(404);
    let seen = async |token: &str| served.get_as(token, "/api/activity").await.is(200).json["recent"].as_array().unwrap().len();
    assert_eq!((seen(&named("1")).await, seen(&named("2")).await, seen(&token::admin()).await), (1, 0, 1));
}
