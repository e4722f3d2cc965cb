//! A few values of a table, from which a guess learns the form of its columns.

use crate::store::foreign::catalog::ForeignColumn;

/// The request for a sample.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SampleQuery {
    /// The schema; empty on engines without schemas.
    pub schema: String,
    /// The table.
    pub table: String,
    /// The columns, as the catalog has them.
    pub columns: Vec<ForeignColumn>,
}

/// A value, cut after [`SampleValue::MAX_LENGTH`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SampleValue {
    /// No value.
    Null,
    /// A whole number.
    Integer(i64),
    /// Any other value, as text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
}

impl SampleValue {
    /// The number of characters or bytes of a value that a sample has.
    pub const MAX_LENGTH: usize = 4096;
}

/// Rows with the values of the requested columns, in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sample {
    /// The rows, at most [`Sample::MAX_ROWS`].
    pub rows: Vec<Vec<SampleValue>>,
}

impl Sample {
    /// The maximum number of rows.
    pub const MAX_ROWS: usize = 100;

    /// Returns the values of a column that are present.
    pub fn values(&self, column: usize) -> impl Iterator<Item = &SampleValue> {
        self.rows.iter().filter_map(move |row| row.get(column)).filter(|value| **value != SampleValue::Null)
    }
}
