//! Snapshots in PostgreSQL.

use sqlx::AssertSqlSafe;
use sqlx::Row;

use crate::event::StreamName;
use crate::event::Timestamp;
use crate::event::Version;
use crate::store::answer::Answer;
use crate::store::backend::Snapshots;
use crate::store::error::StoreError;
use crate::store::postgres::backend::Postgres;
use crate::store::postgres::database::Task;
use crate::store::postgres::error::SqlError;
use crate::store::postgres::for_version::for_version;
use crate::store::postgres::session::Session;
use crate::store::snapshot::Snapshot;
use crate::store::snapshot::SnapshotInfo;
use crate::store::snapshot::SnapshotQuery;
use crate::store::snapshot::left_out_text;
use crate::store::snapshot::stored_hash;
use crate::store::snapshot::stored_left_out;
use crate::store::snapshot::stored_reducer_version;

fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

impl Snapshots for Postgres {
    fn put_snapshot(&self, snapshot: Snapshot) -> Answer<()> {
        self.writing(Task::WriteAgain, async move |session: &mut Session| {
            session
                .query(include_str!("sql/put_snapshot.sql"))
                .bind(snapshot.stream.as_str())
                .bind(&snapshot.reducer)
                .bind(whole(snapshot.version.0))
                .bind(snapshot.event_hash.0)
                .bind(i64::from(snapshot.reducer_version))
                .bind(snapshot.taken_at.micros())
                .bind(&snapshot.state)
                .bind(snapshot.state_hash.0)
                .bind(left_out_text(&snapshot.left_out))
                .execute(&mut session.connection)
                .await?;
            Ok(())
        })
    }

    fn snapshot(&self, stream: StreamName, reducer: String, at_most: Version) -> Answer<Option<Snapshot>> {
        self.reading(async move |session: &mut Session| newest(session, &stream, &reducer, at_most).await)
    }

    fn snapshots(&self, query: SnapshotQuery) -> Answer<Vec<SnapshotInfo>> {
        self.reading(async move |session: &mut Session| list(session, &query).await)
    }

    /// Deletes the snapshots in one statement.
    fn delete_snapshots(&self, snapshots: Vec<SnapshotInfo>) -> Answer<u64> {
        self.writing(Task::Write, async move |session: &mut Session| {
            let streams: Vec<&str> = snapshots.iter().map(|snapshot| snapshot.stream.as_str()).collect();
            let reducers: Vec<&str> = snapshots.iter().map(|snapshot| snapshot.reducer.as_str()).collect();
            let versions: Vec<i64> = snapshots.iter().map(|snapshot| snapshot.version.0.cast_signed()).collect();
            let statement = session.query(include_str!("sql/delete_snapshots.sql")).bind(streams).bind(reducers).bind(versions);
            Ok(statement.execute(&mut session.connection).await?.rows_affected())
        })
    }
}

async fn newest(
    session: &mut Session,
    stream: &StreamName,
    reducer: &str,
    at_most: Version,
) -> Result<Option<Snapshot>, SqlError> {
    let sql = AssertSqlSafe(for_version(session.found, include_str!("sql/snapshot.sql")));
    let statement = session.query(sql).bind(stream.as_str()).bind(reducer).bind(whole(at_most.0));
    let Some(row) = statement.fetch_optional(&mut session.connection).await? else { return Ok(None) };
    let (left_out, state_hash) = stored_left_out(row.try_get(6)?, stored_hash(row.try_get(5)?));
    Ok(Some(Snapshot {
        stream: stream.clone(),
        version: Version(row.try_get::<i64, _>(0)?.cast_unsigned()),
        event_hash: stored_hash(row.try_get(1)?),
        reducer: reducer.to_owned(),
        reducer_version: stored_reducer_version(row.try_get(2)?),
        taken_at: Timestamp::from_micros_saturating(row.try_get(3)?),
        state: row.try_get(4)?,
        left_out,
        state_hash,
    }))
}

async fn list(session: &mut Session, query: &SnapshotQuery) -> Result<Vec<SnapshotInfo>, SqlError> {
    let (after_stream, after_reducer, after_version) = query.after.clone().unwrap_or_default();
    let (first, last) = query.streams();
    let rows = session
        .query(include_str!("sql/snapshots.sql"))
        .bind(first)
        .bind(last)
        .bind(after_stream)
        .bind(after_reducer)
        .bind(after_version.0.cast_signed())
        .bind(i64::try_from(query.limit).unwrap_or(i64::MAX))
        .fetch_all(&mut session.connection)
        .await?;
    let info = |row: &sqlx::postgres::PgRow| {
        let name: String = row.try_get(0)?;
        Ok(SnapshotInfo {
            stream: StreamName::recorded(&name).map_err(|error| {
                StoreError::integrity(format!(
                    "a snapshot has the invalid stream name \"{name}\": {error}; delete its row from table snapshots"
                ))
            })?,
            reducer: row.try_get(1)?,
            version: Version(row.try_get::<i64, _>(2)?.cast_unsigned()),
            reducer_version: stored_reducer_version(row.try_get(3)?),
            taken_at: Timestamp::from_micros_saturating(row.try_get(4)?),
            bytes: row.try_get::<i64, _>(5)?.unsigned_abs(),
        })
    };
    rows.iter().map(info).collect()
}
