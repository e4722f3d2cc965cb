//! Appending one event behind the one that this handle has appended last: the way of a program that is alone.
//!
//! What a single append costs is mostly the number of statements that the server runs for it. While nobody else writes,
//! the end of the store is known here, so one statement is enough. Where it is not as it was assumed to be, that one does
//! nothing, and the function decides; and as others seem to be writing, the function is asked at once from then on.

use sqlx::PgConnection;
use sqlx::Row;
use sqlx::postgres::PgRow;

use crate::event::ExpectedVersion;
use crate::event::Hash;
use crate::event::NewEvent;
use crate::event::Position;
use crate::event::Timestamp;
use crate::event::Version;
use crate::store::append::Appended;
use crate::store::append::AppendedEvent;
use crate::store::append::BackendAppend;
use crate::store::append::Outcome;
use crate::store::append::RecordTime;
use crate::store::postgres::error::SqlError;
use crate::store::postgres::ids::Id;

/// Where the store ended after an append of this handle.
#[derive(Debug, Clone, Copy)]
pub(crate) struct End {
    position: Position,
    recorded_at: Timestamp,
    hash: Hash,
    /// Nobody else had appended since the one before.
    alone: bool,
}

impl End {
    /// The end after an append; `before`: the one after the append before it.
    pub(crate) fn after(appended: &Appended, before: Option<Self>) -> Option<Self> {
        let (first, last) = (appended.events.first()?, appended.events.last()?);
        let alone = before.is_some_and(|before| before.position.next() == first.position);
        Some(Self { position: last.position, recorded_at: last.recorded_at, hash: last.hash, alone })
    }
}

/// Appends one event behind a known end; `None`, and nothing is done, where it is not for this way to decide.
pub(crate) async fn append_behind(
    connection: &mut PgConnection,
    end: Option<End>,
    group: &[&BackendAppend],
) -> Result<Option<Appended>, SqlError> {
    let (Some(end), [append]) = (end.filter(|end| end.alone), group) else { return Ok(None) };
    let (Some(version), Some(clock)) = (exact(append.request.expected), clock_of(&append.request.time)) else { return Ok(None) };
    let ([event], [content]) = (&append.request.events[..], &append.content[..]) else { return Ok(None) };
    let NewEvent { event_id, event_type, schema_version, data, metadata, .. } = event;
    let row = sqlx::query(include_str!("sql/append_behind.sql"))
        .bind(end.position.0.cast_signed())
        .bind(end.recorded_at.micros())
        .bind(&end.hash.0[..])
        .bind(clock.map(|clock| clock.micros()))
        .bind(append.request.stream.as_str())
        .bind(version.0.cast_signed())
        .bind(Id(*event_id))
        .bind(event_type.as_str())
        .bind(schema_version.cast_signed())
        .bind(data.as_str())
        .bind(metadata.as_str())
        .bind(&content.0[..])
        .fetch_optional(connection)
        .await?;
    let answer = |row: &PgRow| {
        let recorded_at = Timestamp::from_micros_saturating(row.try_get(0)?);
        let event =
            AppendedEvent { position: end.position.next(), version: version.next(), recorded_at, hash: Hash(row.try_get(1)?) };
        let clock_behind_micros = if clock.is_some() { 0 } else { row.try_get::<i64, _>(2)?.unsigned_abs() };
        Ok(Appended { outcome: Outcome::Applied, events: vec![event], clock_behind_micros })
    };
    row.as_ref().map(answer).transpose()
}

/// The version that the stream must be at, where it is just one and one that a stream can be at.
fn exact(expected: ExpectedVersion) -> Option<Version> {
    match expected {
        ExpectedVersion::NoStream => Some(Version::ZERO),
        ExpectedVersion::Exact(version) => i64::try_from(version.0).is_ok_and(|version| version < i64::MAX).then_some(version),
        ExpectedVersion::Any | ExpectedVersion::Exists => None,
    }
}

/// The clock to record by: the server's, or the caller's.
fn clock_of(time: &RecordTime) -> Option<Option<Timestamp>> {
    match time {
        RecordTime::StoreClock => Some(None),
        RecordTime::Clock(moment) => Some(Some(*moment)),
        RecordTime::Given(_) => None,
    }
}
