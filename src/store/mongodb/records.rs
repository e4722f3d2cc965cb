//! Records in MongoDB: documents `{_id: {kind, name}, value: JSON text}`. A store of schema version 1 has none.

use mongodb::bson::Document;
use mongodb::bson::doc;

use crate::store::answer::Answer;
use crate::store::backend::Records;
use crate::store::error::StoreError;
use crate::store::mongodb::backend::MongoDb;
use crate::store::mongodb::collections;
use crate::store::mongodb::error::is_duplicate;
use crate::store::record::Record;

fn key(kind: &str, name: &str) -> Document {
    doc! { "kind": kind, "name": name }
}

impl Records for MongoDb {
    fn records(&self, kind: String) -> Answer<Vec<Record>> {
        self.reading(move |connection| async move {
            let failed = connection.failed("cannot read");
            // Keys are compared field by field: no text is before the empty one, and other BSON types follow all texts.
            let range = doc! { "$gte": key(&kind, ""), "$lt": doc! { "kind": &kind, "name": {} } };
            let records = connection.collection(collections::RECORDS);
            let mut cursor = records.find(doc! { "_id": range }).sort(doc! { "_id": 1 }).await.map_err(&failed)?;
            let mut found = Vec::new();
            while cursor.advance().await.map_err(&failed)? {
                let document = cursor.deserialize_current().map_err(&failed)?;
                found.push(record_of(&document).ok_or_else(|| StoreError::integrity("a record has an invalid value"))?);
            }
            Ok(found)
        })
    }

    fn put_record(&self, record: Record) -> Answer<()> {
        self.writing(move |connection| async move {
            let key = key(&record.kind, &record.name);
            let document = doc! { "_id": key.clone(), "value": record.value };
            let records = connection.collection(collections::RECORDS);
            loop {
                match records.replace_one(doc! { "_id": key.clone() }, &document).upsert(true).await {
                    // Another process has inserted it at the same time: now it can be replaced.
                    Err(error) if is_duplicate(&error) => {}
                    outcome => return outcome.map(|_| ()).map_err(connection.failed("cannot write to")),
                }
            }
        })
    }

    fn delete_record(&self, kind: String, name: String) -> Answer<bool> {
        self.writing(move |connection| async move {
            let deleted = connection.collection(collections::RECORDS).delete_one(doc! { "_id": key(&kind, &name) }).await;
            Ok(deleted.map_err(connection.failed("cannot write to"))?.deleted_count > 0)
        })
    }
}

fn record_of(document: &Document) -> Option<Record> {
    let key = document.get_document("_id").ok()?;
    let text = |document: &Document, field| document.get_str(field).ok().map(str::to_owned);
    Some(Record { kind: text(key, "kind")?, name: text(key, "name")?, value: text(document, "value")? })
}
