//! Whole games of Caravan over WebSocket: each player a client of its own, with a bot that decides.

use std::net::SocketAddr;
use std::time::Duration;

use esctl::aggregate::AggregateFold;
use esctl::domain::game::Bot;
use esctl::domain::game::Game;
use esctl::domain::game::Phase;
use esctl::event::StreamName;
use esctl::runtime::LoadOptions;
use esctl::runtime::load;
use esctl::store::Store;
use serde_json::Value;
use serde_json::json;

use crate::common::backend::Backend;
use crate::serve::live_client::Client;
use crate::serve::support::Served;

crate::on_every_backend! { async:
    two_players_play_a_whole_game
    five_players_on_two_instances_play_a_whole_game
}

async fn two_players_play_a_whole_game(on: Backend) {
    play(on, 2, 1).await;
}

async fn five_players_on_two_instances_play_a_whole_game(on: Backend) {
    play(on, 5, 2).await;
}

async fn play(on: Backend, players: u64, instances: usize) {
    let first = Served::with(on, &["--rate-limit", "0"]).await;
    let second = first.beside(&["--rate-limit", "0"]).await;
    let addresses = [first.address, if instances == 2 { second.address } else { first.address }];
    let with = json!({"num_players": players, "point_cards_to_win": 3});
    first.command("game.create", "g1", with).await.is(201);
    let store = esctl::store::open(&first.store.parse().unwrap(), Duration::from_secs(20)).unwrap();
    let seats = (0..players).map(|number| {
        let (name, address, store) = (format!("player-{number}"), addresses[number as usize % 2], store.clone());
        tokio::spawn(async move { Seat::take(name, address, store).await.play(number).await })
    });
    let seats: Vec<_> = seats.collect();
    let mut endings = Vec::new();
    for seat in seats {
        endings.push(seat.await.unwrap());
    }
    assert!(endings.windows(2).all(|two| two[0] == two[1]), "not all saw the same game: {endings:?}");
    let shown = first.esctl(&["game", "show", "g1"]);
    assert_eq!((&shown["phase"], &shown["winner"]), (&json!("finished"), &endings[0].0));
    assert_eq!(shown["version"], endings[0].1);
}

/// One player.
struct Seat {
    name: String,
    client: Client,
    store: Store,
    seen: u64,
    /// The winner, and the version of the game then.
    ended: Option<(Value, Value)>,
}

impl Seat {
    async fn take(name: String, address: SocketAddr, store: Store) -> Self {
        let mut client = Client::connect(address, &format!("gameId=g1&playerId={name}")).await;
        let state = client.expect("state").await;
        let seen = state["eventId"].as_u64().unwrap();
        shows_nothing_hidden(&state["state"], &name);
        let mut seat = Self { name, client, store, seen, ended: None };
        seat.request("join", json!({})).await;
        seat
    }

    /// Moves whenever it is this player's turn, until the game is over; who has won, and the version of the game.
    async fn play(mut self, seed: u64) -> (Value, Value) {
        let mut bot = Bot::new(seed);
        loop {
            let game = self.game().await;
            if game.phase == Phase::Finished {
                return self.hear_to_the_end().await;
            }
            if game.current().is_some_and(|player| player.player_id == self.name)
                && let Some((command, mut with)) = bot.next(&game)
            {
                // The player need not be named.
                with.as_object_mut().unwrap().remove("player_id");
                self.request(command.strip_prefix("game.").unwrap(), with).await;
                continue;
            }
            let event = self.client.until("event").await;
            self.hear(&event);
        }
    }

    /// The game as the server knows it: a bot decides by it.
    async fn game(&self) -> Game {
        let stream = StreamName::parse("game-g1").unwrap();
        let mut fold = AggregateFold::<Game>::new(stream.as_str());
        load(&self.store, &stream, &mut fold, LoadOptions::default()).await.unwrap();
        fold.state().clone()
    }

    /// Sends a short form, and hears all up to its answer. Another one may have joined at the same moment.
    async fn request(&mut self, kind: &str, data: Value) {
        let id = format!("{kind}-{}", self.seen);
        self.client.say(json!({"type": kind, "requestId": id, "data": data})).await;
        loop {
            let message = self.client.hear().await.expect("the end");
            match message["type"].as_str().unwrap() {
                "event" => self.hear(&message),
                "result" => {
                    assert_eq!(message["requestId"], id);
                    return shows_nothing_hidden(&message["state"], &self.name);
                }
                _ => panic!("{kind}: {message}"),
            }
        }
    }

    fn hear(&mut self, event: &Value) {
        self.seen += 1;
        assert_eq!(event["eventId"], self.seen);
        let event = &event["data"];
        assert!(event["data"].get("seed").is_none(), "{event}");
        if event["type"] == "game.finished" {
            self.ended = Some((event["data"]["winner"].clone(), event["version"].clone()));
        }
    }

    async fn hear_to_the_end(mut self) -> (Value, Value) {
        loop {
            if let Some(ended) = self.ended {
                return ended;
            }
            let event = self.client.expect("event").await;
            self.hear(&event);
        }
    }
}

/// Asserts that a player sees only the own hand, and nothing that decides on the cards to come.
fn shows_nothing_hidden(state: &Value, player: &str) {
    for secret in ["seed", "merchant_deck", "point_deck"] {
        assert!(state.get(secret).is_none(), "{secret} in {state}");
    }
    for other in state["players"].as_array().unwrap() {
        assert_eq!(other.get("hand").is_some(), other["player_id"] == player, "{other}");
    }
}
