//! The class of the type of a column: the same words for the types of all databases.

use serde::Serialize;

/// The class of a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ColumnClass {
    /// Whole numbers.
    Integer,
    /// Numbers with a fraction, or of any size.
    Number,
    /// Text.
    Text,
    /// UUIDs.
    Uuid,
    /// JSON.
    Json,
    /// Bytes.
    Bytes,
    /// Moments with a zone or in UTC.
    Instant,
    /// Times without a zone.
    LocalTime,
    /// True or false.
    Boolean,
    /// Documents in documents.
    Document,
    /// Arrays.
    Array,
    /// Identifiers of MongoDB.
    ObjectId,
    /// A type of another kind, or values of several types.
    Other,
}

impl ColumnClass {
    /// Returns the class of a type of PostgreSQL, as `format_type` names it.
    pub fn of_postgres(kind: &str) -> Self {
        match kind {
            "smallint" | "integer" | "bigint" | "oid" | "xid8" => Self::Integer,
            "numeric" | "real" | "double precision" => Self::Number,
            "text" | "character varying" | "character" | "\"char\"" | "name" | "citext" => Self::Text,
            "uuid" => Self::Uuid,
            "json" | "jsonb" => Self::Json,
            "bytea" => Self::Bytes,
            "timestamp with time zone" => Self::Instant,
            "timestamp without time zone" => Self::LocalTime,
            "boolean" => Self::Boolean,
            kind if kind.ends_with("[]") => Self::Array,
            _ => Self::Other,
        }
    }

    /// Returns the class of a declared type of SQLite. The values of a column may be of other types.
    pub fn of_sqlite(kind: &str) -> Self {
        let kind = kind.to_ascii_uppercase();
        let has = |part: &str| kind.contains(part);
        if has("JSON") {
            Self::Json
        } else if has("UUID") || has("GUID") {
            Self::Uuid
        } else if has("BOOL") {
            Self::Boolean
        } else if has("DATE") || has("TIME") {
            Self::LocalTime
        } else if has("INT") || has("SERIAL") {
            Self::Integer
        } else if has("CHAR") || has("CLOB") || has("TEXT") {
            Self::Text
        } else if has("BLOB") || has("BINARY") {
            Self::Bytes
        } else if has("REAL") || has("FLOA") || has("DOUB") || has("NUM") || has("DEC") {
            Self::Number
        } else {
            Self::Other
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ColumnClass;

    #[test]
    fn types_of_sqlite_are_classed_by_parts_of_their_names() {
        for (kind, class) in [
            ("INTEGER", ColumnClass::Integer),
            ("varchar(36)", ColumnClass::Text),
            ("TIMESTAMP", ColumnClass::LocalTime),
            ("datetime", ColumnClass::LocalTime),
            ("BLOB", ColumnClass::Bytes),
            ("JSONB", ColumnClass::Json),
            ("", ColumnClass::Other),
        ] {
            assert_eq!(ColumnClass::of_sqlite(kind), class, "{kind}");
        }
    }
}
