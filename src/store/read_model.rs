//! Stored read models: rows of JSON under a key, and a checkpoint that moves with them.

use std::collections::HashMap;

use serde::Serialize;
use uuid::Uuid;

use crate::event::Position;
use crate::event::Timestamp;
use crate::store::error::StoreError;
use crate::store::failed_event::FailedEventChanges;
use crate::store::read::LAST_PLACE;

/// The role of a read model of a projection.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// The read model that answers queries.
    #[default]
    Live,
    /// The read model that is being rebuilt.
    Building,
    /// The read model that answered queries before the last rebuild.
    Previous,
}

impl Part {
    /// All roles.
    pub const ALL: [Self; 3] = [Self::Live, Self::Building, Self::Previous];

    /// Returns the stored name of the role.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Building => "building",
            Self::Previous => "previous",
        }
    }

    /// Returns the role with a stored name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|part| part.as_str() == name)
    }
}

/// One read model of a projection.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReadModel {
    /// The name of the projection: `[a-z][a-z0-9_]*`.
    pub name: String,
    /// The role of the read model.
    pub part: Part,
}

impl ReadModel {
    /// Returns the read model that answers queries.
    pub fn live(name: &str) -> Self {
        Self { name: name.to_owned(), part: Part::Live }
    }

    /// Returns the read model that is being rebuilt.
    pub fn building(name: &str) -> Self {
        Self { name: name.to_owned(), part: Part::Building }
    }

    /// Returns the read model that answered queries before the last rebuild.
    pub fn previous(name: &str) -> Self {
        Self { name: name.to_owned(), part: Part::Previous }
    }

    /// Checks the name, which becomes part of statements and of table and collection names.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] when the name has another form or a reserved ending.
    pub fn check_name(&self) -> Result<(), StoreError> {
        let name = &self.name;
        let plain = name.starts_with(|c: char| c.is_ascii_lowercase())
            && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
            && name.len() <= 48
            && !name.ends_with("_building")
            && !name.ends_with("_previous");
        if plain {
            return Ok(());
        }
        let rule = "a to z, 0 to 9 and _, at most 48, not ending in _building or _previous";
        Err(StoreError::Invalid(format!("\"{name}\" is not a valid name of a read model: {rule}")))
    }

    /// Returns the name of its table where read models are tables.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] as in [`ReadModel::check_name`].
    pub(crate) fn table(&self) -> Result<String, StoreError> {
        self.check_name()?;
        let name = &self.name;
        Ok(match self.part {
            Part::Live => format!("rm_{name}"),
            Part::Building | Part::Previous => format!("rm_{name}_{}", self.part.as_str()),
        })
    }
}

/// The largest row, in bytes of its JSON. It is the same on every backend and fits into a document of MongoDB with room to
/// spare.
pub const MAX_ROW_BYTES: usize = 12 << 20;

/// The position that a projection has reached, with the id of the event there. The id reveals that the store was restored
/// or is another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Checkpoint {
    /// The last applied position; 0 where there is none.
    pub position: Position,
    /// The id of the event at the position.
    pub event_id: Option<Uuid>,
}

impl Checkpoint {
    /// The checkpoint of a read model whose record has values that esctl never wrote. Its event cannot exist, so the read
    /// model belongs to no store and is rebuilt.
    const DAMAGED: Self = Self { position: Position(LAST_PLACE), event_id: None };
}

/// The stored values of a read model; `None` for a value that esctl never writes.
pub(crate) struct StoredRecord {
    /// The number of commits.
    pub(crate) commits: Option<i64>,
    /// The logic version.
    pub(crate) logic_version: Option<i64>,
    /// The position of the checkpoint.
    pub(crate) position: Option<i64>,
    /// The id of the event at the position.
    pub(crate) event_id: Option<Option<Uuid>>,
    /// The time of the last commit, in microseconds since 1970.
    pub(crate) updated_at: Option<i64>,
}

impl StoredRecord {
    /// Returns the record of a read model. With a value that esctl never wrote, the checkpoint belongs to no store.
    pub(crate) fn of(self, model: ReadModel) -> ProjectionRecord {
        let whole = |number: Option<i64>| number.and_then(|number| u64::try_from(number).ok());
        let commits = whole(self.commits).filter(|commits| *commits < LAST_PLACE);
        let logic_version = whole(self.logic_version).and_then(|version| u32::try_from(version).ok());
        let position = whole(self.position).map(Position);
        let updated_at = self.updated_at.and_then(|micros| Timestamp::from_micros(micros).ok());
        let checkpoint = match (position, self.event_id, commits, logic_version, updated_at) {
            (Some(position), Some(event_id), Some(_), Some(_), Some(_)) => Checkpoint { position, event_id },
            _ => Checkpoint::DAMAGED,
        };
        ProjectionRecord {
            model,
            // No logic has the version 0.
            logic_version: logic_version.unwrap_or(0),
            commits: commits.unwrap_or(0),
            checkpoint,
            updated_at: updated_at.unwrap_or(Timestamp::MIN),
        }
    }
}

/// The stored record of a read model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectionRecord {
    /// The read model.
    pub model: ReadModel,
    /// The logic version that made its rows.
    pub logic_version: u32,
    /// The number of commits. A changed number means that the read model was modified concurrently.
    pub commits: u64,
    /// The checkpoint.
    pub checkpoint: Checkpoint,
    /// The time of the last commit.
    pub updated_at: Timestamp,
}

/// Rows and the checkpoint that goes with them. The checkpoint may stay where it is.
#[derive(Debug, Clone)]
pub struct RowsCommit {
    /// The read model to write to.
    pub model: ReadModel,
    /// The logic version that made the rows.
    pub logic_version: u32,
    /// The expected position of the checkpoint; 0 also where there is none yet.
    pub from: Position,
    /// The expected number of commits, 0 where there are none yet; `None` accepts any number.
    pub commits: Option<u64>,
    /// The new checkpoint.
    pub to: Checkpoint,
    /// The rows to write, by key; each of at most [`MAX_ROW_BYTES`].
    pub rows: Vec<(String, String)>,
    /// The changes to the failed events.
    pub failed_events: FailedEventChanges,
    /// The time of the commit.
    pub now: Timestamp,
}

/// A load: all rows of a read model are written beside it, and replace it in one step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowLoad {
    /// The read model.
    pub model: ReadModel,
    /// The id of the load.
    pub id: Uuid,
    /// The number of rows that were added.
    pub rows: u64,
    /// The size of the largest row that was added, in bytes.
    pub largest: usize,
}

impl RowLoad {
    /// Returns a load that has not begun.
    pub fn new(model: ReadModel) -> Self {
        Self { model, id: Uuid::new_v4(), rows: 0, largest: 0 }
    }

    /// Returns the part of its name that differs between loads.
    fn mark(&self) -> String {
        self.id.simple().to_string()[..6].to_owned()
    }

    /// Returns the name of its table where read models are tables. No name of a read model contains a space. PostgreSQL
    /// has room for 63 bytes, with the ending of a primary key.
    pub(crate) fn table(&self) -> Result<String, StoreError> {
        self.model.check_name()?;
        Ok(format!("rm_{} {}", self.model.name, self.mark()))
    }

    /// Returns the name of its collection where read models are collections.
    pub(crate) fn collection(&self) -> Result<String, StoreError> {
        self.model.check_name()?;
        Ok(format!("rm_{}.load{}", self.model.name, self.mark()))
    }
}

/// A query for rows.
#[derive(Debug, Clone, Default)]
pub struct RowQuery {
    /// The name of the projection.
    pub name: String,
    /// The role of the read model; the live one by default.
    pub part: Part,
    /// Top-level fields of the row with their required values, of the same JSON type. A missing field equals null.
    pub filters: Vec<(String, serde_json::Value)>,
    /// The key after which the answer begins.
    pub after: Option<String>,
    /// The largest number of rows.
    pub limit: usize,
}

impl RowQuery {
    /// Returns the read model to query.
    pub fn model(&self) -> ReadModel {
        ReadModel { name: self.name.clone(), part: self.part }
    }
}

/// Returns rows that were found by key in the order of the keys, without a copy unless a key is there twice.
pub(crate) fn in_order(keys: &[String], mut found: HashMap<String, String>) -> Vec<Option<String>> {
    let last: HashMap<&str, usize> = keys.iter().enumerate().map(|(place, key)| (key.as_str(), place)).collect();
    let row = |(place, key): (usize, &String)| match last.get(key.as_str()) == Some(&place) {
        true => found.remove(key),
        false => found.get(key).cloned(),
    };
    keys.iter().enumerate().map(row).collect()
}
