//! The change stream of a database of another program. It only says which streams have changed; their events are read as others.

use std::time::Instant;

use mongodb::bson::Document;
use mongodb::bson::doc;
use mongodb::change_stream::event::ResumeToken;
use mongodb::error::Error;
use mongodb::options::FullDocumentType;

use crate::store::error::StoreError;
use crate::store::foreign::Changes;
use crate::store::foreign::ChangesQuery;
use crate::store::foreign::ForeignValue;
use crate::store::mongodb::connection::Connection;
use crate::store::mongodb::error::code;
use crate::store::mongodb::error::code_of;
use crate::store::mongodb::foreign_fields::field;
use crate::store::mongodb::foreign_values::value_of_bson;

/// The maximum number of changes of one answer.
const CHANGES: usize = 10_000;

/// Reads the changes after a place, or waits for the first one.
pub(crate) async fn changes(connection: &Connection, query: &ChangesQuery) -> Result<Changes, StoreError> {
    let end = Instant::now() + query.wait;
    let after: Option<ResumeToken> = query.after.as_deref().and_then(|text| serde_json::from_str(text).ok());
    let names: Vec<&str> = query.tables.iter().map(|(name, _)| name.as_str()).collect();
    let mut shown = doc! { "ns": 1 };
    for column in query.tables.iter().flat_map(|(_, parts)| parts) {
        shown.insert(format!("fullDocument.{}", column.name), 1);
    }
    let operations = doc! { "ns.coll": { "$in": &names }, "operationType": { "$in": ["insert", "update", "replace"] } };
    let pipeline = [doc! { "$match": operations }, doc! { "$project": shown }];
    // The right to watch one collection is not one to watch the database.
    let first = connection.collection(names.first().copied().unwrap_or_default());
    let watch = match names.as_slice() {
        [_] => first.watch(),
        _ => connection.database.watch(),
    };
    let watch = watch.pipeline(pipeline).full_document(FullDocumentType::UpdateLookup).max_await_time(query.wait);
    let watch = if let Some(after) = after { watch.resume_after(after) } else { watch };
    let mut stream = match watch.await {
        Ok(stream) => stream.with_type::<Document>(),
        Err(error) => return of_error(connection, error),
    };
    let mut streams = Vec::new();
    loop {
        match stream.next_if_any().await {
            Ok(Some(change)) => streams.extend(changed(query, &change)),
            Ok(None) if !stream.is_alive() => return Ok(Changes::Lost),
            Ok(None) if !streams.is_empty() || Instant::now() >= end => break,
            Ok(None) => {}
            Err(error) => return of_error(connection, error),
        }
        if streams.len() >= CHANGES {
            break;
        }
    }
    match stream.resume_token().and_then(|token| serde_json::to_string(&token).ok()) {
        Some(after) => Ok(Changes::Reported { after, streams }),
        None => Ok(Changes::Lost),
    }
}

fn of_error(connection: &Connection, error: Error) -> Result<Changes, StoreError> {
    match code_of(&error) {
        Some(code::NO_CHANGE_STREAM | code::UNAUTHORIZED | code::ILLEGAL_OPERATION) => Ok(Changes::NotReported),
        Some(code::CHANGES_LOST | code::CHANGES_ENDED | code::INVALID_RESUME_TOKEN) => Ok(Changes::Lost),
        _ => Err(connection.failed("cannot read")(error)),
    }
}

/// Returns the stream of a change; `None` if its document is gone.
fn changed(query: &ChangesQuery, change: &Document) -> Option<(usize, Vec<ForeignValue>)> {
    let name = change.get_document("ns").ok()?.get_str("coll").ok()?;
    let table = query.tables.iter().position(|(known, _)| known == name)?;
    let document = change.get_document("fullDocument").ok()?;
    let value = |path: &str| field(document, path).map_or(ForeignValue::Null, value_of_bson);
    Some((table, query.tables[table].1.iter().map(|column| value(&column.name)).collect()))
}
