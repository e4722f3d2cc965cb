//! The rejections of a game: a stable code, a message with the values, and the values.

use crate::aggregate::Rejection;
use crate::domain::game::crystal::Crystals;

/// The reason why a command is rejected.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the fields are the values in the message of each variant")]
pub enum GameRejection {
    /// `game_exists`
    Exists { id: String },
    /// `game_not_found`
    NotFound { id: String },
    /// `invalid_setting`
    InvalidSetting { field: &'static str, value: u64, least: u64, most: u64 },
    /// `game_not_started`
    NotStarted { id: String, missing: u32 },
    /// `game_full`
    Full { id: String, num_players: u32 },
    /// `game_over`
    Over { id: String },
    /// `already_joined`
    AlreadyJoined { player_id: String },
    /// `no_such_player`
    NoSuchPlayer { id: String, player_id: String },
    /// `invalid_player`
    InvalidPlayer,
    /// `not_your_turn`
    NotYourTurn { player_id: String, turn: String },
    /// `already_acted`
    AlreadyActed { player_id: String },
    /// `not_acted`
    NotActed { player_id: String },
    /// `no_such_card`
    NoSuchCard { card: String },
    /// `no_such_card`: no card at an index
    NoSuchPlace { index: u32, cards: usize },
    /// `cannot_afford`
    CannotAfford { wanted: Crystals, held: Crystals },
    /// `invalid_play`
    InvalidPlay { reason: String },
    /// `over_capacity`
    OverCapacity { held: u32, capacity: u32 },
    /// `within_capacity`
    WithinCapacity { held: u32, capacity: u32 },
}

impl From<GameRejection> for Rejection {
    fn from(rejection: GameRejection) -> Self {
        use GameRejection as R;
        match rejection {
            R::Exists { id } => Self::new("game_exists", format!("game {id} exists already")).with("id", id),
            R::NotFound { id } => Self::new("game_not_found", format!("there is no game {id}")).with("id", id),
            R::InvalidSetting { field, value, least, most } => {
                let message = format!("{field} is {value}; it must be from {least} to {most}");
                let rejection = Self::new("invalid_setting", message).with("field", field).with("value", value);
                rejection.with("least", least).with("most", most)
            }
            R::NotStarted { id, missing } => {
                let message = format!("game {id} has not started: {missing} more must join");
                Self::new("game_not_started", message).with("id", id).with("missing", missing)
            }
            R::Full { id, num_players } => {
                let message = format!("game {id} is full: all {num_players} have joined");
                Self::new("game_full", message).with("id", id).with("num_players", num_players)
            }
            R::Over { id } => Self::new("game_over", format!("game {id} is over")).with("id", id),
            R::AlreadyJoined { player_id } => {
                Self::new("already_joined", format!("{player_id} has joined already")).with("player_id", player_id)
            }
            R::NoSuchPlayer { id, player_id } => {
                let message = format!("{player_id} does not play in game {id}");
                Self::new("no_such_player", message).with("id", id).with("player_id", player_id)
            }
            R::InvalidPlayer => Self::new("invalid_player", "a player needs a name of 1 to 100 characters"),
            R::NotYourTurn { player_id, turn } => {
                let message = format!("it is the turn of {turn}, not of {player_id}");
                Self::new("not_your_turn", message).with("player_id", player_id).with("turn", turn)
            }
            R::AlreadyActed { player_id } => {
                let message = format!("{player_id} has acted in this turn; end it");
                Self::new("already_acted", message).with("player_id", player_id)
            }
            R::NotActed { player_id } => {
                let message = format!("{player_id} has not acted in this turn: play, acquire, rest or claim");
                Self::new("not_acted", message).with("player_id", player_id)
            }
            R::NoSuchCard { card } => Self::new("no_such_card", format!("card {card} is not in the hand")).with("card", card),
            R::NoSuchPlace { index, cards } => {
                let message = format!("there is no card at {index}: the row has {cards}, counted from 0");
                Self::new("no_such_card", message).with("index", index).with("cards", cards)
            }
            R::CannotAfford { wanted, held } => {
                let message = format!("that costs {wanted}; the caravan holds {held}");
                Self::new("cannot_afford", message).with("wanted", wanted.to_string()).with("held", held.to_string())
            }
            R::InvalidPlay { reason } => Self::new("invalid_play", reason),
            R::OverCapacity { held, capacity } => {
                let message = format!("the caravan holds {held}, and its capacity is {capacity}; discard {}", held - capacity);
                Self::new("over_capacity", message).with("held", held).with("capacity", capacity)
            }
            R::WithinCapacity { held, capacity } => {
                let over = held.saturating_sub(capacity);
                let message = format!("the caravan holds {held}, and its capacity is {capacity}; only {over} can be discarded");
                Self::new("within_capacity", message).with("held", held).with("capacity", capacity)
            }
        }
    }
}
