//! Append after the last known event, in one plain statement.
//!
//! While no other writer is active, this handle knows the end of the store and the versions of the streams that it has
//! appended to, so nothing needs to be read. Where the end is another one, the statement does nothing.

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

/// The number of streams that are remembered.
const REMEMBERED_STREAMS: usize = 10_000;

/// The number of consecutive appends after which a handle is regarded as the only writer.
const ONLY_WRITER_AFTER: u32 = 16;
/// The longest pause between appends. Rarer appends gain nothing from this path.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// The end of the store after an append of this handle.
pub(crate) struct KnownEnd {
    pub(crate) position: Position,
    recorded_at: Timestamp,
    hash: Hash,
    /// The number of appends of this handle without an append of another writer between them.
    in_a_row: u32,
    /// The versions of the streams that this handle has appended to in that time.
    streams: HashMap<StreamName, Version>,
    /// The time of the append.
    known: Instant,
}

impl KnownEnd {
    /// Returns the end after an append; `before` is the end after the previous one.
    pub(crate) fn after(append: &BackendAppend, appended: &Appended, before: Option<Self>) -> Option<Self> {
        let (first, last) = (appended.events.first()?, appended.events.last()?);
        let (stream, content) = (&append.request.stream, *append.content.first()?);
        // The position alone does not suffice: a restored store may have another event there, and shorter streams.
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

    /// Returns the target for the one event of an append; `None` where this path cannot decide.
    pub(crate) fn target_for(&self, append: &BackendAppend) -> Option<AppendTarget> {
        let version = match (append.request.expected, self.streams.get(&append.request.stream)) {
            // A stream that exists all the same has a first event.
            (ExpectedVersion::NoStream | ExpectedVersion::Exact(Version::ZERO), None) => Version::ZERO,
            (ExpectedVersion::Exact(version), Some(at)) if *at == version => version,
            _ => return None,
        };
        let clock = clock_of(&append.request.time)?;
        let one = append.request.events.len() == 1;
        let Self { position, recorded_at, hash, .. } = *self;
        let often = self.in_a_row >= ONLY_WRITER_AFTER && self.known.elapsed() < LONGEST_PAUSE;
        (often && one).then_some(AppendTarget { position, recorded_at, hash, version, clock })
    }
}

/// The expected end of the store and of the stream for one event.
pub(crate) struct AppendTarget {
    /// The position of the last event of the store.
    pub(crate) position: Position,
    recorded_at: Timestamp,
    hash: Hash,
    /// The version of the stream.
    version: Version,
    clock: Option<Timestamp>,
}

/// Appends one event at a target. Returns `None`, and does nothing, where the store has changed.
pub(crate) async fn append_at(
    connection: &mut PgConnection,
    target: &AppendTarget,
    append: &BackendAppend,
) -> Result<Option<Appended>, SqlError> {
    let AppendTarget { position, recorded_at, hash, version, clock } = target;
    let ([event], [content]) = (&append.request.events[..], &append.content[..]) else { return Ok(None) };
    let NewEvent { event_id, event_type, schema_version, data, metadata, .. } = event;
    let asked = sqlx::query(include_str!("sql/optimistic_append.sql"))
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
        Err(error) if error.is_duplicate() => None,
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

/// Returns the clock to record by: `Some(None)` for the clock of the server.
fn clock_of(time: &RecordTime) -> Option<Option<Timestamp>> {
    match time {
        RecordTime::StoreClock => Some(None),
        RecordTime::Clock(moment) => Some(Some(*moment)),
        RecordTime::Given(_) => None,
    }
}
