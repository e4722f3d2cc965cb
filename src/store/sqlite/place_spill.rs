//! Places of events that do not fit in memory, in a temporary file of this machine, and their reading in order.
//!
//! As in [`RowSpill`](crate::store::RowSpill), the file has no name, and nothing in it outlives the process. Places are added
//! without an index and sorted when they are read, which SQLite does in bounded memory.

use std::sync::Arc;

use rusqlite::Connection;
use rusqlite::params;

use crate::store::error::StoreError;

/// The memory that a spill uses itself, in KiB.
const CACHE_KIB: i64 = 16 << 10;

/// A place, and the key by which places are sorted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SpilledPlace {
    /// The first key of the order.
    pub key: String,
    /// True for a place that comes after the others with its key.
    pub last: bool,
    /// The second key of the order.
    pub number: i64,
    /// The stream, where the key does not name it.
    pub stream: String,
    /// The version.
    pub version: Option<i64>,
    /// The position, which is the last key of the order.
    pub position: Option<i64>,
}

/// Places outside of memory.
pub struct PlaceSpill {
    connection: Connection,
}

impl PlaceSpill {
    /// Creates an empty spill.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the temporary file cannot be created.
    pub fn create() -> Result<Self, StoreError> {
        let connection = Connection::open("").map_err(failed)?;
        let settings = format!(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -{CACHE_KIB}; PRAGMA temp_store = FILE;
             CREATE TABLE places (key TEXT NOT NULL, last INT NOT NULL, number INT NOT NULL, stream TEXT NOT NULL, version INT,
                 position INT) STRICT"
        );
        connection.execute_batch(&settings).map_err(failed)?;
        Ok(Self { connection })
    }

    /// Adds places.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the temporary folder is full. The spill is then unusable.
    pub fn add(&mut self, places: impl IntoIterator<Item = SpilledPlace>) -> Result<(), StoreError> {
        let transaction = self.connection.transaction().map_err(failed)?;
        {
            let add = transaction.prepare_cached("INSERT INTO places VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
            let mut add = add.map_err(failed)?;
            for place in places {
                let SpilledPlace { key, last, number, stream, version, position } = place;
                add.execute(params![key, last, number, stream, version, position]).map_err(failed)?;
            }
        }
        transaction.commit().map_err(failed)
    }

    /// Passes all places to a function, in the order of their keys.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the temporary folder is full.
    pub fn each(&self, visit: &mut dyn FnMut(SpilledPlace)) -> Result<(), StoreError> {
        let sql = "SELECT key, last, number, stream, version, position FROM places ORDER BY key, last, number, position";
        let mut all = self.connection.prepare(sql).map_err(failed)?;
        let mut rows = all.query([]).map_err(failed)?;
        while let Some(row) = rows.next().map_err(failed)? {
            let place = (|| {
                Ok(SpilledPlace {
                    key: row.get(0)?,
                    last: row.get(1)?,
                    number: row.get(2)?,
                    stream: row.get(3)?,
                    version: row.get(4)?,
                    position: row.get(5)?,
                })
            })();
            visit(place.map_err(failed)?);
        }
        Ok(())
    }
}

fn failed(error: rusqlite::Error) -> StoreError {
    let message = "cannot use a temporary file for places of events that do not fit in memory".to_owned();
    StoreError::Unavailable { message, source: Some(Arc::new(error)) }
}

#[cfg(test)]
mod tests {
    use super::PlaceSpill;
    use super::SpilledPlace;

    #[test]
    fn places_are_read_in_the_order_of_their_keys() {
        let mut spill = PlaceSpill::create().unwrap();
        let place = |key: &str, last: bool, number: i64, position: Option<i64>| SpilledPlace {
            key: key.into(),
            last,
            number,
            position,
            ..SpilledPlace::default()
        };
        let ordered = [
            place("a", false, 1, None),
            place("a", false, 1, Some(7)),
            place("a", false, 2, Some(3)),
            place("a", true, 0, None),
            place("b", false, 1, None),
        ];
        spill.add([3, 1, 4, 0, 2].map(|number: usize| ordered[number].clone())).unwrap();
        let mut found = Vec::new();
        spill.each(&mut |place| found.push(place)).unwrap();
        assert_eq!(found, ordered);
    }
}
