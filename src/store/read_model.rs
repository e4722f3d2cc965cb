//! Read models as the store keeps them: rows of JSON under a key, and a checkpoint that moves with them.

use serde::Serialize;
use uuid::Uuid;

use crate::event::Position;
use crate::event::Timestamp;
use crate::store::error::StoreError;
use crate::store::problem::ProblemChanges;
use crate::store::read::LAST_PLACE;

/// Which of the read models of one projection.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// The one that answers queries.
    #[default]
    Live,
    /// The one that is built beside it.
    Building,
    /// The one that answered before the last rebuild.
    Previous,
}

impl Part {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Live, Self::Building, Self::Previous];

    /// Its name, in the database as well.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Building => "building",
            Self::Previous => "previous",
        }
    }

    /// The part of a name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|part| part.as_str() == name)
    }
}

/// One read model of a projection.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReadModel {
    /// The name of the projection: `[a-z][a-z0-9_]*`.
    pub name: String,
    /// Which of its read models.
    pub part: Part,
}

impl ReadModel {
    /// The one that answers queries.
    pub fn live(name: &str) -> Self {
        Self { name: name.to_owned(), part: Part::Live }
    }

    /// The one that is built beside it.
    pub fn building(name: &str) -> Self {
        Self { name: name.to_owned(), part: Part::Building }
    }

    /// The one that answered before the last rebuild.
    pub fn previous(name: &str) -> Self {
        Self { name: name.to_owned(), part: Part::Previous }
    }

    /// Looks closely at the name: it goes into statements, and into names of tables and collections.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] when it is no plain word.
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
        Err(StoreError::Invalid(format!("\"{name}\" is no name of a read model: {rule}")))
    }

    /// The name of its table where read models are tables.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] when the name is no plain word.
    pub(crate) fn table(&self) -> Result<String, StoreError> {
        self.check_name()?;
        let name = &self.name;
        Ok(match self.part {
            Part::Live => format!("rm_{name}"),
            Part::Building | Part::Previous => format!("rm_{name}_{}", self.part.as_str()),
        })
    }
}

/// The largest row, in bytes of its JSON: alike everywhere, and what one document of MongoDB holds with room to spare.
pub const MAX_ROW_BYTES: usize = 12 << 20;

/// The position a projection has reached, and the id of the event it stands on, by which a restored or
/// different store under it is found out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Checkpoint {
    /// The last position taken in; 0: none.
    pub position: Position,
    /// The id of the event there.
    pub event_id: Option<Uuid>,
}

impl Checkpoint {
    /// The checkpoint of a read model whose record has values that esctl never wrote. It stands on no event, so the read model
    /// belongs to no store, and is rebuilt.
    const DAMAGED: Self = Self { position: Position(LAST_PLACE), event_id: None };
}

/// The values of a read model as a database keeps them; none: a value that esctl never writes.
pub(crate) struct KeptRecord {
    /// Number of commits.
    pub(crate) commits: Option<i64>,
    /// Version of the logic.
    pub(crate) logic_version: Option<i64>,
    /// Position of the checkpoint.
    pub(crate) position: Option<i64>,
    /// Id of the event there.
    pub(crate) event_id: Option<Option<Uuid>>,
    /// Time of the last commit, in microseconds since 1970.
    pub(crate) updated_at: Option<i64>,
}

impl KeptRecord {
    /// Returns the record of a read model. One with a value that esctl never wrote stands on no event of the store.
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

/// What a store knows of one read model of a projection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectionRecord {
    /// Which read model.
    pub model: ReadModel,
    /// The version of the logic that made its rows.
    pub logic_version: u32,
    /// How many commits have made it: whoever knows this number knows whether anybody else has changed it since.
    pub commits: u64,
    /// How far it is.
    pub checkpoint: Checkpoint,
    /// When it last moved.
    pub updated_at: Timestamp,
}

/// Rows and the checkpoint that goes with them. The checkpoint may stay where it is.
#[derive(Debug, Clone)]
pub struct RowsCommit {
    /// Where to.
    pub model: ReadModel,
    /// The version of the logic that made the rows.
    pub logic_version: u32,
    /// Where the checkpoint must be; 0 also where there is none yet.
    pub from: Position,
    /// How many commits must have made the read model, 0 where there is none yet; `None`: any number.
    pub commits: Option<u64>,
    /// Where it goes.
    pub to: Checkpoint,
    /// Rows to write, by key; each of at most [`MAX_ROW_BYTES`].
    pub rows: Vec<(String, String)>,
    /// Problems that come up or are solved with it.
    pub problems: ProblemChanges,
    /// When.
    pub now: Timestamp,
}

/// Which rows to read.
#[derive(Debug, Clone, Default)]
pub struct RowQuery {
    /// The name of the projection.
    pub name: String,
    /// Which of its read models; the live one unless told.
    pub part: Part,
    /// Fields at the top of the row and the values they must have, of the same kind of JSON; a field
    /// that is not there is null.
    pub filters: Vec<(String, serde_json::Value)>,
    /// Only keys after this one.
    pub after: Option<String>,
    /// At most so many.
    pub limit: usize,
}

impl RowQuery {
    /// The read model that is asked.
    pub fn model(&self) -> ReadModel {
        ReadModel { name: self.name.clone(), part: self.part }
    }
}
