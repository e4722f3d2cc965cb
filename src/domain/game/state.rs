//! The state of a game. It is also the row of the read model.

use serde::Deserialize;
use serde::Serialize;

use crate::domain::game::cards;
use crate::domain::game::crystal::Crystals;
use crate::domain::game::deck::Random;
use crate::domain::game::deck::shuffled;
use crate::domain::game::event::CardPlayed;
use crate::domain::game::event::Coin;
use crate::domain::game::event::MerchantAcquired;
use crate::domain::game::event::NextTurn;
use crate::domain::game::event::PointCardClaimed;
use crate::domain::game::event::Score;
use crate::event::Timestamp;

/// Number of merchants in the market.
const MARKET_CARDS: usize = 6;
/// Number of point cards on display.
const POINT_CARDS: usize = 5;
/// Number of coins of each kind, per player.
const COINS_EACH: u32 = 2;

/// The phase of a game.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// The game does not exist.
    #[default]
    Absent,
    /// Players are missing.
    Waiting,
    /// The game is being played.
    Playing,
    /// The game is over.
    Finished,
}

impl Phase {
    /// Returns the name, as in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Waiting => "waiting",
            Self::Playing => "playing",
            Self::Finished => "finished",
        }
    }
}

/// A player.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Player {
    /// The id of the player.
    pub player_id: String,
    /// The crystals in the caravan.
    pub caravan: Crystals,
    /// Merchants in the hand. Hidden from other players.
    pub hand: Vec<String>,
    /// Merchants that were played since the last rest.
    pub played: Vec<String>,
    /// Point cards that the player has claimed.
    pub point_cards: Vec<String>,
    /// Points of the claimed cards.
    pub points: u32,
    /// Coins of the claimed cards.
    pub coins: Coins,
    /// True if the player has left the running game.
    pub left: bool,
}

/// Coins: gold is worth three points, silver one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Coins {
    /// Number of gold coins.
    pub gold: u32,
    /// Number of silver coins.
    pub silver: u32,
}

/// A merchant in the market.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MarketCard {
    /// The merchant.
    pub card: String,
    /// Crystals that other players have put on it.
    pub crystals: Crystals,
}

/// A game after its last event.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Game {
    /// The phase.
    pub phase: Phase,
    /// Number of players.
    pub num_players: u32,
    /// The seed of all random choices. Hidden from players.
    pub seed: u64,
    /// Maximum number of crystals in a caravan at the end of a turn.
    pub caravan_capacity: u32,
    /// Number of point cards with which a player triggers the last round.
    pub point_cards_to_win: u32,
    /// The players, in the order of their turns.
    pub players: Vec<Player>,
    /// The player whose turn it is, as an index into `players`.
    pub turn: usize,
    /// True if that player has used its action.
    pub acted: bool,
    /// The round, from 1.
    pub round: u32,
    /// True if the game ends with this round.
    pub last_round: bool,
    /// The merchants in the market, cheapest first.
    pub market: Vec<MarketCard>,
    /// The point cards on display.
    pub point_row: Vec<String>,
    /// The coins above the point cards.
    pub coins: Coins,
    /// The deck of merchants. The next one is last. Hidden from players.
    pub merchant_deck: Vec<String>,
    /// The deck of point cards. The next one is last. Hidden from players.
    pub point_deck: Vec<String>,
    /// The winner.
    pub winner: Option<String>,
    /// The scores at the end of the game.
    pub scores: Vec<Score>,
    /// The time of creation; `None` if it was never created.
    pub created_at: Option<Timestamp>,
    /// The time of the last event.
    pub last_updated: Timestamp,
}

impl Game {
    /// Returns a player by id.
    pub fn player(&self, player_id: &str) -> Option<&Player> {
        self.players.iter().find(|player| player.player_id == player_id)
    }

    /// Returns the player whose turn it is, if the game is being played.
    pub fn current(&self) -> Option<&Player> {
        self.players.get(self.turn).filter(|_| self.phase == Phase::Playing)
    }

    /// Returns the coin above a point card: gold above the first one, silver above the second. Without gold coins,
    /// silver is above the first one.
    pub fn coin_at(&self, index: usize) -> Option<Coin> {
        match (index, self.coins) {
            (0, Coins { gold: 1.., .. }) => Some(Coin::Gold),
            (0, Coins { gold: 0, silver: 1.. }) | (1, Coins { gold: 1.., silver: 1.. }) => Some(Coin::Silver),
            _ => None,
        }
    }

    pub(super) fn player_mut(&mut self, player_id: &str) -> Option<&mut Player> {
        self.players.iter_mut().find(|player| player.player_id == player_id)
    }

    pub(super) fn deal(&mut self) {
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
        for (index, player) in self.players.iter_mut().enumerate() {
            player.hand = cards::starting_merchants().iter().map(|card| card.id.clone()).collect();
            player.caravan = match index {
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

    pub(super) fn card_played(&mut self, played: &CardPlayed) {
        self.acted = true;
        let Some(player) = self.player_mut(&played.player_id) else { return };
        player.hand.retain(|card| *card != played.card);
        player.played.push(played.card.clone());
        player.caravan = player.caravan.minus(played.paid).unwrap_or_default().plus(played.gained);
    }

    pub(super) fn merchant_acquired(&mut self, acquired: &MerchantAcquired) {
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

    pub(super) fn point_card_claimed(&mut self, claimed: &PointCardClaimed) {
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

    pub(super) fn turn_passes(&mut self, next: Option<&NextTurn>) {
        let Some(next) = next else { return };
        let index = self.players.iter().position(|player| player.player_id == next.player_id);
        (self.turn, self.round, self.acted) = (index.unwrap_or(self.turn), next.round, false);
    }
}
