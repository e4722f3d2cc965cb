//! Built as an example of version 2, for `make` beside this file; kept as a record.
//!
//! `half STORE` leaves what a rebuild leaves that is killed before its read model is swapped in;
//! `dump URL FILE` writes the collections of a MongoDB database, a BSON document each.

use std::time::Duration;

use esctl::store::ReadModel;
use esctl::store::RowQuery;
use esctl::store::RowsCommit;
use mongodb::bson::Bson;
use mongodb::bson::Document;
use mongodb::bson::doc;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    match arguments[1].as_str() {
        "half" => half(&arguments[2]).await,
        _ => dump(&arguments[2], &arguments[3]).await,
    }
}

async fn half(url: &str) {
    let store = esctl::store::open(&url.parse().unwrap(), Duration::from_secs(30)).unwrap();
    let live = store.projections().await.unwrap().remove(0);
    let rows = store.query_rows(RowQuery { name: "resources".into(), limit: 1000, ..RowQuery::default() }).await.unwrap();
    let commit = RowsCommit {
        model: ReadModel::building("resources"),
        logic_version: live.logic_version,
        from: esctl::event::Position(0),
        commits: None,
        failed_events: esctl::store::FailedEventChanges::default(),
        to: live.checkpoint,
        rows,
        now: live.updated_at,
    };
    assert!(store.commit_rows(commit).await.unwrap());
}

async fn dump(url: &str, file: &str) {
    let client = mongodb::Client::with_uri_str(url).await.unwrap();
    let database = client.default_database().unwrap();
    let mut collections = Vec::new();
    let mut names = database.list_collection_names().await.unwrap();
    names.sort();
    for name in names.into_iter().filter(|name| !name.starts_with("system.")) {
        let mut listed = database.list_collections().filter(doc! { "name": &name }).await.unwrap();
        listed.advance().await.unwrap();
        let kind = listed.deserialize_current().unwrap();
        if let Some(pipeline) = kind.options.pipeline {
            let over = kind.options.view_on.unwrap();
            collections.push(doc! { "view": name, "over": over, "pipeline": pipeline });
            continue;
        }
        let collection = database.collection::<Document>(&name);
        let answer = database.run_command(doc! { "listIndexes": &name }).await.unwrap();
        let indexes = answer.get_document("cursor").unwrap().get_array("firstBatch").unwrap().clone();
        let mut documents = Vec::new();
        let mut cursor = collection.find(doc! {}).sort(doc! { "_id": 1 }).await.unwrap();
        while cursor.advance().await.unwrap() {
            documents.push(Bson::from(cursor.deserialize_current().unwrap()));
        }
        collections.push(doc! { "collection": name, "indexes": indexes, "documents": documents });
    }
    let bytes: Vec<Vec<u8>> = collections.iter().map(|part| part.to_vec().unwrap()).collect();
    std::fs::write(file, bytes.concat()).unwrap();
}
