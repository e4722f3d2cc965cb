//! The rows that were handed out last. While the last of them is there, the numbers after it are new. Without it the store may be
//! another one, an older state of it, or one that uses the numbers of deleted rows again.

use std::collections::VecDeque;

/// The number of rows that are remembered.
const REMEMBERED: usize = 100;

/// The last rows, each with its number and a hash of its identity, in the order of their numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownRows {
    rows: VecDeque<(i64, String)>,
    limit: usize,
}

impl Default for KnownRows {
    fn default() -> Self {
        Self { rows: VecDeque::new(), limit: REMEMBERED }
    }
}

impl KnownRows {
    /// The number of rows that are remembered.
    pub const REMEMBERED: usize = REMEMBERED;

    /// Returns the rows of a token.
    pub fn of_saved(rows: Vec<(i64, String)>) -> Self {
        Self { rows: rows.into(), ..Self::default() }
    }

    /// Returns the memory of a last row, with the rows of its number.
    pub fn of_last(row: Option<(i64, String)>) -> Self {
        Self { rows: row.into_iter().collect(), limit: 1 }
    }

    /// Returns the rows for a token.
    pub fn to_saved(&self) -> Vec<(i64, String)> {
        self.rows.iter().cloned().collect()
    }

    /// Remembers a row that was handed out. A late one is put in the place of its number.
    pub fn note(&mut self, number: i64, hash: String) {
        let place = self.rows.iter().rposition(|(known, _)| *known <= number).map_or(0, |place| place + 1);
        self.rows.insert(place, (number, hash));
        let last = self.last().map(|(last, _)| last);
        // All rows of the last number are kept, since a further one may come.
        while self.rows.len() > self.limit && self.rows.front().map(|(number, _)| *number) != last {
            self.rows.pop_front();
        }
    }

    /// Returns the last row.
    pub fn last(&self) -> Option<(i64, &str)> {
        self.rows.back().map(|(number, hash)| (*number, hash.as_str()))
    }

    /// Returns the lowest remembered number.
    pub fn first(&self) -> Option<i64> {
        self.rows.front().map(|(number, _)| *number)
    }

    /// Compares with the rows that have the number of the last row now. Returns the places of further ones, which were not handed
    /// out; `None` if the last row is not there any more.
    pub fn further(&self, rows: &[(i64, String)]) -> Option<Vec<usize>> {
        let Some(last) = self.rows.back() else { return Some(Vec::new()) };
        if !rows.contains(last) {
            return None;
        }
        let mut known: Vec<&(i64, String)> = self.rows.iter().filter(|(number, _)| *number == last.0).collect();
        let mut further = Vec::new();
        for (place, row) in rows.iter().enumerate() {
            match known.iter().position(|known| *known == row) {
                Some(at) => drop(known.swap_remove(at)),
                None => further.push(place),
            }
        }
        Some(further)
    }

    /// Finds the last known row among rows in descending order, and takes its number. Rows after it are new. Returns that number;
    /// `None` if none of these rows is known. `moves` is true where rows get lower numbers.
    pub fn find(&mut self, descending: &[(i64, String)], moves: bool) -> Option<i64> {
        let is_known = |(number, hash): &(i64, String)| {
            let is_it = |(known, of_known): &(i64, String)| of_known == hash && (known == number || moves && number < known);
            self.rows.iter().any(is_it)
        };
        let at = descending.iter().position(is_known)?;
        let number = descending[at].0;
        let still_there = descending[at..].iter().take_while(|row| is_known(row)).cloned();
        let mut rows: Vec<(i64, String)> = still_there.collect();
        rows.reverse();
        self.rows = rows.into();
        Some(number)
    }
}
