//! A query for rows of another program, in parts: each backend turns it into a statement of its database.

use serde_json::Value;

use crate::store::foreign::column_class::ColumnClass;
use crate::store::foreign::value::ForeignValue;

/// A column of one of the tables of a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryColumn {
    /// The alias of the table; empty in MongoDB.
    pub alias: String,
    /// The name, or the path of the field.
    pub name: String,
    /// The class of its type, which decides on the form of the values.
    pub class: ColumnClass,
}

/// A joined table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryJoin {
    /// The table.
    pub table: String,
    /// The alias.
    pub alias: String,
    /// The pairs of columns with equal values, each with its alias.
    pub on: Vec<[(String, String); 2]>,
    /// The column of the joined table whose lowest value chooses one of several rows.
    pub first_by: Option<String>,
}

/// The test of a condition.
#[derive(Debug, Clone, PartialEq)]
pub enum QueryTest {
    /// Equal to a text, a whole number, or true or false.
    Is(Value),
    /// Not equal to it, or without a value.
    IsNot(Value),
    /// Equal to one of these.
    In(Vec<Value>),
    /// Equal to another column.
    SameAs(QueryColumn),
}

/// A row of a query.
#[derive(Debug, Clone, PartialEq)]
pub struct ForeignRow {
    /// The values of the requested columns, in their order.
    pub values: Vec<ForeignValue>,
    /// The place in the array of its document, from 0, where there is one.
    pub place: Option<usize>,
}

/// A query for rows.
#[derive(Debug, Clone, PartialEq)]
pub struct RowsQuery {
    /// The schema; empty on engines without schemas.
    pub schema: String,
    /// The table or collection.
    pub from: String,
    /// Its alias.
    pub alias: String,
    /// The joined tables.
    pub joins: Vec<QueryJoin>,
    /// The conditions.
    pub conditions: Vec<(QueryColumn, QueryTest)>,
    /// The array of each document whose elements are the rows, in MongoDB.
    pub unwind: Option<String>,
    /// The columns of each row. With `unwind`, those of the document first.
    pub columns: Vec<QueryColumn>,
    /// The number of columns that are of the document, where there is an array.
    pub of_document: usize,
    /// The columns in whose order rows are read.
    pub order: Vec<QueryColumn>,
    /// The maximum number of rows.
    pub limit: usize,
}

impl RowsQuery {
    /// The size of values after which an answer ends early, so that large events do not fill the memory.
    pub const MAX_BYTES: usize = 32 << 20;
}

impl ForeignRow {
    /// Returns the size of the values.
    pub(crate) fn bytes(&self) -> usize {
        self.values.iter().map(ForeignValue::bytes).sum()
    }
}
