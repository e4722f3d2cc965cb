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
    /// The maximum number of rows. Fewer are read where they are large: no further row after [`RowsQuery::MAX_BYTES`].
    pub limit: usize,
    /// The part of the rows.
    pub range: RowsRange,
}

/// The part of the rows of a query.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RowsRange {
    /// The bounds, all of which must hold.
    pub bounds: Vec<RowsBound>,
    /// True to read in the opposite order.
    pub backwards: bool,
    /// True to read one row for each combination of values of the columns.
    pub distinct: bool,
    /// True to read all rows up to the limit, regardless of their size.
    pub large: bool,
    /// The first and the last place of elements in the array of a document, from 0.
    pub places: Option<(usize, usize)>,
}

/// A bound on columns, compared with values from left to right.
#[derive(Debug, Clone, PartialEq)]
pub struct RowsBound {
    /// The columns.
    pub columns: Vec<QueryColumn>,
    /// The comparison.
    pub comparison: Comparison,
    /// The values, one for each column.
    pub values: Vec<ForeignValue>,
}

/// A comparison of columns with values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// Equal.
    Equal,
    /// Greater.
    After,
    /// Greater or equal.
    From,
    /// Less.
    Before,
    /// Less or equal.
    UpTo,
    /// Any value. A row without one is left out.
    Present,
    /// No value, or in MongoDB also none that is a number.
    Unplaced,
}

impl Comparison {
    /// Returns the operator of SQL.
    pub(crate) fn operator(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::After => ">",
            Self::From => ">=",
            Self::Before => "<",
            Self::UpTo => "<=",
            Self::Present => "IS NOT",
            Self::Unplaced => "IS",
        }
    }
}

impl RowsQuery {
    /// Adds a bound.
    #[must_use]
    pub fn bound(mut self, columns: Vec<QueryColumn>, comparison: Comparison, values: Vec<ForeignValue>) -> Self {
        self.range.bounds.push(RowsBound { columns, comparison, values });
        self
    }

    /// Returns the query for the next combination of values after a row.
    pub(crate) fn next_distinct(&self, last: Option<&ForeignRow>) -> Self {
        let mut query = Self { limit: 1, ..self.clone() };
        query.range.distinct = false;
        match last {
            Some(last) => query.bound(self.columns.clone(), Comparison::After, last.values.clone()),
            None => query,
        }
    }
}

impl RowsQuery {
    /// The size of values after which an answer ends early, so that large events do not fill the memory.
    pub const MAX_BYTES: usize = 32 << 20;

    /// Returns the size of values after which no further row is read.
    pub(crate) fn max_bytes(&self) -> usize {
        if self.range.large { usize::MAX } else { Self::MAX_BYTES }
    }
}

impl ForeignRow {
    /// Returns the size of the values.
    pub(crate) fn bytes(&self) -> usize {
        self.values.iter().map(ForeignValue::bytes).sum()
    }
}
