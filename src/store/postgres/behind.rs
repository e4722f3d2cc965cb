//! Appending one event behind the one that this handle has appended last, in one plain statement.
//!
//! While nobody else writes, the end of the store is known here, and the versions of the streams that this handle has
//! appended to: there is nothing to look up. Where the end is not as it was assumed to be, the statement does nothing.

use std::collections::HashMap;
use std::time::Duration;
use std::time::Instant;

use sqlx::PgConnection;
use sqlx::Row;
use sqlx::postgres::PgRow;

use crate::event::ExpectedVersion;
use crate::event::Hash;
use crate::event::NewEvent;
use crate::event::Position;
use crate::event::StreamName;
use crate::event::Timestamp;
use crate::event::Version;
use crate::event::chain_hash;
use crate::store::append::Appended;
use crate::store::append::AppendedEvent;
use crate::store::append::BackendAppend;
use crate::store::append::Outcome;
use crate::store::append::RecordTime;
use crate::store::clock::recorded;
use crate::store::postgres::error::SqlError;
use crate::store::postgres::ids::Id;

/// How many streams are remembered.
const REMEMBERED_STREAMS: usize = 10_000;

/// After so many appends in a row a handle is taken to be alone.
const ALONE: u32 = 16;
/// One that appends less often than this gains nothing.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Where the store ended after an append of this handle.
pub(crate) struct End {
    pub(crate) position: Position,
    recorded_at: Timestamp,
    hash: Hash,
    /// After how many appends of this handle nobody else had appended.
    in_a_row: u32,
    /// Where the streams were that this handle has appended to in that time.
    streams: HashMap<StreamName, Version>,
    /// When it was so.
    known: Instant,
}

impl End {
    /// The end after an append; `before`: the one after the append before it.
    pub(crate) fn after(append: &BackendAppend, appended: &Appended, before: Option<Self>) -> Option<Self> {
        let (first, last) = (appended.events.first()?, appended.events.last()?);
        let (stream, content) = (&append.request.stream, *append.content.first()?);
        // Not by the position alone: a store that was put back may have another event there, and streams that end sooner.
        let follows = |before: &Self| {
            before.position.next() == first.position
                && chain_hash(before.hash, first.position, first.version, first.recorded_at, content) == first.hash
        };
        let before = before.filter(follows);
        let (in_a_row, mut streams) =
            before.map(|before| (before.in_a_row.saturating_add(1), before.streams)).unwrap_or_default();
        if let Some(version) = streams.get_mut(stream) {
            *version = last.version;
        } else {
            if streams.len() >= REMEMBERED_STREAMS {
                streams.clear();
            }
            streams.insert(stream.clone(), last.version);
        }
        Some(Self {
            position: last.position,
            recorded_at: last.recorded_at,
            hash: last.hash,
            in_a_row,
            streams,
            known: Instant::now(),
        })
    }

    /// The place behind this end for the one event of an append; `None` where it is not for this way to decide.
    pub(crate) fn place_for(&self, append: &BackendAppend) -> Option<Place> {
        let version = match (append.request.expected, self.streams.get(&append.request.stream)) {
            // One that is there all the same has a first event.
            (ExpectedVersion::NoStream | ExpectedVersion::Exact(Version::ZERO), None) => Version::ZERO,
            (ExpectedVersion::Exact(version), Some(at)) if *at == version => version,
            _ => return None,
        };
        let clock = clock_of(&append.request.time)?;
        let one = append.request.events.len() == 1;
        let Self { position, recorded_at, hash, .. } = *self;
        let often = self.in_a_row >= ALONE && self.known.elapsed() < LONGEST_PAUSE;
        (often && one).then_some(Place { position, recorded_at, hash, version, clock })
    }
}

/// Where one event is to be appended.
pub(crate) struct Place {
    /// The last event of the store.
    pub(crate) position: Position,
    recorded_at: Timestamp,
    hash: Hash,
    /// Where the stream is.
    version: Version,
    clock: Option<Timestamp>,
}

/// Appends one event at a place; `None`, and nothing is done, where the store is not as it was.
pub(crate) async fn append_at(
    connection: &mut PgConnection,
    place: &Place,
    append: &BackendAppend,
) -> Result<Option<Appended>, SqlError> {
    let Place { position, recorded_at, hash, version, clock } = place;
    let ([event], [content]) = (&append.request.events[..], &append.content[..]) else { return Ok(None) };
    let NewEvent { event_id, event_type, schema_version, data, metadata, .. } = event;
    let asked = sqlx::query(include_str!("sql/append_behind.sql"))
        .bind(position.0.cast_signed())
        .bind(recorded_at.micros())
        .bind(&hash.0[..])
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
        .await
        .map_err(SqlError::from);
    let row = match asked {
        Err(error) if error.is_there_already() => None,
        asked => asked?,
    };
    let answer = |row: &PgRow| {
        let recorded_at = recorded(row.try_get(0)?, || format!("the event at position {}", position.next()))?;
        let event =
            AppendedEvent { position: position.next(), version: version.next(), recorded_at, hash: Hash(row.try_get(1)?) };
        let clock_behind_micros = if clock.is_some() { 0 } else { row.try_get::<i64, _>(2)?.unsigned_abs() };
        Ok(Appended { outcome: Outcome::Applied, events: vec![event], clock_behind_micros })
    };
    row.as_ref().map(answer).transpose()
}

/// The clock to record by: the server's, or the caller's.
fn clock_of(time: &RecordTime) -> Option<Option<Timestamp>> {
    match time {
        RecordTime::StoreClock => Some(None),
        RecordTime::Clock(moment) => Some(Some(*moment)),
        RecordTime::Given(_) => None,
    }
}
