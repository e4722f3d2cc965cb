//! The aggregate of the domain `game`: its types, and how they fit together.

use std::collections::HashSet;

use serde_json::Value;

use crate::aggregate::Aggregate;
use crate::domain::access::Viewer;
use crate::domain::game::cards;
use crate::domain::game::command::GameCommand;
use crate::domain::game::decide;
use crate::domain::game::event::GameEvent;
use crate::domain::game::rejection::GameRejection;
use crate::domain::game::schema;
use crate::domain::game::state::Game;
use crate::domain::game::state::Phase;
use crate::domain::game::state::Player;
use crate::event::Timestamp;

impl Aggregate for Game {
    const CATEGORY: &'static str = "game";
    const STATE_VERSION: u32 = 1;

    type Event = GameEvent;
    type Command = GameCommand;
    type Rejection = GameRejection;

    fn evolve(&mut self, event: &GameEvent, at: Timestamp) {
        match event {
            GameEvent::Created(created) => {
                (self.phase, self.created_at) = (Phase::Waiting, Some(at));
                (self.num_players, self.seed) = (created.num_players, created.seed);
                (self.caravan_capacity, self.point_cards_to_win) = (created.caravan_capacity, created.point_cards_to_win);
            }
            GameEvent::PlayerJoined(joined) => {
                self.players.push(Player { player_id: joined.player_id.clone(), ..Player::default() });
            }
            GameEvent::PlayerLeft(left) if self.phase == Phase::Waiting => {
                self.players.retain(|player| player.player_id != left.player_id);
            }
            GameEvent::PlayerLeft(left) => {
                if let Some(player) = self.player_mut(&left.player_id) {
                    player.left = true;
                }
                self.turn_passes(left.next.as_ref());
            }
            GameEvent::Started(_) => self.deal(),
            GameEvent::CardPlayed(played) => self.card_played(played),
            GameEvent::MerchantAcquired(acquired) => self.merchant_acquired(acquired),
            GameEvent::PlayerRested(rested) => {
                self.acted = true;
                if let Some(player) = self.player_mut(&rested.player_id) {
                    player.hand.append(&mut player.played);
                }
            }
            GameEvent::PointCardClaimed(claimed) => self.point_card_claimed(claimed),
            GameEvent::CrystalsDiscarded(discarded) => {
                if let Some(player) = self.player_mut(&discarded.player_id) {
                    player.caravan = player.caravan.minus(discarded.crystals).unwrap_or_default();
                }
            }
            GameEvent::TurnEnded(ended) => self.turn_passes(ended.next.as_ref()),
            GameEvent::Finished(finished) => {
                self.phase = Phase::Finished;
                self.winner = Some(finished.winner.clone());
                self.scores.clone_from(&finished.scores);
            }
        }
        self.last_updated = at;
    }

    fn violations(&self) -> Vec<String> {
        if self.phase == Phase::Absent {
            return Vec::new();
        }
        let (players, size) = (self.players.len(), self.num_players);
        let mut found = Vec::new();
        if players > size as usize {
            found.push(format!("{players} players are in a game of {size}"));
        }
        if self.phase == Phase::Playing && self.turn >= players {
            found.push(format!("it is the turn of player {}, and there are {players}", self.turn + 1));
        }
        // Every player starts with the same merchants.
        let is_starting = |card: &&String| cards::starting_merchants().iter().any(|starting| starting.id == **card);
        let hands = self.players.iter().flat_map(|player| player.hand.iter().chain(&player.played));
        let hands = hands.filter(|card| !is_starting(card));
        let merchants = self.market.iter().map(|market| &market.card).chain(&self.merchant_deck).chain(hands);
        let points = self.players.iter().flat_map(|player| &player.point_cards).chain(&self.point_row).chain(&self.point_deck);
        for (kind, cards) in [("merchant", merchants.collect::<Vec<_>>()), ("point card", points.collect())] {
            let mut seen = HashSet::new();
            found.extend(cards.into_iter().filter(|card| !seen.insert(*card)).map(|card| format!("duplicate {kind} {card}")));
        }
        found
    }

    fn decide(&self, id: &str, command: &GameCommand, _now: Timestamp) -> Result<Vec<GameEvent>, GameRejection> {
        decide::decide(self, id, command)
    }

    fn show(&self, id: &str, version: u64, _at: Timestamp) -> Value {
        schema::shown(self, id, version, &Viewer::Server)
    }
}
