//! The columns that a guess found for the parts of an event, and its notes.

use std::collections::BTreeMap;

use crate::store::foreign::Engine;
use crate::store::foreign::ForeignColumn;
use crate::store::foreign::ForeignTable;
use crate::store::foreign::SampleQuery;
use crate::store::foreign::full_name;
use crate::store::layout::guess::words::Role;
use crate::store::layout::guess::words::snake;

/// The parts of names of tables that hold events.
pub(super) const EVENT_NAMES: [&str; 6] = ["event", "message", "journal", "log", "history", "change"];
/// The score of a table whose name alone looks like events.
pub(super) const LOOKS_LIKE_EVENTS: u32 = 2;

/// A remark on a guess.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The key of the layout.
    pub key: &'static str,
    /// The remark.
    pub text: String,
    /// True if the key may be wrong.
    pub unsure: bool,
}

/// A table that looks like events, and the roles of its columns.
#[derive(Debug, Clone, PartialEq)]
pub struct Guess {
    /// The kind of the database.
    pub engine: Engine,
    /// The schema; empty on engines without schemas.
    pub schema: String,
    /// The table or collection.
    pub table: String,
    /// The likelihood that the table holds events; a higher one is likelier.
    pub score: u32,
    /// The array that holds the events of one document.
    pub(super) unwind: Option<String>,
    pub(super) roles: BTreeMap<Role, ForeignColumn>,
    /// The unique index over stream and version, if there is one.
    pub(super) unique: Vec<String>,
    /// The columns of the data where no single column holds it.
    pub(super) rest: Vec<ForeignColumn>,
    /// The names of all columns, or the paths of all fields.
    pub(super) names: Vec<String>,
    pub(super) notes: Vec<Note>,
}

impl Guess {
    /// Returns a guess without roles.
    pub(super) fn empty(engine: Engine, table: &ForeignTable) -> Self {
        let is_of_events = EVENT_NAMES.iter().any(|part| snake(&table.name).contains(part));
        Self {
            engine,
            schema: table.schema.clone(),
            table: table.name.clone(),
            score: if is_of_events { LOOKS_LIKE_EVENTS } else { 0 },
            unwind: None,
            roles: BTreeMap::new(),
            unique: Vec::new(),
            rest: Vec::new(),
            names: table.columns.iter().map(|column| column.name.clone()).collect(),
            notes: Vec::new(),
        }
    }

    /// Returns the name of the table with its schema, if it has one.
    pub fn full_name(&self) -> String {
        full_name(&self.schema, &self.table)
    }

    /// Returns the request for the rows that [`Guess::finish`] needs.
    pub fn sample_query(&self) -> SampleQuery {
        let columns = if self.unwind.is_some() { Vec::new() } else { self.sampled().into_iter().cloned().collect() };
        SampleQuery { schema: self.schema.clone(), table: self.table.clone(), columns }
    }

    /// Returns the columns of a sample, in their order there.
    pub(super) fn sampled(&self) -> Vec<&ForeignColumn> {
        let roles = [Role::Version, Role::Time, Role::Data, Role::Metadata];
        roles.iter().filter_map(|role| self.roles.get(role)).collect()
    }

    pub(super) fn column(&self, role: Role) -> Option<&ForeignColumn> {
        self.roles.get(&role)
    }

    pub(super) fn note(&mut self, key: &'static str, text: impl Into<String>) {
        self.notes.push(Note { key, text: text.into(), unsure: false });
    }

    pub(super) fn unsure(&mut self, key: &'static str, text: impl Into<String>) {
        self.notes.push(Note { key, text: text.into(), unsure: true });
    }
}
