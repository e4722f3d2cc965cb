//! The catalog of a database of another program: tables with their columns and indexes.

use crate::store::foreign::column_class::ColumnClass;
use crate::store::foreign::engine::Engine;

/// Returns a name as a quoted identifier of SQL, which is only ever a name.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Returns the name of a table with its schema, if it has one.
pub(crate) fn full_name(schema: &str, name: &str) -> String {
    if schema.is_empty() { name.to_owned() } else { format!("{schema}.{name}") }
}

/// The catalog of a database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Catalog {
    /// The kind of the database.
    pub engine: Engine,
    /// True if the database is a store of esctl, whose own tables are left out.
    pub has_esctl_store: bool,
    /// The tables and views, or the collections, by schema and name.
    pub tables: Vec<ForeignTable>,
}

/// A table or view, or a collection.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ForeignTable {
    /// The schema; empty on engines without schemas.
    pub schema: String,
    /// The name.
    pub name: String,
    /// True for a view.
    pub is_view: bool,
    /// True for a table in partitions, whose indexes cannot be created concurrently.
    pub is_partitioned: bool,
    /// True if this user may read it.
    pub readable: bool,
    /// The columns. In MongoDB, the paths of the fields of sampled documents.
    pub columns: Vec<ForeignColumn>,
    /// The indexes, with the primary key.
    pub indexes: Vec<ForeignIndex>,
}

/// A column, or the path of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignColumn {
    /// The name, or the path with dots.
    pub name: String,
    /// The type as the database names it.
    pub kind: String,
    /// The class of the type.
    pub class: ColumnClass,
    /// True if the database numbers new rows in this column.
    pub counts_up: bool,
}

/// An index over whole columns of all rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignIndex {
    /// The columns in order. An expression has an empty name.
    pub columns: Vec<String>,
    /// True if no two rows have the same values.
    pub unique: bool,
}

impl ForeignTable {
    /// Returns a column by its exact name.
    pub fn column(&self, name: &str) -> Option<&ForeignColumn> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// Returns the name with its schema, if it has one.
    pub fn full_name(&self) -> String {
        full_name(&self.schema, &self.name)
    }

    /// Returns true if an index begins with this column.
    pub fn is_indexed(&self, column: &str) -> bool {
        self.indexes.iter().any(|index| index.columns.first().is_some_and(|first| first == column))
    }
}

impl Catalog {
    /// Returns the schemas that have tables, in order.
    pub fn schemas(&self) -> Vec<&str> {
        let mut schemas: Vec<&str> = self.tables.iter().map(|table| table.schema.as_str()).collect();
        schemas.sort_unstable();
        schemas.dedup();
        schemas
    }

    /// Returns a table by its schema and name.
    pub fn table(&self, schema: &str, name: &str) -> Option<&ForeignTable> {
        self.tables.iter().find(|table| table.schema == schema && table.name == name)
    }
}
