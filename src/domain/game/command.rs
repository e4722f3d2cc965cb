//! What may be asked of a game, and how the payloads on the command bus are read. Only shapes are checked here.

use serde::Deserialize;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde::de::Error;
use serde::de::IgnoredAny;
use serde_json::Value;

use crate::aggregate::DomainCommand;
use crate::domain::game::crystal::Crystal;
use crate::domain::game::crystal::Crystals;

/// How many crystals a caravan holds unless told.
const CARAVAN_CAPACITY: u32 = 10;
/// How many point cards bring the end unless told.
const POINT_CARDS_TO_WIN: u32 = 5;

/// A wish of a player.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum GameCommand {
    /// Set up a table.
    Create(CreateGame),
    /// Sit down; the last one to do so starts the game.
    Join(String),
    /// Get up.
    Leave(String),
    /// Play a merchant from the hand.
    PlayCard(Play),
    /// Take a merchant from the market.
    Acquire {
        /// Who.
        player_id: String,
        /// Its place in the row, from 0.
        index: u32,
        /// A crystal for each card to its left, from the first.
        pay: Vec<Crystal>,
    },
    /// Take all played merchants back.
    Rest(String),
    /// Pay a point card.
    Claim {
        /// Who.
        player_id: String,
        /// Its place in the row, from 0.
        index: u32,
    },
    /// Give up what the caravan cannot hold.
    Discard {
        /// Who.
        player_id: String,
        /// Which.
        crystals: Crystals,
    },
    /// Let the next player go on.
    EndTurn(String),
}

/// What a new game shall be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreateGame {
    #[serde(default, rename = "id", skip_serializing)]
    _id: Ignored,
    /// How many play: 2 to 5.
    pub num_players: u32,
    /// Where everything random comes from. Who knows it knows the decks.
    pub seed: u64,
    /// How many crystals a caravan holds.
    #[serde(default = "caravan_capacity")]
    pub caravan_capacity: u32,
    /// How many point cards somebody must claim to bring the end.
    #[serde(default = "point_cards_to_win")]
    pub point_cards_to_win: u32,
}

fn caravan_capacity() -> u32 {
    CARAVAN_CAPACITY
}

fn point_cards_to_win() -> u32 {
    POINT_CARDS_TO_WIN
}

/// A merchant to play, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Play {
    #[serde(default, rename = "id", skip_serializing)]
    _id: Ignored,
    /// Who.
    pub player_id: String,
    /// Which merchant of the hand.
    pub card: String,
    /// How often a trade is made; once unless told.
    #[serde(default)]
    pub times: Option<u32>,
    /// Crystals that go up a step each, one after the other, for an upgrade.
    #[serde(default)]
    pub upgrade: Vec<Crystal>,
}

/// Clients send the id in the payload; the one that counts is the stream's.
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
        return Err(Error::custom("wanted a JSON object"));
    }
    T::deserialize(payload)
}
