//! Lists of games, now or at a moment, in pages.

use serde::Serialize;
use serde_json::Value;

use crate::aggregate::Aggregate;
use crate::domain::game::Game;
use crate::domain::game::Phase;
use crate::event::Timestamp;
use crate::ops::ListPage;
use crate::ops::error::OpsError;
use crate::ops::list_at::ListAt;
use crate::ops::list_at::list_at;
use crate::ops::list_at::list_now;
use crate::runtime::QueryBus;
use crate::store::Store;

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
    queries: &QueryBus,
    phase: Option<Phase>,
    after: Option<String>,
    limit: usize,
    at: Timestamp,
) -> Result<ListPage<GameSummary>, OpsError> {
    let category = Game::CATEGORY;
    let page = list_now(queries, "games", &ListAt { category, filters: in_phase(phase), at, after, limit }).await?;
    Ok(page.map(summary))
}

/// Lists the next games after an id, as they were at a moment.
pub async fn list_games_at(
    store: &Store,
    phase: Option<Phase>,
    after: Option<String>,
    limit: usize,
    at: Timestamp,
) -> Result<ListPage<GameSummary>, OpsError> {
    let page = list_at(store, &ListAt { category: Game::CATEGORY, filters: in_phase(phase), at, after, limit }).await?;
    Ok(page.map(summary))
}

fn in_phase(phase: Option<Phase>) -> Vec<(String, Value)> {
    phase.map(|phase| ("phase".to_owned(), Value::from(phase.name()))).into_iter().collect()
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
