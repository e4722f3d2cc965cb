//! Projections that the store keeps, defined by jq programs.

use serde::Deserialize;
use serde::Serialize;

use crate::aggregate::JqProjection;
use crate::domain;
use crate::jq::JqProgram;
use crate::jq::SyntaxError;
use crate::runtime::error::RuntimeError;
use crate::store::Record;
use crate::store::Store;
use crate::store::StoreError;
use crate::store::no_store_is_empty;

/// The kind of the records.
const KIND: &str = "projection";

/// The definition of a projection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Definition {
    /// The name of the projection and its read model.
    pub name: String,
    /// The logic version, which grows with each change.
    pub version: u32,
    /// The categories whose events the projection applies. Empty for all.
    pub categories: Vec<String>,
    /// The program that returns the key of an event's row.
    pub key: String,
    /// The program that returns the next row.
    pub reduce: String,
}

impl Definition {
    /// Compiles the projection.
    ///
    /// # Errors
    /// The name of a program that does not compile, and its error.
    pub fn projection(&self) -> Result<JqProjection, (String, SyntaxError)> {
        let compile = |what: &str, text: &str| {
            let name = format!("{what} of projection {}", self.name);
            JqProgram::compile(&name, text).map_err(|error| (name, error))
        };
        Ok(JqProjection {
            name: self.name.clone(),
            version: self.version,
            categories: self.categories.clone(),
            key: compile("key", &self.key)?,
            reduce: compile("reduce", &self.reduce)?,
        })
    }

    /// Returns true if both definitions make the same rows of the same events.
    pub fn same_logic(&self, other: &Self) -> bool {
        (&self.categories, &self.key, &self.reduce) == (&other.categories, &other.key, &other.reduce)
    }

    /// Stores the definition. It replaces one of the same name.
    pub async fn keep(&self, store: &Store) -> Result<(), RuntimeError> {
        let value = serde_json::to_value(self).map_err(|error| StoreError::Bug(error.to_string()))?;
        Ok(store.put_record(Record::new(KIND, &self.name, &value)).await?)
    }

    /// Deletes the definition of this name. Returns true if there was one.
    pub async fn delete(store: &Store, name: &str) -> Result<bool, RuntimeError> {
        Ok(store.delete_record(KIND, name).await?)
    }
}

/// Returns true for the name of a built-in projection.
pub fn is_built_in(name: &str) -> bool {
    domain::projections().iter().any(|projection| projection.name() == name)
}

/// Returns the definitions that a store keeps, by name, or the reason why one is unreadable. A store that does not
/// exist yet has none.
pub async fn definitions(store: &Store) -> Result<Vec<Result<Definition, Unreadable>>, StoreError> {
    let records = no_store_is_empty(store.records(KIND).await)?;
    let read = |record: Record| {
        let unreadable = |reason: String| Unreadable { name: record.name.clone(), reason };
        let definition: Definition = serde_json::from_str(&record.value).map_err(|error| unreadable(error.to_string()))?;
        if definition.name != record.name {
            return Err(unreadable(format!("definition of projection {} under another name", definition.name)));
        }
        Ok(definition)
    };
    Ok(records.into_iter().map(read).collect())
}

/// A stored definition that this program cannot read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// The name.
    pub name: String,
    /// The reason.
    pub reason: String,
}
