//! The plan of a database for a query.

use serde::Serialize;

/// The plan that a database makes for a query for rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RowsPlan {
    /// True if a whole table is read.
    pub scans: bool,
    /// True if rows are sorted.
    pub sorts: bool,
    /// The plan as the database shows it, line by line.
    pub lines: Vec<String>,
}
