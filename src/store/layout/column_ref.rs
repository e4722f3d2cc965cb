//! A reference to a column: the alias of its table, and its name.

use std::fmt;

use serde::Serialize;
use serde::Serializer;

/// A reference to a column, or to the path of a field in MongoDB.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnRef {
    /// The alias of the table; empty in MongoDB.
    pub alias: String,
    /// The name of the column, or the path of the field.
    pub name: String,
    /// True if a store may lack the column.
    pub optional: bool,
}

impl fmt::Display for ColumnRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.alias.as_str() {
            "" => f.write_str(&self.name),
            alias => write!(f, "{alias}.{}", self.name),
        }
    }
}

impl Serialize for ColumnRef {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
