//! Lists of games, in pages.

use serde::Serialize;
use serde_json::Value;

use crate::aggregate::Aggregate;
use crate::domain::game::Game;
use crate::domain::game::Phase;
use crate::event::Timestamp;
use crate::ops::ListPage;
use crate::ops::error::OpsError;
use crate::ops::list_states::ListSource;
use crate::ops::list_states::StateList;
use crate::ops::list_states::list_states;

/// A game in a list. It has no hidden fields.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct GameSummary {
    /// The id of the game.
    #[cfg_attr(feature = "server", schema(value_type = String))]
    pub id: Value,
    /// The phase: `waiting`, `playing` or `finished`.
    #[cfg_attr(feature = "server", schema(value_type = Phase))]
    pub phase: Value,
    /// The players, in the order of their turns.
    #[cfg_attr(feature = "server", schema(value_type = Vec<String>))]
    pub players: Vec<Value>,
    /// The number of players that the game is for.
    #[cfg_attr(feature = "server", schema(value_type = u32))]
    pub num_players: Value,
    /// The round, from 1; 0 before the start.
    #[cfg_attr(feature = "server", schema(value_type = u32))]
    pub round: Value,
    /// The player that has the turn.
    #[cfg_attr(feature = "server", schema(value_type = Option<String>, required = true))]
    pub turn: Value,
    /// The player that has won.
    #[cfg_attr(feature = "server", schema(value_type = Option<String>, required = true))]
    pub winner: Value,
    /// The version of the stream.
    #[cfg_attr(feature = "server", schema(value_type = u64))]
    pub version: Value,
    /// The time of the last event.
    #[cfg_attr(feature = "server", schema(value_type = Timestamp))]
    pub last_updated: Value,
}

/// Lists the next games after an id.
pub async fn list_games(
    source: &ListSource,
    phase: Option<Phase>,
    after: Option<String>,
    limit: usize,
) -> Result<ListPage<GameSummary>, OpsError> {
    let filters = phase.map(|phase| ("phase".to_owned(), Value::from(phase.name()))).into_iter().collect();
    let list = StateList { category: Game::CATEGORY, filters, after, limit };
    Ok(list_states(source, list).await?.map(summary))
}

fn summary(mut game: Value) -> GameSummary {
    let players = game["players"].as_array_mut().into_iter().flatten();
    let players = players.map(|player| player["player_id"].take()).collect();
    let mut take = |field: &str| game[field].take();
    GameSummary {
        id: take("id"),
        phase: take("phase"),
        players,
        num_players: take("num_players"),
        round: take("round"),
        turn: take("turn"),
        winner: take("winner"),
        version: take("version"),
        last_updated: take("last_updated"),
    }
}
