//! Reads events into flat chunks. Every scan, replay and projection uses this loop.

use std::future::poll_fn;

use sqlx::AssertSqlSafe;
use sqlx::Row;
use sqlx::postgres::PgRow;
use sqlx::postgres::PgValueFormat;
use uuid::Uuid;

use crate::event::EventChunk;
use crate::event::EventView;
use crate::event::Hash;
use crate::event::Position;
use crate::event::RecordedEvent;
use crate::event::Timestamp;
use crate::event::Version;
use crate::store::end::behind_the_head;
use crate::store::error::StoreError;
use crate::store::postgres::end::check_reached;
use crate::store::postgres::end::damaged_head;
use crate::store::postgres::error::SqlError;
use crate::store::postgres::for_version::for_version;
use crate::store::postgres::ids::Ids;
use crate::store::postgres::session::Session;
use crate::store::read::Page;
use crate::store::read::ReadQuery;
use crate::store::read::ReadSource;

/// The size of texts that ends a page. It keeps a page of large events small.
const PAGE_BYTES: usize = 1 << 20;
/// The largest number of events that a page of a filtered query examines, so that an answer comes soon.
const MAX_EXAMINED: usize = 5000;
/// The smallest number of requested rows, also for large events.
const FEWEST_ROWS: usize = 8;
/// The largest rest of an answer that is read to its end. For more the connection is closed instead.
const DRAIN_BYTES: usize = 8 << 20;

fn statement(query: &ReadQuery) -> String {
    let backwards = query.backwards;
    let (page, next) = match (&query.source, backwards) {
        (ReadSource::All, false) => (include_str!("sql/read_all.sql"), 4),
        (ReadSource::All, true) => (include_str!("sql/read_all_backwards.sql"), 4),
        (ReadSource::Stream(_), false) => (include_str!("sql/read_stream.sql"), 5),
        (ReadSource::Stream(_), true) => (include_str!("sql/read_stream_backwards.sql"), 5),
    };
    // A damaged store is read up to its last event, whatever its recorded head.
    let head =
        if query.beyond_head { "coalesce((SELECT max(position) FROM events), 0)" } else { "(SELECT position FROM store_head)" };
    let page = page.replace("{head}", head);
    if unfiltered(query) {
        return page;
    }
    let (categories, types) = (format!("${next}::text[]"), format!("${}::text[]", next + 1));
    include_str!("sql/filtered.sql").replace("{page}", &page).replace("{categories}", &categories).replace("{types}", &types)
}

fn unfiltered(query: &ReadQuery) -> bool {
    query.categories.is_empty() && query.types.is_empty()
}

/// Reads a page; see [`EventLog::read`](crate::store::EventLog::read). `event_bytes` is the recent average size of an event.
pub(crate) async fn read(
    session: &mut Session,
    query: &ReadQuery,
    limit: usize,
    event_bytes: usize,
    mut events: EventChunk,
) -> Result<Page, SqlError> {
    events.clear();
    let mut page = Page { events, ..Page::default() };
    let wanted = if unfiltered(query) { limit } else { MAX_EXAMINED };
    let rows_asked = (2 * PAGE_BYTES / event_bytes.max(1)).clamp(FEWEST_ROWS, wanted.max(FEWEST_ROWS)).min(wanted);
    let mut sql = session
        .query(AssertSqlSafe(for_version(session.found, &statement(query))))
        .bind(query.from.cast_signed())
        .bind(query.to.cast_signed())
        .bind(i64::try_from(rows_asked).unwrap_or(i64::MAX));
    if let ReadSource::Stream(stream) = &query.source {
        sql = sql.bind(stream.as_str());
    }
    if !unfiltered(query) {
        sql = sql.bind(&query.categories).bind(&query.types);
    }
    let mut rows = sql.fetch(&mut session.connection);
    let mut cut = false;
    let mut head = None;
    while let Some(row) = poll_fn(|context| rows.as_mut().poll_next(context)).await {
        match push_row(&row?, query, &mut head, &mut page) {
            Ok(true) => {}
            Ok(false) => cut = true,
            // The events before a damaged one are returned; the next page begins with it.
            Err(SqlError::Store(StoreError::Integrity { .. })) if page.looked_at > 0 => cut = true,
            Err(error) => return Err(error),
        }
        if cut || page.events.len() >= limit || page.events.text_bytes() > PAGE_BYTES {
            cut = true;
            break;
        }
    }
    drop(rows);
    let looked_at = usize::try_from(page.looked_at).unwrap_or(usize::MAX);
    page.end = !cut && looked_at < rows_asked;
    session.unusable |= cut && (rows_asked - looked_at).saturating_mul(average(&page.events).max(event_bytes)) > DRAIN_BYTES;
    Ok(page)
}

/// Adds a row to a page. The first row has the end of the source, the others are events. Returns false where places are
/// missing before an event, which ends the page.
fn push_row(row: &PgRow, query: &ReadQuery, head: &mut Option<Position>, page: &mut Page) -> Result<bool, SqlError> {
    if bytes(row, 4)?.is_none() {
        if bytes(row, 1)?.is_none() {
            return Err(damaged_head());
        }
        page.highest = u64::from_be_bytes(fixed(row, 0)?);
        page.quarantine = Version(u64::from_be_bytes(fixed(row, 3)?));
        *head = Some(Position(u64::from_be_bytes(fixed(row, 1)?)));
        return Ok(true);
    }
    let (place, position) = (u64::from_be_bytes(fixed(row, 0)?), Position(u64::from_be_bytes(fixed(row, 1)?)));
    if position == Position::ZERO {
        return Err(damaged(1));
    }
    if !page.is_followed_by(place, query.backwards) {
        return Ok(false);
    }
    if let Some(head) = head.filter(|head| position > *head) {
        return Err(behind_the_head(position, head).into());
    }
    if let Some(view) = view(row)? {
        page.events.push(&view);
    }
    page.look_at(place);
    Ok(true)
}

/// Returns the average size of the texts of an event in bytes; 0 without events.
pub(crate) fn average(events: &EventChunk) -> usize {
    events.text_bytes().checked_div(events.len()).unwrap_or(0)
}

/// Returns the event of a row; `None` where only its place was sent.
fn view(row: &PgRow) -> Result<Option<EventView<'_>>, SqlError> {
    let Some(stream) = text(row, 6)? else { return Ok(None) };
    let there = |column| text(row, column)?.ok_or_else(|| damaged(column));
    let position = Position(u64::from_be_bytes(fixed(row, 1)?));
    Ok(Some(EventView {
        position,
        version: Version(u64::from_be_bytes(fixed(row, 2)?)),
        recorded_at: Timestamp::from_micros(i64::from_be_bytes(fixed(row, 3)?)).map_err(|_| damaged(3))?,
        event_id: Uuid::from_bytes(fixed(row, 4)?),
        schema_version: u32::from_be_bytes(fixed(row, 5)?),
        stream,
        event_type: there(7)?,
        hash: Hash(fixed(row, 8)?),
        data: there(9)?,
        metadata: there(10)?,
        kept_content: match bytes(row, 11)? {
            None => None,
            Some(_) => Some(Hash(fixed(row, 11)?)),
        },
        quarantined: false,
        source: None,
    }))
}

fn damaged(column: usize) -> SqlError {
    StoreError::integrity(format!("an event has an invalid value in column {column}")).into()
}

fn bytes(row: &PgRow, column: usize) -> Result<Option<&[u8]>, SqlError> {
    use sqlx::ValueRef;
    let value = row.try_get_raw(column)?;
    if value.is_null() {
        return Ok(None);
    }
    if value.format() != PgValueFormat::Binary {
        return Err(damaged(column));
    }
    value.as_bytes().map(Some).map_err(|_| damaged(column))
}

fn fixed<const N: usize>(row: &PgRow, column: usize) -> Result<[u8; N], SqlError> {
    let value = bytes(row, column)?.and_then(|bytes| bytes.try_into().ok());
    value.ok_or_else(|| damaged(column))
}

fn text(row: &PgRow, column: usize) -> Result<Option<&str>, SqlError> {
    let Some(bytes) = bytes(row, column)? else { return Ok(None) };
    std::str::from_utf8(bytes).map(Some).map_err(|_| damaged(column))
}

/// Reads a `uuid` of a row.
pub(crate) fn id(row: &PgRow, column: usize) -> Result<Option<Uuid>, SqlError> {
    let Some(bytes) = bytes(row, column)? else { return Ok(None) };
    Uuid::from_slice(bytes).map(Some).map_err(|_| damaged(column))
}

/// Returns the stored events with these ids.
pub(crate) async fn events_by_id(session: &mut Session, ids: Vec<Uuid>) -> Result<Vec<RecordedEvent>, SqlError> {
    let sql = AssertSqlSafe(for_version(session.found, include_str!("sql/events_by_id.sql")));
    let statement = session.query(sql);
    let rows = statement.bind(Ids(ids)).fetch_all(&mut session.connection).await?;
    let event = |row: &PgRow| {
        let event = view(row)?.ok_or_else(|| damaged(6))?;
        check_reached(row, event.position, 12)?;
        Ok(event.to_recorded())
    };
    rows.iter().map(event).collect()
}
