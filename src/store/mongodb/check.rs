//! How large the store is, and whether the database finds it whole.

use mongodb::bson::Bson;
use mongodb::bson::Document;
use mongodb::bson::doc;

use crate::store::error::StoreError;
use crate::store::mongodb::connection::Connection;
use crate::store::mongodb::error::code;
use crate::store::mongodb::error::code_of;
use crate::store::mongodb::read::head;
use crate::store::mongodb::schema;

fn number(document: &Document, field: &str) -> u64 {
    match document.get(field) {
        Some(Bson::Double(value)) => *value as u64,
        Some(Bson::Int32(value)) => u64::try_from(*value).unwrap_or(0),
        Some(Bson::Int64(value)) => u64::try_from(*value).unwrap_or(0),
        _ => 0,
    }
}

/// Bytes on the server's disk, indexes included.
pub(crate) async fn size_bytes(connection: &Connection) -> Result<u64, StoreError> {
    let answer = connection.database.run_command(doc! { "dbStats": 1 }).await.map_err(connection.failed("cannot read"))?;
    Ok(number(&answer, "totalSize"))
}

/// Returns true where the server is a secondary of a replica set.
pub(crate) async fn may_lag(connection: &Connection) -> Result<bool, StoreError> {
    let answer = connection.database.run_command(doc! { "hello": 1 }).await.map_err(connection.failed("cannot read"))?;
    Ok(answer.get_bool("secondary").unwrap_or(false))
}

/// What is wrong: events that are missing, and what the database itself finds in the collection and its indexes.
pub(crate) async fn check(connection: &Connection) -> Result<Vec<String>, StoreError> {
    let failed = connection.failed("cannot check");
    let mut found = Vec::new();
    let events = head(connection).await?.position.0;
    // Up to the head as it was: more may come meanwhile.
    let upto = doc! { "$match": { "_id": { "$lte": events.cast_signed() } } };
    let sum = doc! { "$group": { "_id": null, "events": { "$sum": "$count" } } };
    let mut sums = connection.commits.aggregate([upto, sum]).await.map_err(&failed)?;
    let mut there = 0;
    if sums.advance().await.map_err(&failed)? {
        there = number(&sums.deserialize_current().map_err(&failed)?, "events");
    }
    if there != events {
        found.push(format!("there are {there} events and the last one has position {events}"));
    }
    match connection.database.run_command(doc! { "validate": schema::COMMITS, "background": true }).await {
        Ok(answer) => {
            let errors = answer.get_array("errors").map(Vec::as_slice).unwrap_or_default();
            found.extend(errors.iter().map(|error| error.as_str().map_or_else(|| error.to_string(), str::to_owned)));
            if matches!(answer.get_bool("valid"), Ok(false)) && errors.is_empty() {
                found.push(format!("the collection {} is not valid", schema::COMMITS));
            }
        }
        // A user that may only read and write cannot ask for it.
        Err(error) if code_of(&error) == Some(code::UNAUTHORIZED) => {}
        Err(error) => return Err(failed(error)),
    }
    Ok(found)
}
