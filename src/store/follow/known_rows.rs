//! The rows that were handed out last, where a database uses numbers again: SQLite, after the last rows are deleted, and after
//! `VACUUM` of a table without a key of its own.

use std::collections::VecDeque;

/// The number of rows that are remembered.
const REMEMBERED: usize = 100;

/// The last rows, each with its number and a hash of its values, in the order in which they were handed out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KnownRows {
    rows: VecDeque<(i64, String)>,
}

impl KnownRows {
    /// The number of rows that are remembered.
    pub const REMEMBERED: usize = REMEMBERED;

    /// Returns the rows of a token.
    pub fn of_saved(rows: Vec<(i64, String)>) -> Self {
        Self { rows: rows.into() }
    }

    /// Returns the rows for a token.
    pub fn to_saved(&self) -> Vec<(i64, String)> {
        self.rows.iter().cloned().collect()
    }

    /// Remembers a row after all others.
    pub fn note(&mut self, number: i64, hash: String) {
        if self.rows.len() == REMEMBERED {
            self.rows.pop_front();
        }
        self.rows.push_back((number, hash));
    }

    /// Returns the last row.
    pub fn last(&self) -> Option<(i64, &str)> {
        self.rows.back().map(|(number, hash)| (*number, hash.as_str()))
    }

    /// Returns true if the last row is still there, among rows of its number.
    pub fn last_is_among(&self, rows: &[(i64, String)]) -> bool {
        self.rows.back().is_none_or(|last| rows.contains(last))
    }

    /// Finds the last known row among rows in descending order, and takes its number. Rows after it are new, whatever their
    /// numbers. Returns that number; `None` if none of these rows is known.
    pub fn find(&mut self, descending: &[(i64, String)]) -> Option<i64> {
        let is_known = |hash: &String| self.rows.iter().any(|(_, known)| known == hash);
        let at = descending.iter().position(|(_, hash)| is_known(hash))?;
        let number = descending[at].0;
        let still_there = descending[at..].iter().take_while(|(_, hash)| is_known(hash)).cloned();
        let mut rows: Vec<(i64, String)> = still_there.collect();
        rows.reverse();
        self.rows = rows.into();
        Some(number)
    }
}
