//! The events of a game. Each contains everything that the state needs.

use serde::Deserialize;
use serde::Serialize;

use crate::aggregate::DomainEvent;
use crate::domain::game::crystal::Crystal;
use crate::domain::game::crystal::Crystals;

/// An event of a game. Players are named by their ids. Indexes start at 0.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum GameEvent {
    /// `game.created`
    Created(Created),
    /// `game.player_joined`
    PlayerJoined(PlayerJoined),
    /// `game.player_left`
    PlayerLeft(PlayerLeft),
    /// `game.started`
    Started(Started),
    /// `game.card_played`
    CardPlayed(CardPlayed),
    /// `game.merchant_acquired`
    MerchantAcquired(MerchantAcquired),
    /// `game.player_rested`
    PlayerRested(PlayerRested),
    /// `game.point_card_claimed`
    PointCardClaimed(PointCardClaimed),
    /// `game.crystals_discarded`
    CrystalsDiscarded(CrystalsDiscarded),
    /// `game.turn_ended`
    TurnEnded(TurnEnded),
    /// `game.finished`
    Finished(Finished),
}

/// A game was created.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Created {
    /// Number of players.
    pub num_players: u32,
    /// The seed of all random choices. Hidden from players.
    pub seed: u64,
    /// Capacity of a caravan.
    pub caravan_capacity: u32,
    /// Number of point cards with which a player triggers the last round.
    pub point_cards_to_win: u32,
}

/// A player joined.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlayerJoined {
    /// The player.
    pub player_id: String,
}

/// A player left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlayerLeft {
    /// The player.
    pub player_id: String,
    /// The next turn, if the player that left had the turn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<NextTurn>,
}

/// All players have joined, and the cards were dealt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Started {
    /// The players, in the order of their turns.
    pub players: Vec<String>,
}

/// A merchant was played from the hand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardPlayed {
    /// The player.
    pub player_id: String,
    /// The merchant.
    pub card: String,
    /// The crystals that the player paid.
    pub paid: Crystals,
    /// The crystals that the player gained.
    pub gained: Crystals,
}

/// A merchant was acquired from the market.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MerchantAcquired {
    /// The player.
    pub player_id: String,
    /// The index in the market.
    pub index: u32,
    /// The merchant.
    pub card: String,
    /// The crystals put on the merchants to its left, from the first.
    pub paid: Vec<Crystal>,
    /// The crystals that were on the merchant.
    pub gained: Crystals,
    /// The merchant that was drawn into the market; `None` if the deck is empty.
    pub drawn: Option<String>,
}

/// All played merchants were taken back into the hand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlayerRested {
    /// The player.
    pub player_id: String,
}

/// A coin that comes with a point card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Coin {
    /// Worth three points.
    Gold,
    /// Worth one point.
    Silver,
}

/// A point card was claimed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PointCardClaimed {
    /// The player.
    pub player_id: String,
    /// The index on display.
    pub index: u32,
    /// The card.
    pub card: String,
    /// The crystals that the player paid.
    pub paid: Crystals,
    /// The points of the card.
    pub points: u32,
    /// The coin above the card.
    pub coin: Option<Coin>,
    /// The card that was drawn onto the display; `None` if the deck is empty.
    pub drawn: Option<String>,
}

/// Crystals were discarded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CrystalsDiscarded {
    /// The player.
    pub player_id: String,
    /// The crystals.
    pub crystals: Crystals,
}

/// The next turn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NextTurn {
    /// The player.
    pub player_id: String,
    /// The round, from 1.
    pub round: u32,
}

/// A turn ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TurnEnded {
    /// The player.
    pub player_id: String,
    /// The next turn; `None` if the game is over.
    pub next: Option<NextTurn>,
}

/// The score of a player.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Score {
    /// The player.
    pub player_id: String,
    /// The score: points, coins and crystals.
    pub score: u32,
}

/// The game ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finished {
    /// The winner.
    pub winner: String,
    /// The scores, in the order of the turns.
    pub scores: Vec<Score>,
}

impl DomainEvent for GameEvent {
    fn event_type(&self) -> &'static str {
        match self {
            Self::Created(_) => "game.created",
            Self::PlayerJoined(_) => "game.player_joined",
            Self::PlayerLeft(_) => "game.player_left",
            Self::Started(_) => "game.started",
            Self::CardPlayed(_) => "game.card_played",
            Self::MerchantAcquired(_) => "game.merchant_acquired",
            Self::PlayerRested(_) => "game.player_rested",
            Self::PointCardClaimed(_) => "game.point_card_claimed",
            Self::CrystalsDiscarded(_) => "game.crystals_discarded",
            Self::TurnEnded(_) => "game.turn_ended",
            Self::Finished(_) => "game.finished",
        }
    }

    fn from_data(event_type: &str, data: &str) -> Option<Result<Self, serde_json::Error>> {
        Some(match event_type {
            "game.created" => serde_json::from_str(data).map(Self::Created),
            "game.player_joined" => serde_json::from_str(data).map(Self::PlayerJoined),
            "game.player_left" => serde_json::from_str(data).map(Self::PlayerLeft),
            "game.started" => serde_json::from_str(data).map(Self::Started),
            "game.card_played" => serde_json::from_str(data).map(Self::CardPlayed),
            "game.merchant_acquired" => serde_json::from_str(data).map(Self::MerchantAcquired),
            "game.player_rested" => serde_json::from_str(data).map(Self::PlayerRested),
            "game.point_card_claimed" => serde_json::from_str(data).map(Self::PointCardClaimed),
            "game.crystals_discarded" => serde_json::from_str(data).map(Self::CrystalsDiscarded),
            "game.turn_ended" => serde_json::from_str(data).map(Self::TurnEnded),
            "game.finished" => serde_json::from_str(data).map(Self::Finished),
            _ => return None,
        })
    }
}
