//! The size of the store, and the checks of the database's integrity.

use mongodb::bson::Bson;
use mongodb::bson::Document;
use mongodb::bson::doc;

use crate::store::error::StoreError;
use crate::store::mongodb::collections;
use crate::store::mongodb::connection::Connection;
use crate::store::mongodb::end::head;
use crate::store::mongodb::error::code;
use crate::store::mongodb::error::code_of;

fn number(document: &Document, field: &str) -> u64 {
    match document.get(field) {
        Some(Bson::Double(value)) => *value as u64,
        Some(Bson::Int32(value)) => u64::try_from(*value).unwrap_or(0),
        Some(Bson::Int64(value)) => u64::try_from(*value).unwrap_or(0),
        _ => 0,
    }
}

/// Returns the size on the server's disk in bytes, with the indexes.
pub(crate) async fn size_bytes(connection: &Connection) -> Result<u64, StoreError> {
    let answer = connection.database.run_command(doc! { "dbStats": 1 }).await.map_err(connection.failed("cannot read"))?;
    Ok(number(&answer, "totalSize"))
}

/// Returns true where the server is a secondary of a replica set.
pub(crate) async fn may_lag(connection: &Connection) -> Result<bool, StoreError> {
    let answer = connection.database.run_command(doc! { "hello": 1 }).await.map_err(connection.failed("cannot read"))?;
    Ok(answer.get_bool("secondary").unwrap_or(false))
}

/// The largest number of reported commits.
const MAX_COMMITS: i64 = 20;

/// Finds commits with an invalid position, and commits whose summary contradicts their events.
async fn contradicting_commits(connection: &Connection) -> Result<Vec<String>, StoreError> {
    let failed = connection.failed("cannot check");
    let last = |field: &str| doc! { "$let": { "vars": { "last": { "$last": "$events" } }, "in": format!("$$last.{field}") } };
    let contradicts = doc! { "$expr": { "$cond": [{ "$isArray": "$events" }, { "$or": [
        { "$ne": ["$count", { "$size": "$events" }] },
        { "$ne": ["$recorded_at", last("recorded_at")] },
        { "$ne": ["$hash", last("hash")] },
    ] }, true] } };
    let which = doc! { "$or": [{ "_id": { "$not": { "$type": "long" } } }, { "_id": { "$lt": 1 } }, contradicts] };
    let mut commits = connection.commits.find(which).projection(doc! { "_id": 1 }).limit(MAX_COMMITS).await.map_err(&failed)?;
    let mut found = Vec::new();
    while commits.advance().await.map_err(&failed)? {
        let commit = commits.deserialize_current().map_err(&failed)?;
        let commit: Document = (&*commit).try_into().map_err(|_| StoreError::integrity("a commit cannot be read"))?;
        let place = commit.get("_id").unwrap_or(&Bson::Null).to_string();
        found.push(format!("the commit at position {place} has a summary that contradicts its events"));
    }
    Ok(found)
}

/// Compares the number of events in the commits with the position of the last one.
async fn missing_events(connection: &Connection, events: u64) -> Result<Option<String>, StoreError> {
    let failed = connection.failed("cannot check");
    // Up to the head as it was read: more events may come meanwhile.
    let upto = doc! { "$match": { "_id": { "$lte": events.cast_signed() } } };
    let sum = doc! { "$group": { "_id": null, "events": { "$sum": "$count" } } };
    let mut sums = connection.commits.aggregate([upto, sum]).await.map_err(&failed)?;
    let mut there = 0;
    if sums.advance().await.map_err(&failed)? {
        there = number(&sums.deserialize_current().map_err(&failed)?, "events");
    }
    Ok((there != events).then(|| format!("{there} events are stored, the last one is at position {events}")))
}

/// Returns the findings: missing events, and the result of the database's own validation of the collection and its indexes.
pub(crate) async fn check(connection: &Connection) -> Result<Vec<String>, StoreError> {
    let failed = connection.failed("cannot check");
    let mut found = Vec::new();
    match head(connection).await {
        Ok(head) => found.extend(missing_events(connection, head.position.0).await?),
        // An unreadable head is reported separately.
        Err(StoreError::Integrity { .. }) => {}
        Err(error) => return Err(error),
    }
    found.extend(contradicting_commits(connection).await?);
    match connection.database.run_command(doc! { "validate": collections::COMMITS, "background": true }).await {
        Ok(answer) => {
            let errors = answer.get_array("errors").map(Vec::as_slice).unwrap_or_default();
            found.extend(errors.iter().map(|error| error.as_str().map_or_else(|| error.to_string(), str::to_owned)));
            if matches!(answer.get_bool("valid"), Ok(false)) && errors.is_empty() {
                found.push(format!("the collection {} is not valid", collections::COMMITS));
            }
        }
        // A user with the role readWrite may not run this command.
        Err(error) if code_of(&error) == Some(code::UNAUTHORIZED) => {}
        Err(error) => return Err(failed(error)),
    }
    Ok(found)
}
