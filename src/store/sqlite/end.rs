//! The ends of the store and of its streams, and the check that no event is stored after the recorded head.

use rusqlite::Connection;
use rusqlite::OptionalExtension;
use rusqlite::Row;
use rusqlite::types::ValueRef;

use crate::event::Hash;
use crate::event::Position;
use crate::event::Timestamp;
use crate::event::Version;
use crate::store::end::StoreEnd;
use crate::store::end::behind_the_head;
use crate::store::error::StoreError;
use crate::store::head::Head;
use crate::store::sqlite::error::SqlError;
use crate::store::sqlite::statement::prepare;
use crate::store::sqlite::statement::read_across_migration;

fn damaged_head() -> SqlError {
    StoreError::integrity("the head row of the store is missing or has an invalid value").into()
}

/// Reads the recorded head and the last event in one statement, as of one moment.
pub(crate) fn end(connection: &Connection) -> Result<StoreEnd, SqlError> {
    read_across_migration(connection, || {
        let mut statement = prepare(connection, include_str!("sql/end.sql"))?;
        let mut rows = statement.query([])?;
        let row = rows.next()?.ok_or_else(damaged_head)?;
        let head = head_at(row, 0)?.ok_or_else(damaged_head)?;
        let last = match row.get_ref(3)? {
            ValueRef::Null => Head::default(),
            _ => head_at(row, 3)?.ok_or_else(|| StoreError::integrity("the last event has an invalid value"))?,
        };
        Ok(StoreEnd { head, last })
    })
}

/// Reads position, time and hash; `None` where esctl never wrote one of the values.
fn head_at(row: &Row<'_>, column: usize) -> Result<Option<Head>, SqlError> {
    let position = row.get_ref(column)?.as_i64().ok().and_then(|position| u64::try_from(position).ok());
    let recorded_at = row.get_ref(column + 1)?.as_i64().ok().and_then(|micros| Timestamp::from_micros(micros).ok());
    let hash = row.get_ref(column + 2)?.as_blob().ok().and_then(|hash| hash.try_into().ok());
    let (Some(position), Some(recorded_at), Some(hash)) = (position, recorded_at, hash) else { return Ok(None) };
    Ok(Some(Head { position: Position(position), recorded_at, hash: Hash(hash) }))
}

/// Reads the position of the recorded head.
pub(crate) fn head_position(connection: &Connection) -> Result<Position, SqlError> {
    read_across_migration(connection, || {
        let mut statement = prepare(connection, include_str!("sql/head_position.sql"))?;
        let position: Option<i64> = statement.query_row([], |row| row.get(0)).optional()?;
        position.and_then(|position| u64::try_from(position).ok()).map(Position).ok_or_else(damaged_head)
    })
}

/// Reads the position of the last event, whatever the recorded head is; 0 without events.
pub(crate) fn last_position(connection: &Connection) -> Result<Position, SqlError> {
    let last: Option<i64> = connection.prepare_cached(include_str!("sql/last_position.sql"))?.query_row([], |row| row.get(0))?;
    Ok(Position(last.and_then(|last| u64::try_from(last).ok()).unwrap_or(0)))
}

/// Reads the version of a stream and the position of its last event; 0 without events.
pub(crate) fn stream_end(connection: &Connection, stream: i64) -> Result<(Version, Position), SqlError> {
    let mut statement = connection.prepare_cached(include_str!("sql/stream_end.sql"))?;
    let end = statement.query_row([stream], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?))).optional()?;
    let place =
        |place: i64| u64::try_from(place).map_err(|_| StoreError::integrity("an event has a negative version or position"));
    let (version, position) = end.unwrap_or_default();
    Ok((Version(place(version)?), Position(place(position)?)))
}

/// The known position of the recorded head. It only grows, so it is read again for an event after it.
#[derive(Default)]
pub(crate) struct KnownHead(pub(crate) Position);

impl KnownHead {
    /// Checks that an event is not stored after the head.
    ///
    /// # Errors
    /// [`StoreError::Integrity`] when it is.
    pub(crate) fn reaches(&mut self, connection: &Connection, position: Position) -> Result<(), SqlError> {
        if position > self.0 {
            // Read after the event, which was committed together with its head.
            self.0 = head_position(connection)?;
            if position > self.0 {
                return Err(behind_the_head(position, self.0).into());
            }
        }
        Ok(())
    }
}
