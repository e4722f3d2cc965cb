//! The end of the store. There is no document for its head: the last commit determines the next position.

use mongodb::bson::Bson;
use mongodb::bson::Document;
use mongodb::bson::RawDocument;
use mongodb::bson::doc;

use crate::event::Hash;
use crate::event::Position;
use crate::event::Timestamp;
use crate::store::end::StoreEnd;
use crate::store::error::StoreError;
use crate::store::head::Head;
use crate::store::mongodb::connection::Connection;
use crate::store::mongodb::documents;
use crate::store::mongodb::documents::summary;

/// Reads the last event, on which the next one follows.
///
/// # Errors
/// [`StoreError::Integrity`] when the summary of the last commit contradicts its last event.
pub(crate) async fn head(connection: &Connection) -> Result<Head, StoreError> {
    end(connection).await?.agreed()
}

/// Reads as [`head`] does, with the position of the first event of the last commit; 0 where there is none.
pub(crate) async fn head_and_commit(connection: &Connection) -> Result<(Head, i64), StoreError> {
    let (end, commit) = end_and_commit(connection).await?;
    Ok((end.agreed()?, commit))
}

/// Reads the hash of the event at a position.
pub(crate) async fn hash_at(connection: &Connection, position: Position) -> Result<Option<Hash>, StoreError> {
    let behind = connection.commits.find_one(doc! { "_id": { "$lte": position.0.cast_signed() } }).sort(doc! { "_id": -1 });
    let Some(commit) = behind.await.map_err(connection.failed("cannot read"))? else { return Ok(None) };
    let commit = summary(&commit)?;
    let index = position.0 - commit.first_position;
    let events = documents::events(&commit)?;
    let event = usize::try_from(index).ok().and_then(|at| events.get(at));
    event.map(|event| Ok(documents::event(&commit, index, event)?.hash)).transpose()
}

/// Reads the summary of the last commit, and its last event.
pub(crate) async fn end(connection: &Connection) -> Result<StoreEnd, StoreError> {
    end_and_commit(connection).await.map(|(end, _)| end)
}

async fn end_and_commit(connection: &Connection) -> Result<(StoreEnd, i64), StoreError> {
    // Only the last event of the possibly many.
    let events = doc! { "$cond": [{ "$isArray": "$events" }, "$events", []] };
    let last = |field: &str| doc! { "$let": { "vars": { "last": { "$last": &events } }, "in": format!("$$last.{field}") } };
    let wanted = doc! {
        "stream": 1, "first_version": 1, "count": 1, "recorded_at": 1, "hash": 1, "schema": 1,
        "events": [last("recorded_at"), last("hash"), { "$size": &events }],
    };
    let last = connection.commits.find_one(doc! {}).sort(doc! { "_id": -1 }).projection(wanted);
    let last = last.await.map_err(connection.failed("cannot read"))?;
    let commit = last.as_ref().and_then(|last| last.get_i64("_id").ok()).unwrap_or(0);
    let end = last.map_or_else(|| Ok(StoreEnd::default()), |last| end_of(&last))?;
    connection.note_end(end.head.position);
    connection.settle(end.head.position).await?;
    Ok((end, commit))
}

fn end_of(commit: &RawDocument) -> Result<StoreEnd, StoreError> {
    let head = summary(commit)?.head();
    let damaged = || StoreError::integrity("the last event has an invalid value");
    let events: Document = commit.try_into().map_err(|_| damaged())?;
    let [Bson::Int64(recorded_at), Bson::Binary(hash), Bson::Int32(count)] =
        events.get_array("events").map_err(|_| damaged())?.as_slice()
    else {
        return Err(damaged());
    };
    let recorded_at = Timestamp::from_micros(*recorded_at).map_err(|_| damaged())?;
    let hash = Hash(hash.bytes.as_slice().try_into().map_err(|_| damaged())?);
    let first = commit.get_i64("_id").map_err(|_| damaged())?.unsigned_abs();
    let position = Position(first + u64::from(count.unsigned_abs()) - 1);
    Ok(StoreEnd { head, last: Head { position, recorded_at, hash } })
}

/// Reads the position of the last event of the last commit with a valid position; 0 without events.
pub(crate) async fn last_place(connection: &Connection) -> Result<u64, StoreError> {
    let events = doc! { "$cond": [{ "$isArray": "$events" }, { "$size": "$events" }, 0] };
    let last = connection.commits.find_one(doc! { "_id": { "$type": "long" } }).sort(doc! { "_id": -1 });
    let last = last.projection(doc! { "_id": 1, "size": events }).await.map_err(connection.failed("cannot read"))?;
    let Some(last) = last else { return Ok(0) };
    let first = last.get_i64("_id").ok().and_then(|place| u64::try_from(place).ok()).unwrap_or(0);
    let events = last.get_i32("size").ok().and_then(|events| u64::try_from(events).ok()).unwrap_or(0);
    Ok(first.saturating_add(events.saturating_sub(1)))
}
