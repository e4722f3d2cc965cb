//! Whole games of bots: what must hold in each of them.

use esctl::aggregate::AggregateFold;
use esctl::aggregate::Decider;
use esctl::aggregate::Fold;
use esctl::domain::game::Bot;
use esctl::domain::game::Crystals;
use esctl::domain::game::Game;
use esctl::domain::game::Phase;
use proptest::prelude::*;
use serde_json::Value;
use serde_json::json;

use crate::domain_game::support::Table;
use crate::domain_game::support::now;
use crate::domain_game::support::record;
use crate::domain_game::support::started;

/// More commands than any game of bots has needed.
const MOST_COMMANDS: usize = 20_000;

/// All crystals in caravans and on merchants.
fn in_play(game: &Game) -> Crystals {
    let held = game.players.iter().map(|player| player.caravan);
    held.chain(game.market.iter().map(|slot| slot.crystals)).fold(Crystals::NONE, Crystals::plus)
}

/// Returns the crystals that an event makes, and those that it takes out of the game, by the rules.
fn made_and_lost(event_type: &str, data: &Value) -> (Crystals, Crystals) {
    let crystals = |field: &str| serde_json::from_value(data[field].clone()).unwrap();
    match event_type {
        "game.card_played" => (crystals("gained"), crystals("paid")),
        "game.point_card_claimed" => (Crystals::NONE, crystals("paid")),
        "game.crystals_discarded" => (Crystals::NONE, crystals("crystals")),
        _ => (Crystals::NONE, Crystals::NONE),
    }
}

/// Plays a game to its end; the events.
fn play(players: usize, seed: u64, bot: u64) -> (Table, Vec<(String, String)>) {
    let mut table = started(players, seed, json!({}));
    let mut bot = Bot::new(bot);
    let mut events = Vec::new();
    while let Some((command, payload)) = bot.next(table.state()) {
        assert!(events.len() < MOST_COMMANDS, "game {seed} with {players} players does not end");
        let decided = table.decide(command, &payload, now()).unwrap_or_else(|error| panic!("{command} {payload}: {error}"));
        for event in decided {
            let data: Value = serde_json::from_str(event.data.as_str()).unwrap();
            let (made, lost) = made_and_lost(event.event_type, &data);
            let wanted = in_play(table.state()).plus(made).minus(lost);
            record(&mut table, event.event_type, event.data.as_str());
            assert_eq!(Some(in_play(table.state())), wanted, "{} {data}", event.event_type);
            events.push((event.event_type.to_owned(), event.data.as_str().to_owned()));
        }
        check(table.state());
    }
    (table, events)
}

/// Checks the properties that hold after every command.
fn check(game: &Game) {
    let mut merchants: Vec<&String> = game.market.iter().map(|slot| &slot.card).chain(&game.merchant_deck).collect();
    let of_players = game.players.iter().flat_map(|player| player.hand.iter().chain(&player.played));
    merchants.extend(of_players.filter(|card| card.starts_with('m')));
    merchants.sort_unstable();
    merchants.dedup();
    assert_eq!(merchants.len(), 45, "each merchant is in one place");
    let claimed = game.players.iter().flat_map(|player| &player.point_cards);
    assert_eq!(claimed.chain(&game.point_row).chain(&game.point_deck).count(), 36, "each point card is in one place");
    let coins = game
        .players
        .iter()
        .fold(game.coins.gold + game.coins.silver, |sum, player| sum + player.coins.gold + player.coins.silver);
    assert_eq!(coins as usize, 4 * game.players.len());
    if !game.acted {
        let room = game.players.iter().all(|player| player.caravan.total() <= game.caravan_capacity);
        assert!(room, "no caravan is over its capacity when a turn begins");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_game_ends_with_a_winner_and_crystals_are_conserved(players in 2..=5_usize, seed in 0..u32::MAX, bot: u32) {
        let (table, events) = play(players, u64::from(seed), u64::from(bot));
        let game = table.state();
        prop_assert_eq!(game.phase, Phase::Finished);
        let best = game.scores.iter().map(|score| score.score).max().unwrap();
        let winner = game.scores.iter().rev().find(|score| score.score == best).unwrap();
        prop_assert_eq!(game.winner.as_ref(), Some(&winner.player_id));
        let most = game.players.iter().map(|player| player.point_cards.len()).max().unwrap();
        prop_assert!(most >= 5);
        prop_assert!(events.len() > 20);
    }

    #[test]
    fn a_replay_is_the_live_state_and_the_same_seeds_make_the_same_game(players in 2..=5_usize, seed: u32, bot: u32) {
        let (live, events) = play(players, u64::from(seed), u64::from(bot));
        let mut replayed = started(players, u64::from(seed), json!({}));
        for (event_type, data) in &events {
            record(&mut replayed, event_type, data);
        }
        prop_assert_eq!(replayed.state(), live.state());
        let mut restored = AggregateFold::<Game>::new("game-1");
        restored.restore(&live.save().unwrap()).unwrap();
        prop_assert_eq!(restored.state(), live.state());
        prop_assert_eq!(play(players, u64::from(seed), u64::from(bot)).1, events);
    }

    /// Whatever is sent at any moment: refused, or the state still holds together.
    #[test]
    fn nothing_that_is_sent_breaks_the_rules(
        seed: u32,
        moves in proptest::collection::vec((0..7_usize, 0..3_usize, 0..8_u32, proptest::collection::vec(0..4_usize, 0..4)), 1..200),
    ) {
        let mut table = started(2, u64::from(seed), json!({}));
        for (command, player, number, colours) in moves {
            let player = ["a", "b", "eve"][player];
            let crystals: Vec<&str> = colours.iter().map(|colour| ["yellow", "green", "blue", "pink"][*colour]).collect();
            let hand = table.state().player("a").map(|player| player.hand.clone()).unwrap_or_default();
            let card = hand.get(number as usize).cloned().unwrap_or_else(|| "m07".into());
            let (command, payload) = match command {
                0 => ("game.playCard", json!({"player_id": player, "card": card, "upgrade": crystals})),
                1 => ("game.playCard", json!({"player_id": player, "card": card, "times": number})),
                2 => ("game.acquire", json!({"player_id": player, "index": number, "pay": crystals})),
                3 => ("game.rest", json!({"player_id": player})),
                4 => ("game.claim", json!({"player_id": player, "index": number})),
                5 => ("game.discard", json!({"player_id": player, "crystals": {"yellow": number}})),
                _ => ("game.endTurn", json!({"player_id": player})),
            };
            let before = table.state().clone();
            match table.decide(command, &payload, now()) {
                Err(_) => prop_assert_eq!(table.state(), &before),
                Ok(events) => {
                    prop_assert_eq!(before.current().map(|current| current.player_id.as_str()), Some(player));
                    for event in events {
                        record(&mut table, event.event_type, event.data.as_str());
                    }
                }
            }
            check(table.state());
        }
    }
}
