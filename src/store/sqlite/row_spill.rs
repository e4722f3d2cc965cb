//! Rows that do not fit in memory, in a temporary file of this machine.
//!
//! The file is a SQLite database without a name, which SQLite creates in the system's temporary folder once its cache is full, and
//! removes when it is closed or the process ends. Nothing in it outlives the process, so nothing is synchronized to the disk.

use rusqlite::Connection;
use rusqlite::OptionalExtension;
use rusqlite::params;

use crate::store::error::StoreError;

/// The memory that a spill uses itself, in KiB.
const CACHE_KIB: i64 = 16 << 10;

/// Rows by key, outside of memory.
pub struct RowSpill {
    connection: Connection,
}

impl RowSpill {
    /// Creates an empty spill.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the temporary file cannot be created.
    pub fn create() -> Result<Self, StoreError> {
        let connection = Connection::open("").map_err(failed)?;
        let settings = format!(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -{CACHE_KIB};
             CREATE TABLE spilled (key TEXT NOT NULL PRIMARY KEY, row TEXT NOT NULL) STRICT, WITHOUT ROWID"
        );
        connection.execute_batch(&settings).map_err(failed)?;
        Ok(Self { connection })
    }

    /// Adds rows, each in the place of an earlier one with its key. The order of keys is the fastest.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the temporary folder is full. The spill is then unusable.
    pub fn put<'r>(&mut self, rows: impl IntoIterator<Item = (&'r str, &'r str)>) -> Result<(), StoreError> {
        let transaction = self.connection.transaction().map_err(failed)?;
        {
            let put = transaction.prepare_cached("INSERT OR REPLACE INTO spilled (key, row) VALUES (?1, ?2)");
            let mut put = put.map_err(failed)?;
            for (key, row) in rows {
                put.execute(params![key, row]).map_err(failed)?;
            }
        }
        transaction.commit().map_err(failed)
    }

    /// Returns the row of a key.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the temporary file cannot be read.
    pub fn get(&mut self, key: &str) -> Result<Option<String>, StoreError> {
        let mut get = self.connection.prepare_cached("SELECT row FROM spilled WHERE key = ?1").map_err(failed)?;
        get.query_row([key], |row| row.get(0)).optional().map_err(failed)
    }

    /// Returns the first rows, or those after a key, in the order of keys: at most `limit`, fewer if they have more than
    /// `max_bytes`.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the temporary file cannot be read.
    pub fn after(&mut self, key: Option<&str>, limit: usize, max_bytes: usize) -> Result<Vec<(String, String)>, StoreError> {
        // Two statements, so that each begins at its first row.
        let sql = match key {
            Some(_) => "SELECT key, row FROM spilled WHERE key > ?1 ORDER BY key LIMIT ?2",
            None => "SELECT key, row FROM spilled WHERE ?1 IS NULL ORDER BY key LIMIT ?2",
        };
        let mut next = self.connection.prepare_cached(sql).map_err(failed)?;
        let mut found = next.query(params![key, i64::try_from(limit).unwrap_or(i64::MAX)]).map_err(failed)?;
        let (mut rows, mut bytes) = (Vec::new(), 0);
        while bytes < max_bytes
            && let Some(row) = found.next().map_err(failed)?
        {
            let (key, row): (String, String) = (row.get(0).map_err(failed)?, row.get(1).map_err(failed)?);
            bytes += key.len() + row.len();
            rows.push((key, row));
        }
        Ok(rows)
    }
}

fn failed(error: rusqlite::Error) -> StoreError {
    let message = "cannot use a temporary file for rows that do not fit in memory".to_owned();
    StoreError::Unavailable { message, source: Some(std::sync::Arc::new(error)) }
}
