//! Changed streams, as a database reports them.

use std::time::Duration;

use crate::store::foreign::rows_query::QueryColumn;
use crate::store::foreign::value::ForeignValue;

/// A question for changes of tables.
#[derive(Debug, Clone)]
pub struct ChangesQuery {
    /// The tables or collections, each with the columns that make the name of a stream.
    pub tables: Vec<(String, Vec<QueryColumn>)>,
    /// The place in the changes; `None` for now.
    pub after: Option<String>,
    /// The longest wait for a first change.
    pub wait: Duration,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Changes {
    /// The database reports no changes, or not to this user.
    NotReported,
    /// The changes after the place are no longer known.
    Lost,
    /// The changes after the place.
    Reported {
        /// The place after them.
        after: String,
        /// The changed streams: the number of the table, and the values of the columns. May have the same one several times.
        streams: Vec<(usize, Vec<ForeignValue>)>,
    },
}
