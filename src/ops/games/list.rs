//! The games there are, in pages.

use serde::Serialize;
use serde_json::Value;

use crate::event::Timestamp;
use crate::ops::ListPage;
use crate::ops::error::OpsError;
use crate::ops::projections::query::query_projection;
use crate::runtime::Query;
use crate::runtime::QueryBus;

/// A game in a list: nothing that is hidden from anybody.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GameSummary {
    /// Which one.
    pub id: Value,
    /// How far it is: `waiting`, `playing`, `finished`.
    pub phase: Value,
    /// Who plays, in the order of the turns.
    pub players: Vec<Value>,
    /// How many can.
    pub num_players: Value,
    /// From 1; 0 before it starts.
    pub round: Value,
    /// Whose turn it is.
    pub turn: Value,
    /// Who has won.
    pub winner: Value,
    /// How many events it has.
    pub version: Value,
    /// When something happened last.
    pub last_updated: Value,
}

/// The next games after an id.
///
/// # Errors
/// As the store says.
pub async fn list_games(
    queries: &QueryBus,
    phase: Option<&str>,
    after: Option<String>,
    limit: usize,
    at: Timestamp,
) -> Result<ListPage<GameSummary>, OpsError> {
    let filters = phase.map(|phase| ("phase".to_owned(), Value::from(phase))).into_iter().collect();
    let query = Query { name: "games".into(), filters, after, limit, stale: false };
    let page = query_projection(queries, query, at).await?;
    Ok(ListPage { items: page.items.into_iter().map(|row| summary(row.row)).collect(), next: page.next })
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
