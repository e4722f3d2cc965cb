//! The facts of a game, each with all that rebuilding its state needs.

use serde::Deserialize;
use serde::Serialize;

use crate::aggregate::DomainEvent;
use crate::domain::game::crystal::Crystal;
use crate::domain::game::crystal::Crystals;

/// What can happen in a game. Players are named by their ids, places in a row are counted from 0.
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

/// A table was set up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Created {
    /// How many will play.
    pub num_players: u32,
    /// Where everything random comes from. Not for players.
    pub seed: u64,
    /// How many crystals a caravan holds.
    pub caravan_capacity: u32,
    /// How many point cards somebody must claim to bring the end.
    pub point_cards_to_win: u32,
}

/// Somebody sat down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlayerJoined {
    /// Who.
    pub player_id: String,
}

/// Somebody got up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlayerLeft {
    /// Who.
    pub player_id: String,
    /// Whose turn it is then, where that changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<NextTurn>,
}

/// All have sat down: cards are dealt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Started {
    /// The players in the order of their turns.
    pub players: Vec<String>,
}

/// A merchant was played from the hand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardPlayed {
    /// By whom.
    pub player_id: String,
    /// Which one.
    pub card: String,
    /// What it took.
    pub paid: Crystals,
    /// What it gave.
    pub gained: Crystals,
}

/// A merchant was taken from the market.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MerchantAcquired {
    /// By whom.
    pub player_id: String,
    /// Its place in the row.
    pub index: u32,
    /// Which one.
    pub card: String,
    /// A crystal on each of the cards to its left, from the first.
    pub paid: Vec<Crystal>,
    /// What lay on it.
    pub gained: Crystals,
    /// The one that came to the end of the row; none when the deck is empty.
    pub drawn: Option<String>,
}

/// All played merchants were taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlayerRested {
    /// By whom.
    pub player_id: String,
}

/// A coin that comes with a point card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Coin {
    /// Three points.
    Gold,
    /// One point.
    Silver,
}

/// A point card was paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PointCardClaimed {
    /// By whom.
    pub player_id: String,
    /// Its place in the row.
    pub index: u32,
    /// Which one.
    pub card: String,
    /// What it wanted.
    pub paid: Crystals,
    /// What it is worth.
    pub points: u32,
    /// The coin that lay over it.
    pub coin: Option<Coin>,
    /// The one that came to the end of the row; none when the deck is empty.
    pub drawn: Option<String>,
}

/// What a caravan could not hold was given up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CrystalsDiscarded {
    /// By whom.
    pub player_id: String,
    /// Which.
    pub crystals: Crystals,
}

/// The turn that follows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NextTurn {
    /// Whose.
    pub player_id: String,
    /// In which round, from 1.
    pub round: u32,
}

/// A turn is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TurnEnded {
    /// Whose it was.
    pub player_id: String,
    /// The one that follows; none when the game is over.
    pub next: Option<NextTurn>,
}

/// What a player has reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Score {
    /// Who.
    pub player_id: String,
    /// Points, coins and crystals in one.
    pub score: u32,
}

/// The game is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finished {
    /// Who has won.
    pub winner: String,
    /// What each player has reached, in the order of the turns.
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
