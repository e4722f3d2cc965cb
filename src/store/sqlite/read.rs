//! Reads events into flat chunks. Every scan, replay and projection uses this loop.

use rusqlite::Connection;
use rusqlite::OptionalExtension;
use rusqlite::Row;
use rusqlite::params;
use rusqlite::types::ValueRef;
use uuid::Uuid;

use crate::event::EventChunk;
use crate::event::EventView;
use crate::event::Hash;
use crate::event::MAX_NAME_BYTES;
use crate::event::Position;
use crate::event::RecordedEvent;
use crate::event::StreamName;
use crate::event::Version;
use crate::store::clock::recorded;
use crate::store::error::StoreError;
use crate::store::quarantine::QUARANTINE_STREAM;
use crate::store::read::Page;
use crate::store::read::ReadQuery;
use crate::store::read::ReadSource;
use crate::store::read::StreamInfo;
use crate::store::read::StreamQuery;
use crate::store::sqlite::end::KnownHead;
use crate::store::sqlite::end::head_position;
use crate::store::sqlite::end::last_position;
use crate::store::sqlite::end::stream_end;
use crate::store::sqlite::error::SqlError;
use crate::store::sqlite::names::Names;
use crate::store::sqlite::statement::prepare;

/// The size of texts that ends a page. It keeps a page of large events small.
const PAGE_BYTES: usize = 1 << 20;
/// The number of examined events that ends a page, so that an answer comes soon.
const MAX_EXAMINED: u64 = 100_000;

/// Reads a page; see [`EventLog::read`](crate::store::EventLog::read).
pub(crate) fn read(
    connection: &Connection,
    names: &mut Names,
    query: &ReadQuery,
    limit: usize,
    mut events: EventChunk,
) -> Result<Page, SqlError> {
    let sql = match (&query.source, query.backwards) {
        (ReadSource::All, false) => include_str!("sql/read_all.sql"),
        (ReadSource::All, true) => include_str!("sql/read_all_backwards.sql"),
        (ReadSource::Stream(_), false) => include_str!("sql/read_stream.sql"),
        (ReadSource::Stream(_), true) => include_str!("sql/read_stream_backwards.sql"),
    };
    events.clear();
    let mut page = Page { events, end: true, quarantine: quarantine_version(connection)?, ..Page::default() };
    let mut statement = prepare(connection, sql)?;
    let (from, to) = (query.from.cast_signed(), query.to.cast_signed());
    let mut rows = match &query.source {
        ReadSource::All => {
            page.highest = if query.beyond_head { last_position(connection)?.0 } else { head_position(connection)?.0 };
            statement.query(params![from, to])?
        }
        ReadSource::Stream(stream) => match stream_id(connection, stream)? {
            Some(id) => {
                page.highest = stream_end(connection, id)?.0.0;
                statement.query(params![from, to, id])?
            }
            None => return Ok(page),
        },
    };
    let mut head = KnownHead(if query.source == ReadSource::All { Position(page.highest) } else { Position::ZERO });
    while let Some(row) = rows.next()? {
        match push_row(connection, names, &mut head, query, row, &mut page) {
            Ok(true) => {}
            Ok(false) => {
                page.end = false;
                break;
            }
            // The events before a damaged one are returned; the next page begins with it.
            Err(SqlError::Store(StoreError::Integrity { .. })) if page.looked_at > 0 => {
                page.end = false;
                break;
            }
            Err(error) => return Err(error),
        }
        if page.events.len() >= limit || page.events.text_bytes() > PAGE_BYTES || page.looked_at >= MAX_EXAMINED {
            page.end = false;
            break;
        }
    }
    Ok(page)
}

/// Adds the event of a row to a page. Returns false where places are missing before it, which ends the page.
fn push_row(
    connection: &Connection,
    names: &mut Names,
    head: &mut KnownHead,
    query: &ReadQuery,
    row: &Row<'_>,
    page: &mut Page,
) -> Result<bool, SqlError> {
    let position = whole(row, 0)?;
    let place = if query.source == ReadSource::All { position } else { whole(row, 3)? };
    if position == 0 {
        return Err(damaged(0));
    }
    if !page.is_followed_by(place, query.backwards) {
        return Ok(false);
    }
    if !query.beyond_head {
        head.reaches(connection, Position(position))?;
    }
    let (stream, event_type) = (integer(row, 2)?, integer(row, 4)?);
    let stream_name = names.streams.get(connection, stream)?;
    let type_name = names.types.get(connection, event_type)?;
    if (query.categories.is_empty() && query.types.is_empty()) || query.wants(stream_name, type_name) {
        page.events.push(&view(row, stream_name, type_name)?);
    }
    page.look_at(place);
    Ok(true)
}

fn quarantine_version(connection: &Connection) -> Result<Version, SqlError> {
    let mut statement = connection.prepare_cached(include_str!("sql/quarantine_version.sql"))?;
    let version: Option<i64> = statement.query_row([QUARANTINE_STREAM], |row| row.get(0))?;
    Ok(Version(version.unwrap_or(0).unsigned_abs()))
}

fn view<'r>(row: &'r Row<'_>, stream: &'r str, event_type: &'r str) -> Result<EventView<'r>, SqlError> {
    let position = Position(whole(row, 0)?);
    Ok(EventView {
        position,
        event_id: Uuid::from_bytes(bytes(row, 1)?),
        stream,
        version: Version(whole(row, 3)?),
        event_type,
        schema_version: u32::try_from(integer(row, 5)?).map_err(|_| damaged(5))?,
        recorded_at: recorded(integer(row, 6)?, || format!("the event at position {position}"))?,
        data: text(row, 7)?,
        metadata: text(row, 8)?,
        hash: Hash(bytes(row, 9)?),
        kept_content: match row.get_ref(10)? {
            ValueRef::Null => None,
            _ => Some(Hash(bytes(row, 10)?)),
        },
        quarantined: false,
        source: None,
    })
}

fn damaged(column: usize) -> SqlError {
    StoreError::integrity(format!("an event has an invalid value in column {column}")).into()
}

fn integer(row: &Row<'_>, column: usize) -> Result<i64, SqlError> {
    match row.get_ref(column)? {
        ValueRef::Integer(value) => Ok(value),
        _ => Err(damaged(column)),
    }
}

/// Reads a number that is never negative.
fn whole(row: &Row<'_>, column: usize) -> Result<u64, SqlError> {
    u64::try_from(integer(row, column)?).map_err(|_| damaged(column))
}

fn text<'r>(row: &'r Row<'_>, column: usize) -> Result<&'r str, SqlError> {
    row.get_ref(column)?.as_str().map_err(|_| damaged(column))
}

fn bytes<const N: usize>(row: &Row<'_>, column: usize) -> Result<[u8; N], SqlError> {
    match row.get_ref(column)? {
        ValueRef::Blob(value) => value.try_into().map_err(|_| damaged(column)),
        _ => Err(damaged(column)),
    }
}

/// Returns the number of a stream.
pub(crate) fn stream_id(connection: &Connection, stream: &StreamName) -> Result<Option<i64>, SqlError> {
    let mut statement = connection.prepare_cached(include_str!("sql/stream_id.sql"))?;
    Ok(statement.query_row([stream.as_str()], |row| row.get(0)).optional()?)
}

/// Returns the stored events with these ids.
pub(crate) fn events_by_id(connection: &Connection, names: &mut Names, ids: &[Uuid]) -> Result<Vec<RecordedEvent>, SqlError> {
    // One snapshot of the database, and one read lock, for all ids.
    let _view = connection.unchecked_transaction()?;
    let mut statement = prepare(connection, include_str!("sql/event_by_id.sql"))?;
    let mut events = Vec::new();
    let mut head = KnownHead::default();
    for id in ids {
        let mut rows = statement.query([id.as_bytes()])?;
        if let Some(row) = rows.next()? {
            head.reaches(connection, Position(whole(row, 0)?))?;
            let (stream, event_type) = (integer(row, 2)?, integer(row, 4)?);
            let (stream, event_type) = (names.streams.get(connection, stream)?, names.types.get(connection, event_type)?);
            events.push(view(row, stream, event_type)?.to_recorded());
        }
    }
    Ok(events)
}

/// Returns the version of a stream.
pub(crate) fn version_of(connection: &Connection, stream: &StreamName) -> Result<Version, SqlError> {
    let Some(id) = stream_id(connection, stream)? else { return Ok(Version::ZERO) };
    let (version, position) = stream_end(connection, id)?;
    KnownHead::default().reaches(connection, position)?;
    Ok(version)
}

/// Returns streams in the order of their names.
pub(crate) fn streams(connection: &Connection, query: &StreamQuery) -> Result<Vec<StreamInfo>, SqlError> {
    // A category consists of the names `category` and `category-…`, and `.` follows `-`. So both filters are ranges.
    let prefix = query.prefix.as_deref().unwrap_or("");
    let category = query.category.as_deref();
    let lowest = category.map_or(prefix.to_owned(), |category| category.max(prefix).to_owned());
    // No name is as long as this, so none that starts with the prefix is beyond it.
    let beyond_prefix = format!("{prefix}{}", "\u{10ffff}".repeat(MAX_NAME_BYTES / 4 + 1));
    let beyond = match category {
        Some(category) => format!("{category}.").min(beyond_prefix),
        None => beyond_prefix,
    };
    let mut after = query.after.clone().unwrap_or_default();
    let mut statement = connection.prepare_cached(include_str!("sql/streams.sql"))?;
    let (mut found, mut head) = (Vec::new(), KnownHead::default());
    loop {
        let mut looked_at = 0;
        let limit = query.limit - found.len();
        let mut rows = statement.query(params![lowest, beyond, after, limit.min(1000)])?;
        let mut last = None;
        while let Some(row) = rows.next()? {
            let stream: String = row.get(0)?;
            looked_at += 1;
            let info = StreamInfo {
                category: crate::event::category_of(&stream).to_owned(),
                version: Version(whole(row, 1)?),
                last_position: Position(whole(row, 2)?),
                last_recorded_at: recorded(integer(row, 3)?, || format!("the last event of stream {stream}"))?,
                stream,
                foreign: None,
            };
            head.reaches(connection, info.last_position)?;
            last = Some(info.stream.clone());
            // The range of a category also contains names such as `category!x`.
            if category.is_none_or(|category| category == info.category) && info.stream.starts_with(prefix) {
                found.push(info);
            }
        }
        match last {
            Some(last) if looked_at == limit.min(1000) && found.len() < query.limit => after = last,
            _ => return Ok(found),
        }
    }
}
