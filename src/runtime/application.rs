//! Read models that an application maintains. The store has their rows, but this program does not have their
//! projections.

use std::borrow::Cow;

use serde_json::Value;

use crate::aggregate::Fold;
use crate::aggregate::FoldError;
use crate::aggregate::FoldVersion;
use crate::aggregate::Projection;
use crate::event::EventView;
use crate::event::Timestamp;
use crate::store::Part;
use crate::store::ProjectionRecord;

/// The projection of a read model that an application maintains. It shows the rows as stored, and applies no event.
pub struct ApplicationRows {
    name: String,
    version: u32,
}

impl ApplicationRows {
    /// Returns the projections of read models with unknown names, in the order of their names.
    pub(super) fn of(records: Vec<ProjectionRecord>, is_known: impl Fn(&str) -> bool) -> Vec<Self> {
        let mut found: Vec<Self> = Vec::new();
        for record in records.into_iter().filter(|record| !is_known(&record.model.name)) {
            let (name, version, part) = (record.model.name, record.logic_version, record.model.part);
            match found.iter_mut().find(|known| known.name == name) {
                // The live read model determines the logic version.
                Some(known) if part == Part::Live => known.version = version,
                Some(_) => {}
                None => found.push(Self { name, version }),
            }
        }
        found.sort_by(|one, other| one.name.cmp(&other.name));
        found
    }
}

impl Projection for ApplicationRows {
    fn name(&self) -> &str {
        &self.name
    }

    fn version(&self) -> u32 {
        self.version
    }

    /// Returns no categories, which means all: only the application knows the events that the projection applies.
    fn categories(&self) -> Vec<String> {
        Vec::new()
    }

    /// Returns a key for any event, because any event may be one that the projection applies.
    fn key<'a>(&self, _event: &EventView<'a>) -> Option<Cow<'a, str>> {
        Some(Cow::Borrowed(""))
    }

    fn row(&self, _key: &str) -> Box<dyn Fold> {
        Box::new(StoredRowFold { projection: self.name.clone(), row: Value::Null })
    }
}

/// A row as stored.
struct StoredRowFold {
    projection: String,
    row: Value,
}

impl Fold for StoredRowFold {
    fn version(&self) -> FoldVersion {
        FoldVersion { name: self.projection.clone(), version: 0 }
    }

    fn apply(&mut self, _event: &EventView<'_>) -> Result<(), FoldError> {
        Err(FoldError::Reducer(format!("projection {} is part of an application", self.projection)))
    }

    fn save(&self) -> Result<String, FoldError> {
        Ok(self.row.to_string())
    }

    fn restore(&mut self, saved: &str) -> Result<(), FoldError> {
        self.row = serde_json::from_str(saved).map_err(|error| FoldError::Reducer(error.to_string()))?;
        Ok(())
    }

    fn show(&self, _at: Timestamp) -> Value {
        self.row.clone()
    }
}
