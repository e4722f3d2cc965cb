//! Snapshots in SQLite.

use rusqlite::Connection;
use rusqlite::Row;
use rusqlite::params;

use crate::event::Hash;
use crate::event::StreamName;
use crate::event::Timestamp;
use crate::event::Version;
use crate::store::answer::Answer;
use crate::store::backend::Snapshots;
use crate::store::error::StoreError;
use crate::store::snapshot::Snapshot;
use crate::store::snapshot::SnapshotInfo;
use crate::store::snapshot::SnapshotQuery;
use crate::store::snapshot::left_out_text;
use crate::store::snapshot::stored_hash;
use crate::store::snapshot::stored_left_out;
use crate::store::snapshot::stored_reducer_version;
use crate::store::sqlite::backend::Sqlite;
use crate::store::sqlite::error::SqlError;
use crate::store::sqlite::statement::prepare;

impl Snapshots for Sqlite {
    fn put_snapshot(&self, snapshot: Snapshot) -> Answer<()> {
        self.writing(move |connection| {
            connection.prepare_cached(include_str!("sql/put_snapshot.sql"))?.execute(params![
                snapshot.stream.as_str(),
                snapshot.reducer,
                snapshot.version.0,
                snapshot.event_hash.0,
                snapshot.reducer_version,
                snapshot.taken_at.micros(),
                snapshot.state,
                snapshot.state_hash.0,
                left_out_text(&snapshot.left_out),
            ])?;
            Ok(())
        })
    }

    fn snapshot(&self, stream: StreamName, reducer: String, at_most: Version) -> Answer<Option<Snapshot>> {
        self.reading(move |connection, _| newest(connection, stream, reducer, at_most))
    }

    fn snapshots(&self, query: SnapshotQuery) -> Answer<Vec<SnapshotInfo>> {
        self.reading(move |connection, _| list(connection, &query))
    }

    /// Deletes the snapshots in one transaction.
    fn delete_snapshots(&self, snapshots: Vec<SnapshotInfo>) -> Answer<u64> {
        self.writing(move |connection| {
            let transaction = connection.transaction()?;
            let mut deleted = 0;
            for snapshot in snapshots {
                let key = params![snapshot.stream.as_str(), snapshot.reducer, snapshot.version.0.cast_signed()];
                deleted += transaction.prepare_cached(include_str!("sql/delete_snapshot.sql"))?.execute(key)? as u64;
            }
            transaction.commit()?;
            Ok(deleted)
        })
    }
}

fn newest(connection: &Connection, stream: StreamName, reducer: String, at_most: Version) -> Result<Option<Snapshot>, SqlError> {
    let at_most = i64::try_from(at_most.0).unwrap_or(i64::MAX);
    let mut statement = prepare(connection, include_str!("sql/snapshot.sql"))?;
    let mut rows = statement.query(params![stream.as_str(), reducer, at_most])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let (left_out, state_hash) = stored_left_out(&text(row, 6)?, hash(row, 5)?);
    Ok(Some(Snapshot {
        version: Version(row.get::<_, i64>(0)?.cast_unsigned()),
        event_hash: hash(row, 1)?,
        reducer_version: stored_reducer_version(number(row, 2)?),
        taken_at: Timestamp::from_micros_saturating(number(row, 3)?.unwrap_or_default()),
        state: text(row, 4)?,
        stream,
        reducer,
        left_out,
        state_hash,
    }))
}

fn text(row: &Row<'_>, column: usize) -> Result<String, rusqlite::Error> {
    Ok(String::from_utf8_lossy(row.get_ref(column)?.as_bytes().unwrap_or_default()).into_owned())
}

fn hash(row: &Row<'_>, column: usize) -> Result<Hash, rusqlite::Error> {
    Ok(stored_hash(row.get_ref(column)?.as_bytes().unwrap_or_default()))
}

/// Reads a number; `None` for any other value.
fn number(row: &Row<'_>, column: usize) -> Result<Option<i64>, rusqlite::Error> {
    Ok(row.get_ref(column)?.as_i64().ok())
}

fn list(connection: &Connection, query: &SnapshotQuery) -> Result<Vec<SnapshotInfo>, SqlError> {
    let (first, last) = query.streams();
    let (after_stream, after_reducer, after_version) = query.after.clone().unwrap_or_default();
    let after_version = after_version.0.cast_signed();
    let limit = i64::try_from(query.limit).unwrap_or(i64::MAX);
    let mut statement = connection.prepare_cached(include_str!("sql/snapshots.sql"))?;
    let mut rows = statement.query(params![first, last, after_stream, after_reducer, after_version, limit])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let name: String = row.get(0)?;
        found.push(SnapshotInfo {
            stream: StreamName::recorded(&name).map_err(|error| {
                StoreError::integrity(format!(
                    "a snapshot has the invalid stream name \"{name}\": {error}; delete its row from table snapshots"
                ))
            })?,
            reducer: row.get(1)?,
            version: Version(row.get::<_, i64>(2)?.cast_unsigned()),
            reducer_version: stored_reducer_version(number(row, 3)?),
            taken_at: Timestamp::from_micros_saturating(number(row, 4)?.unwrap_or_default()),
            bytes: number(row, 5)?.unwrap_or_default().unsigned_abs(),
        });
    }
    Ok(found)
}
