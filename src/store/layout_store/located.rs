//! The place of a stream: its table, and the bounds that select its rows.

use crate::store::foreign::Comparison;
use crate::store::foreign::ForeignValue;
use crate::store::foreign::QueryColumn;
use crate::store::foreign::RowsQuery;

/// The place of a stream.
#[derive(Debug, Clone)]
pub(super) struct Located {
    /// The number of its table.
    pub(super) table: usize,
    /// The columns of the stream, and their values.
    pub(super) key: (Vec<QueryColumn>, Vec<ForeignValue>),
}

impl Located {
    /// Restricts a query to the stream.
    pub(super) fn of(&self, query: RowsQuery) -> RowsQuery {
        // One bound for each column, so that an index is used from its first column on.
        self.key
            .0
            .iter()
            .zip(&self.key.1)
            .fold(query, |query, (column, value)| query.bound(vec![column.clone()], Comparison::Equal, vec![value.clone()]))
    }
}
