//! The catalog of records: documents `{_id: {kind, name}, value: JSON text}`. A store of schema version 1 has none.

use mongodb::bson::Document;
use mongodb::bson::doc;

use crate::store::error::StoreError;
use crate::store::mongodb::collections;
use crate::store::mongodb::connection::Connection;
use crate::store::mongodb::error::is_duplicate;
use crate::store::record::Record;

fn key(kind: &str, name: &str) -> Document {
    doc! { "kind": kind, "name": name }
}

/// Returns the records of a kind.
pub(crate) async fn records(connection: &Connection, kind: &str) -> Result<Vec<Record>, StoreError> {
    let failed = connection.failed("cannot read");
    // Keys are compared field by field: no text is before the empty one, and other BSON types follow all texts.
    let range = doc! { "$gte": key(kind, ""), "$lt": doc! { "kind": kind, "name": {} } };
    let records = connection.collection(collections::RECORDS);
    let mut cursor = records.find(doc! { "_id": range }).sort(doc! { "_id": 1 }).await.map_err(&failed)?;
    let mut found = Vec::new();
    while cursor.advance().await.map_err(&failed)? {
        let document = cursor.deserialize_current().map_err(&failed)?;
        found.push(record_of(&document).ok_or_else(|| StoreError::integrity("a record has an invalid value"))?);
    }
    Ok(found)
}

fn record_of(document: &Document) -> Option<Record> {
    let key = document.get_document("_id").ok()?;
    let text = |document: &Document, field| document.get_str(field).ok().map(str::to_owned);
    Some(Record { kind: text(key, "kind")?, name: text(key, "name")?, value: text(document, "value")? })
}

/// Stores a record.
pub(crate) async fn put(connection: &Connection, record: &Record) -> Result<(), StoreError> {
    let document = doc! { "_id": key(&record.kind, &record.name), "value": &record.value };
    let records = connection.collection(collections::RECORDS);
    loop {
        match records.replace_one(doc! { "_id": key(&record.kind, &record.name) }, &document).upsert(true).await {
            // Another process has inserted it at the same time: now it can be replaced.
            Err(error) if is_duplicate(&error) => {}
            outcome => return outcome.map(|_| ()).map_err(connection.failed("cannot write to")),
        }
    }
}

/// Deletes a record. Returns false where there was none.
pub(crate) async fn delete(connection: &Connection, kind: &str, name: &str) -> Result<bool, StoreError> {
    let deleted = connection.collection(collections::RECORDS).delete_one(doc! { "_id": key(kind, name) }).await;
    Ok(deleted.map_err(connection.failed("cannot write to"))?.deleted_count > 0)
}
