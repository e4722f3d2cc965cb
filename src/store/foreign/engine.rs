//! The kinds of databases that hold foreign stores.

use std::fmt;

use serde::Serialize;

/// The kind of a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Engine {
    /// PostgreSQL.
    Postgres,
    /// SQLite.
    Sqlite,
    /// MongoDB.
    Mongodb,
}

impl Engine {
    /// Returns the name in a layout.
    pub fn name(self) -> &'static str {
        match self {
            Self::Postgres => "postgres",
            Self::Sqlite => "sqlite",
            Self::Mongodb => "mongodb",
        }
    }

    /// Returns the name of the product.
    pub fn product(self) -> &'static str {
        match self {
            Self::Postgres => "PostgreSQL",
            Self::Sqlite => "SQLite",
            Self::Mongodb => "MongoDB",
        }
    }

    /// Returns the noun for a table: a collection in MongoDB.
    pub fn table_noun(self) -> &'static str {
        match self {
            Self::Postgres | Self::Sqlite => "table",
            Self::Mongodb => "collection",
        }
    }

    /// Returns the noun for a column: a field in MongoDB.
    pub fn column_noun(self) -> &'static str {
        match self {
            Self::Postgres | Self::Sqlite => "column",
            Self::Mongodb => "field",
        }
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.product())
    }
}
