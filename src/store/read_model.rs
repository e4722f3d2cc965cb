//! Read models as the store keeps them: rows of JSON under a key, and a checkpoint that moves with them.

use serde::Serialize;
use uuid::Uuid;

use crate::event::Position;
use crate::event::Timestamp;

/// Which of the two tables of a projection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadModel {
    /// The name of the projection: `[a-z][a-z0-9_]*`.
    pub name: String,
    /// The one that is built beside the one that answers.
    pub building: bool,
}

impl ReadModel {
    /// The one that answers queries.
    pub fn live(name: &str) -> Self {
        Self { name: name.to_owned(), building: false }
    }

    /// The one that is built beside it.
    pub fn building(name: &str) -> Self {
        Self { name: name.to_owned(), building: true }
    }
}

/// The position a projection has reached, and the id of the event it stands on, by which a restored or
/// different store under it is found out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Checkpoint {
    /// The last position taken in; 0: none.
    pub position: Position,
    /// The id of the event there.
    pub event_id: Option<Uuid>,
}

/// What a store knows of one read model of a projection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectionRecord {
    /// Which read model.
    pub model: ReadModel,
    /// The version of the logic that made its rows.
    pub logic_version: u32,
    /// How far it is.
    pub checkpoint: Checkpoint,
    /// When it last moved.
    pub updated_at: Timestamp,
}

/// Rows and the checkpoint that goes with them.
#[derive(Debug, Clone)]
pub struct RowsCommit {
    /// Where to.
    pub model: ReadModel,
    /// The version of the logic that made the rows.
    pub logic_version: u32,
    /// Where the checkpoint must be; 0 also where there is none yet.
    pub from: Position,
    /// Where it goes.
    pub to: Checkpoint,
    /// Rows to write, by key.
    pub rows: Vec<(String, String)>,
    /// When.
    pub now: Timestamp,
}

/// Which rows to read.
#[derive(Debug, Clone, Default)]
pub struct RowQuery {
    /// The name of the read model; the live one answers.
    pub name: String,
    /// Fields at the top of the row and the values they must have, of the same kind of JSON; a field
    /// that is not there is null.
    pub filters: Vec<(String, serde_json::Value)>,
    /// Only keys after this one.
    pub after: Option<String>,
    /// At most so many.
    pub limit: usize,
}
