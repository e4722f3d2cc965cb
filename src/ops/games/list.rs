//! The games there are, or were at a moment, in pages.

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

/// A game in a list: nothing that is hidden from anybody.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct GameSummary {
    /// Which one.
    #[cfg_attr(feature = "server", schema(value_type = String))]
    pub id: Value,
    /// How far it is: `waiting`, `playing`, `finished`.
    #[cfg_attr(feature = "server", schema(value_type = Phase))]
    pub phase: Value,
    /// Who plays, in the order of the turns.
    #[cfg_attr(feature = "server", schema(value_type = Vec<String>))]
    pub players: Vec<Value>,
    /// How many can.
    #[cfg_attr(feature = "server", schema(value_type = u32))]
    pub num_players: Value,
    /// From 1; 0 before it starts.
    #[cfg_attr(feature = "server", schema(value_type = u32))]
    pub round: Value,
    /// Whose turn it is.
    #[cfg_attr(feature = "server", schema(value_type = Option<String>, required = true))]
    pub turn: Value,
    /// Who has won.
    #[cfg_attr(feature = "server", schema(value_type = Option<String>, required = true))]
    pub winner: Value,
    /// How many events it has.
    #[cfg_attr(feature = "server", schema(value_type = u64))]
    pub version: Value,
    /// When something happened last.
    #[cfg_attr(feature = "server", schema(value_type = Timestamp))]
    pub last_updated: Value,
}

/// The next games after an id.
///
/// # Errors
/// As the store says.
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

/// The next games after an id, as the events up to and including a moment have made them.
///
/// # Errors
/// As the store says.
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
