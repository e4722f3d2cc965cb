//! A database of another program. Each backend implements it over connections that cannot write.

use std::future::ready;

use crate::store::answer::Answer;
use crate::store::follow::Writers;
use crate::store::foreign::catalog::Catalog;
use crate::store::foreign::changes::Changes;
use crate::store::foreign::changes::ChangesQuery;
use crate::store::foreign::engine::Engine;
use crate::store::foreign::plan::RowsPlan;
use crate::store::foreign::rows_query::ForeignRow;
use crate::store::foreign::rows_query::RowsQuery;
use crate::store::foreign::sample::Sample;
use crate::store::foreign::sample::SampleQuery;

/// A database that esctl only reads.
///
/// A role that may only read is enough. No answer takes a lock for which a writer would wait.
pub trait ForeignDatabase: Send + Sync {
    /// Returns the kind of the database.
    fn engine(&self) -> Engine;

    /// Returns the location for display, without secrets.
    fn place(&self) -> String;

    /// Reads the tables, columns and indexes.
    fn catalog(&self) -> Answer<Catalog>;

    /// Reads a few rows of a table of the catalog.
    fn sample(&self, query: SampleQuery) -> Answer<Sample>;

    /// Reads the first rows of a query: at least one, and no more once they have [`RowsQuery::MAX_BYTES`].
    fn rows(&self, query: RowsQuery) -> Answer<Vec<ForeignRow>>;

    /// Reads the first rows of each of several queries.
    fn rows_of(&self, queries: Vec<RowsQuery>) -> Answer<Vec<Vec<ForeignRow>>>;

    /// Reads one row for each combination of values of the columns, which are those of the order, from one to the next
    /// through an index.
    fn walk(&self, query: RowsQuery) -> Answer<Vec<ForeignRow>>;

    /// Returns the transactions that may still make rows visible.
    fn writers(&self) -> Answer<Writers>;

    /// Reads the changes of streams after a place, or waits for the first one.
    fn changes(&self, _: ChangesQuery) -> Answer<Changes> {
        Box::pin(ready(Ok(Changes::NotReported)))
    }

    /// Counts all rows of a query, whatever its limit.
    fn count(&self, query: RowsQuery) -> Answer<u64>;

    /// Returns the plan for a query, which is not run.
    fn plan(&self, query: RowsQuery) -> Answer<RowsPlan>;

    /// Reads the columns of all rows of a query in the fastest way of the database, without an order or a limit, and discards
    /// them. For benchmarks.
    fn bare_scan(&self, query: RowsQuery) -> Answer<BareScan>;
}

/// A scan that only measures the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BareScan {
    /// The number of rows.
    pub rows: u64,
    /// The statement, for display.
    pub statement: String,
}
