//! The commands of a game, and parsing of their payloads. Only types are checked here.

use serde::Deserialize;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde::de::Error;
use serde::de::IgnoredAny;
use serde_json::Value;

use crate::aggregate::DomainCommand;
use crate::domain::game::crystal::Crystal;
use crate::domain::game::crystal::Crystals;

/// Default capacity of a caravan.
const CARAVAN_CAPACITY: u32 = 10;
/// Default number of point cards that trigger the last round.
const POINT_CARDS_TO_WIN: u32 = 5;

/// A command of a player.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum GameCommand {
    /// Creates a game.
    Create(CreateGame),
    /// Joins the game. The last player to join starts it.
    Join(String),
    /// Leaves the game.
    Leave(String),
    /// Plays a merchant from the hand.
    PlayCard(Play),
    /// Acquires a merchant from the market.
    Acquire {
        /// The player.
        player_id: String,
        /// The index of the merchant in the market, from 0.
        index: u32,
        /// A crystal for each merchant to its left, from the first.
        pay: Vec<Crystal>,
    },
    /// Takes all played merchants back into the hand.
    Rest(String),
    /// Claims a point card.
    Claim {
        /// The player.
        player_id: String,
        /// The index of the card on display, from 0.
        index: u32,
    },
    /// Discards crystals that exceed the capacity.
    Discard {
        /// The player.
        player_id: String,
        /// The crystals.
        crystals: Crystals,
    },
    /// Ends the turn.
    EndTurn(String),
}

/// The settings of a new game.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreateGame {
    #[serde(default, rename = "id", skip_serializing)]
    _id: Ignored,
    /// Number of players: 2 to 5.
    pub num_players: u32,
    /// The seed of all random choices. It determines the decks.
    pub seed: u64,
    /// Capacity of a caravan.
    #[serde(default = "caravan_capacity")]
    pub caravan_capacity: u32,
    /// Number of point cards with which a player triggers the last round.
    #[serde(default = "point_cards_to_win")]
    pub point_cards_to_win: u32,
}

fn caravan_capacity() -> u32 {
    CARAVAN_CAPACITY
}

fn point_cards_to_win() -> u32 {
    POINT_CARDS_TO_WIN
}

/// A merchant to play, with its options.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Play {
    #[serde(default, rename = "id", skip_serializing)]
    _id: Ignored,
    /// The player.
    pub player_id: String,
    /// The merchant.
    pub card: String,
    /// Number of trades. Default: one.
    #[serde(default)]
    pub times: Option<u32>,
    /// The crystals to upgrade one step each, in order.
    #[serde(default)]
    pub upgrade: Vec<Crystal>,
}

/// Clients may send `id`, which is ignored: the id of the stream is used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Ignored;

impl<'de> Deserialize<'de> for Ignored {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(deserializer).map(|_| Self)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OfPlayer {
    #[serde(default, rename = "id")]
    _id: Ignored,
    player_id: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Acquire {
    #[serde(default, rename = "id")]
    _id: Ignored,
    player_id: String,
    index: u32,
    #[serde(default)]
    pay: Vec<Crystal>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Claim {
    #[serde(default, rename = "id")]
    _id: Ignored,
    player_id: String,
    index: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Discard {
    #[serde(default, rename = "id")]
    _id: Ignored,
    player_id: String,
    crystals: Crystals,
}

impl DomainCommand for GameCommand {
    const NAMES: &'static [&'static str] = &[
        "game.create",
        "game.join",
        "game.leave",
        "game.playCard",
        "game.acquire",
        "game.rest",
        "game.claim",
        "game.discard",
        "game.endTurn",
    ];

    fn from_payload(name: &str, payload: &Value) -> Option<Result<Self, serde_json::Error>> {
        let of_player = || parse(payload).map(|OfPlayer { player_id, .. }| player_id);
        Some(match name {
            "game.create" => parse(payload).map(GameCommand::Create),
            "game.join" => of_player().map(GameCommand::Join),
            "game.leave" => of_player().map(GameCommand::Leave),
            "game.playCard" => parse(payload).map(GameCommand::PlayCard),
            "game.acquire" => {
                parse(payload).map(|Acquire { player_id, index, pay, .. }| GameCommand::Acquire { player_id, index, pay })
            }
            "game.rest" => of_player().map(GameCommand::Rest),
            "game.claim" => parse(payload).map(|Claim { player_id, index, .. }| GameCommand::Claim { player_id, index }),
            "game.discard" => {
                parse(payload).map(|Discard { player_id, crystals, .. }| GameCommand::Discard { player_id, crystals })
            }
            "game.endTurn" => of_player().map(GameCommand::EndTurn),
            _ => return None,
        })
    }
}

fn parse<T: DeserializeOwned>(payload: &Value) -> Result<T, serde_json::Error> {
    if !payload.is_object() {
        return Err(Error::custom("expected a JSON object"));
    }
    T::deserialize(payload)
}
