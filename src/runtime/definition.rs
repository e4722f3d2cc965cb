//! Projections that are kept in the store itself, made of jq programs.

use serde::Deserialize;
use serde::Serialize;

use crate::aggregate::JqProjection;
use crate::domain;
use crate::jq::Program;
use crate::jq::SyntaxError;
use crate::runtime::error::RuntimeError;
use crate::store::Record;
use crate::store::Store;
use crate::store::StoreError;
use crate::store::no_store_is_empty;

/// What such a projection is kept as.
const KIND: &str = "projection";
/// Names of read models that esctl has, or is going to have.
const RESERVED: [&str; 3] = ["resources", "documents", "games"];

/// A projection as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Definition {
    /// Its name, and that of its read model.
    pub name: String,
    /// The version of its logic: a later one is larger.
    pub version: u32,
    /// The categories it wants events of; none: all.
    pub categories: Vec<String>,
    /// The program that tells the key of an event's row.
    pub key: String,
    /// The program that tells the next row.
    pub reduce: String,
}

impl Definition {
    /// The projection that it means.
    ///
    /// # Errors
    /// A program that does not compile, with its name.
    pub fn projection(&self) -> Result<JqProjection, (String, SyntaxError)> {
        let compile = |what: &str, text: &str| {
            let name = format!("{what} of projection {}", self.name);
            Program::compile(&name, text).map_err(|error| (name, error))
        };
        Ok(JqProjection {
            name: self.name.clone(),
            version: self.version,
            categories: self.categories.clone(),
            key: compile("key", &self.key)?,
            reduce: compile("reduce", &self.reduce)?,
        })
    }

    /// Whether it makes the same rows of the same events.
    pub fn same_logic(&self, other: &Self) -> bool {
        (&self.categories, &self.key, &self.reduce) == (&other.categories, &other.key, &other.reduce)
    }

    /// Keeps it; one of the same name is replaced.
    ///
    /// # Errors
    /// As the store says.
    pub async fn keep(&self, store: &Store) -> Result<(), RuntimeError> {
        let value = serde_json::to_value(self).map_err(|error| StoreError::Bug(error.to_string()))?;
        Ok(store.put_record(Record::new(KIND, &self.name, &value)).await?)
    }

    /// Deletes the one of a name; whether there was one.
    ///
    /// # Errors
    /// As the store says.
    pub async fn delete(store: &Store, name: &str) -> Result<bool, RuntimeError> {
        Ok(store.delete_record(KIND, name).await?)
    }
}

/// Returns true for the name of a projection that comes with this program.
pub fn is_built_in(name: &str) -> bool {
    RESERVED.contains(&name) || domain::projections().iter().any(|projection| projection.name() == name)
}

/// The projections a store keeps, by name; or why one cannot be read. A store that is not there has none.
///
/// # Errors
/// As the store says.
pub async fn definitions(store: &Store) -> Result<Vec<Result<Definition, Unreadable>>, StoreError> {
    let records = no_store_is_empty(store.records(KIND).await)?;
    let read = |record: Record| {
        let unreadable = |reason: String| Unreadable { name: record.name.clone(), reason };
        let definition: Definition = serde_json::from_str(&record.value).map_err(|error| unreadable(error.to_string()))?;
        if definition.name != record.name {
            return Err(unreadable(format!("it is the definition of {}", definition.name)));
        }
        Ok(definition)
    };
    Ok(records.into_iter().map(read).collect())
}

/// A projection that is kept, but not as this program keeps them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// Its name.
    pub name: String,
    /// What is wrong with it.
    pub reason: String,
}
