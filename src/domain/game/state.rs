//! The state of a game: what its events have made of it. Also the row of the read model.

use std::collections::HashSet;

use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;

use crate::aggregate::Aggregate;
use crate::domain::game::cards;
use crate::domain::game::command::GameCommand;
use crate::domain::game::crystal::Crystals;
use crate::domain::game::decide;
use crate::domain::game::deck::Random;
use crate::domain::game::deck::shuffled;
use crate::domain::game::event::CardPlayed;
use crate::domain::game::event::Coin;
use crate::domain::game::event::GameEvent;
use crate::domain::game::event::MerchantAcquired;
use crate::domain::game::event::NextTurn;
use crate::domain::game::event::PointCardClaimed;
use crate::domain::game::event::Score;
use crate::domain::game::rejection::GameRejection;
use crate::domain::game::schema;
use crate::domain::game::schema::Viewer;
use crate::event::Timestamp;

/// Merchants in the market.
const MARKET_CARDS: usize = 6;
/// Point cards in their row.
const POINT_CARDS: usize = 5;
/// Coins of each kind a player.
const COINS_EACH: u32 = 2;

/// How far a game is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// There is none.
    #[default]
    Absent,
    /// Players are missing.
    Waiting,
    /// It is played.
    Playing,
    /// It is over.
    Finished,
}

impl Phase {
    /// As in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Waiting => "waiting",
            Self::Playing => "playing",
            Self::Finished => "finished",
        }
    }
}

/// A player, in the order of the turns.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Player {
    /// Who.
    pub player_id: String,
    /// What he holds.
    pub caravan: Crystals,
    /// Merchants that can be played. Hidden from the others.
    pub hand: Vec<String>,
    /// Merchants that were played since the last rest.
    pub played: Vec<String>,
    /// Point cards that were claimed.
    pub point_cards: Vec<String>,
    /// What those are worth.
    pub points: u32,
    /// Coins that came with them.
    pub coins: Coins,
    /// Whether he has got up in mid-game.
    pub left: bool,
}

/// Coins: gold is worth three points, silver one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Coins {
    /// Gold ones.
    pub gold: u32,
    /// Silver ones.
    pub silver: u32,
}

/// A merchant that can be acquired, and what others have put on it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MarketCard {
    /// Which one.
    pub card: String,
    /// What lies on it.
    pub crystals: Crystals,
}

/// A game as of its last event.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Game {
    /// How far it is.
    pub phase: Phase,
    /// How many play.
    pub num_players: u32,
    /// Where everything random comes from. Not for players.
    pub seed: u64,
    /// How many crystals a caravan holds at the end of a turn.
    pub caravan_capacity: u32,
    /// How many point cards somebody must claim to bring the end.
    pub point_cards_to_win: u32,
    /// Who plays, in the order of the turns.
    pub players: Vec<Player>,
    /// Whose turn it is, as an index into `players`.
    pub turn: usize,
    /// Whether that player has done what a turn allows.
    pub acted: bool,
    /// From 1.
    pub round: u32,
    /// Whether the game ends with this round.
    pub last_round: bool,
    /// Merchants in the row, the cheapest first.
    pub market: Vec<MarketCard>,
    /// Point cards in their row.
    pub point_row: Vec<String>,
    /// Coins over the row.
    pub coins: Coins,
    /// Merchants to come, the next one last. Not for players.
    pub merchant_deck: Vec<String>,
    /// Point cards to come, the next one last. Not for players.
    pub point_deck: Vec<String>,
    /// Who has won.
    pub winner: Option<String>,
    /// What each has reached at the end.
    pub scores: Vec<Score>,
    /// When it was created; `None`: it was not.
    pub created_at: Option<Timestamp>,
    /// When the last event was recorded.
    pub last_updated: Timestamp,
}

impl Game {
    /// The player of an id.
    pub fn player(&self, player_id: &str) -> Option<&Player> {
        self.players.iter().find(|player| player.player_id == player_id)
    }

    /// The player whose turn it is, while it is played.
    pub fn current(&self) -> Option<&Player> {
        self.players.get(self.turn).filter(|_| self.phase == Phase::Playing)
    }

    /// The coin over a place in the row of point cards: gold over the first, silver over the second; when the gold
    /// has run out the silver lies over the first.
    pub fn coin_at(&self, index: usize) -> Option<Coin> {
        match (index, self.coins) {
            (0, Coins { gold: 1.., .. }) => Some(Coin::Gold),
            (0, Coins { gold: 0, silver: 1.. }) | (1, Coins { gold: 1.., silver: 1.. }) => Some(Coin::Silver),
            _ => None,
        }
    }

    fn player_mut(&mut self, player_id: &str) -> Option<&mut Player> {
        self.players.iter_mut().find(|player| player.player_id == player_id)
    }

    fn deal(&mut self) {
        let mut random = Random::new(self.seed);
        self.merchant_deck = shuffled(cards::merchants().iter().map(|card| card.id.as_str()), &mut random);
        self.point_deck = shuffled(cards::point_cards().iter().map(|card| card.id.as_str()), &mut random);
        for _ in 0..MARKET_CARDS {
            self.fill_market();
        }
        for _ in 0..POINT_CARDS {
            self.point_row.extend(self.point_deck.pop());
        }
        let coins = COINS_EACH * u32::try_from(self.players.len()).unwrap_or(0);
        self.coins = Coins { gold: coins, silver: coins };
        for (seat, player) in self.players.iter_mut().enumerate() {
            player.hand = cards::starting_merchants().iter().map(|card| card.id.clone()).collect();
            player.caravan = match seat {
                0 => Crystals { yellow: 3, ..Crystals::NONE },
                1 | 2 => Crystals { yellow: 4, ..Crystals::NONE },
                _ => Crystals { yellow: 3, green: 1, ..Crystals::NONE },
            };
        }
        (self.phase, self.turn, self.round) = (Phase::Playing, 0, 1);
    }

    fn fill_market(&mut self) {
        let drawn = self.merchant_deck.pop();
        self.market.extend(drawn.map(|card| MarketCard { card, crystals: Crystals::NONE }));
    }

    fn card_played(&mut self, played: &CardPlayed) {
        self.acted = true;
        let Some(player) = self.player_mut(&played.player_id) else { return };
        player.hand.retain(|card| *card != played.card);
        player.played.push(played.card.clone());
        player.caravan = player.caravan.minus(played.paid).unwrap_or_default().plus(played.gained);
    }

    fn merchant_acquired(&mut self, acquired: &MerchantAcquired) {
        self.acted = true;
        for (slot, crystal) in self.market.iter_mut().zip(&acquired.paid) {
            slot.crystals = slot.crystals.plus([*crystal].into_iter().collect());
        }
        self.market.retain(|slot| slot.card != acquired.card);
        self.fill_market();
        let Some(player) = self.player_mut(&acquired.player_id) else { return };
        let paid = acquired.paid.iter().copied().collect();
        player.caravan = player.caravan.minus(paid).unwrap_or_default().plus(acquired.gained);
        player.hand.push(acquired.card.clone());
    }

    fn point_card_claimed(&mut self, claimed: &PointCardClaimed) {
        self.acted = true;
        self.point_row.retain(|card| *card != claimed.card);
        self.point_row.extend(self.point_deck.pop());
        match claimed.coin {
            Some(Coin::Gold) => self.coins.gold = self.coins.gold.saturating_sub(1),
            Some(Coin::Silver) => self.coins.silver = self.coins.silver.saturating_sub(1),
            None => {}
        }
        let enough = self.point_cards_to_win as usize;
        let Some(player) = self.player_mut(&claimed.player_id) else { return };
        player.caravan = player.caravan.minus(claimed.paid).unwrap_or_default();
        player.point_cards.push(claimed.card.clone());
        player.points = player.points.saturating_add(claimed.points);
        match claimed.coin {
            Some(Coin::Gold) => player.coins.gold += 1,
            Some(Coin::Silver) => player.coins.silver += 1,
            None => {}
        }
        let last = player.point_cards.len() >= enough;
        self.last_round |= last;
    }

    fn turn_passes(&mut self, next: Option<&NextTurn>) {
        let Some(next) = next else { return };
        let seat = self.players.iter().position(|player| player.player_id == next.player_id);
        (self.turn, self.round, self.acted) = (seat.unwrap_or(self.turn), next.round, false);
    }
}

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
        let (players, seats) = (self.players.len(), self.num_players);
        let mut found = Vec::new();
        if players > seats as usize {
            found.push(format!("{players} players are in a game of {seats}"));
        }
        if self.phase == Phase::Playing && self.turn >= players {
            found.push(format!("it is the turn of player {}, and there are {players}", self.turn + 1));
        }
        // Each player begins with the same ones.
        let is_starting = |card: &&String| cards::starting_merchants().iter().any(|starting| starting.id == **card);
        let hands = self.players.iter().flat_map(|player| player.hand.iter().chain(&player.played));
        let hands = hands.filter(|card| !is_starting(card));
        let merchants = self.market.iter().map(|market| &market.card).chain(&self.merchant_deck).chain(hands);
        let points = self.players.iter().flat_map(|player| &player.point_cards).chain(&self.point_row).chain(&self.point_deck);
        for (kind, cards) in [("merchant", merchants.collect::<Vec<_>>()), ("point card", points.collect())] {
            let mut seen = HashSet::new();
            found
                .extend(cards.into_iter().filter(|card| !seen.insert(*card)).map(|card| format!("{kind} {card} is there twice")));
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
