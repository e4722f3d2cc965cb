//! The collections of the database, their creation, and the marker that identifies a store.
//!
//! The marker `esctl_meta` is written first and set to `ready` last. So an unfinished store does not count as a store, the
//! next process finishes it where its creator was killed, and exactly one of several creators sets the marker.

use mongodb::IndexModel;
use mongodb::bson::Document;
use mongodb::bson::doc;
use mongodb::error::Error;
use mongodb::options::IndexOptions;

use crate::store::backend::Init;
use crate::store::backend::SCHEMA_VERSION;
use crate::store::error::StoreError;
use crate::store::mongodb::collections::COMMITS;
use crate::store::mongodb::collections::EVENTS;
use crate::store::mongodb::collections::INDEX_EVENT_ID;
use crate::store::mongodb::collections::INDEX_NEW_STREAM;
use crate::store::mongodb::collections::INDEX_STREAM;
use crate::store::mongodb::collections::META;
use crate::store::mongodb::collections::PROJECTIONS;
use crate::store::mongodb::collections::RECORDS;
use crate::store::mongodb::collections::SNAPSHOTS;
use crate::store::mongodb::collections::STAGED_ROWS;
use crate::store::mongodb::connection::Connection;
use crate::store::mongodb::error::code;
use crate::store::mongodb::error::code_of;

/// The state of the marker in a database.
pub(crate) enum Marker {
    /// A store of this program's schema version.
    Ready,
    /// A store of this older schema version. It can be read without a migration.
    Older(u32),
    /// A store that is being created, or whose creator was killed.
    Unfinished,
    /// No marker and no collection of a store.
    Missing,
}

/// Reads the marker, and checks that the database has no foreign collections.
pub(crate) async fn read_marker(connection: &Connection) -> Result<Marker, StoreError> {
    if let Some(found) = find_marker(connection).await? {
        return Ok(found);
    }
    let names = connection.database.list_collection_names().await.map_err(connection.failed("cannot read"))?;
    let foreign =
        names.iter().find(|name| [COMMITS, SNAPSHOTS, PROJECTIONS, STAGED_ROWS, RECORDS, EVENTS].contains(&name.as_str()));
    let Some(foreign) = foreign else { return Ok(Marker::Missing) };
    // An append into a removed store leaves an empty collection behind.
    if foreign == COMMITS && connection.commits.find_one(doc! {}).await.map_err(connection.failed("cannot read"))?.is_none() {
        return Ok(Marker::Missing);
    }
    // Another process may have begun to create a store since: the marker comes before the collections.
    if let Some(found) = find_marker(connection).await? {
        return Ok(found);
    }
    let place = connection.place.to_string();
    let message = format!("{place} is a database of another application: esctl did not create its collection {foreign}");
    Err(StoreError::OtherApplication { place, message })
}

async fn find_marker(connection: &Connection) -> Result<Option<Marker>, StoreError> {
    let marker = connection.collection(META).find_one(doc! { "_id": "store" }).await.map_err(connection.failed("cannot read"))?;
    let Some(marker) = marker else { return Ok(None) };
    let place = &connection.place;
    let version = marker.get_i64("schema_version").ok().and_then(|version| u32::try_from(version).ok()).unwrap_or(u32::MAX);
    if !matches!(marker.get_str("application"), Ok("esctl")) {
        let message = format!("{place} is a database of another application");
        return Err(StoreError::OtherApplication { place: place.to_string(), message });
    }
    if version > SCHEMA_VERSION {
        return Err(StoreError::Unsupported(format!(
            "{place} is a store of a newer esctl (schema {version}; this program supports up to {SCHEMA_VERSION})"
        )));
    }
    let ready = matches!(marker.get_bool("ready"), Ok(true));
    Ok(Some(match version {
        _ if !ready => Marker::Unfinished,
        SCHEMA_VERSION => Marker::Ready,
        older => Marker::Older(older),
    }))
}

/// Migrates a store of an older schema version, in one step.
///
/// Later versions have additional fields in the documents of projections, snapshots and commits (missing ones are empty)
/// and additional collections (created when they are needed). So only the marker must be changed.
pub(crate) async fn migrate(connection: &Connection, from: u32) -> Result<Init, StoreError> {
    let which = doc! { "_id": "store", "schema_version": i64::from(from) };
    let meta = connection.collection(META);
    let done = meta.update_one(which, doc! { "$set": { "schema_version": i64::from(SCHEMA_VERSION) } }).await;
    let done = done.map_err(connection.failed("cannot migrate the schema in"))?;
    Ok(if done.modified_count == 1 { Init::Migrated { from } } else { Init::Found })
}

/// Creates the store, or finishes its creation. Returns [`Init::Made`] for the process that finished it.
pub(crate) async fn create(connection: &Connection) -> Result<Init, StoreError> {
    let begun = doc! { "application": "esctl", "schema_version": i64::from(SCHEMA_VERSION), "ready": false };
    connection.upsert(META, doc! { "_id": "store" }, doc! { "$setOnInsert": begun }).await?;
    let failed = connection.failed("cannot create the schema in");
    connection.commits.create_indexes(indexes()).await.map_err(&failed)?;
    make_view(connection, EVENTS, COMMITS, &events_view()).await.map_err(&failed)?;
    let ready = connection.collection(META);
    let finished = doc! { "$set": { "ready": true, "schema_version": i64::from(SCHEMA_VERSION) } };
    let done = ready.update_one(doc! { "_id": "store", "ready": false }, finished);
    Ok(if done.await.map_err(&failed)?.modified_count == 1 { Init::Made } else { Init::Found })
}

/// Returns the indexes of the commits.
pub(crate) fn indexes() -> [IndexModel; 3] {
    let unique = |name: &str| IndexOptions::builder().name(name.to_owned()).unique(true);
    [
        // The newest first, so that the last commit of each of many streams is one step of the index.
        IndexModel::builder().keys(doc! { "stream": 1, "first_version": -1 }).options(unique(INDEX_STREAM).build()).build(),
        IndexModel::builder().keys(doc! { "events.id": 1 }).options(unique(INDEX_EVENT_ID).build()).build(),
        IndexModel::builder()
            .keys(doc! { "stream": 1 })
            .options(unique(INDEX_NEW_STREAM).partial_filter_expression(doc! { "first_version": 1 }).build())
            .build(),
    ]
}

/// Creates a view, or changes an existing one to show this collection.
pub(crate) async fn make_view(connection: &Connection, view: &str, over: &str, pipeline: &[Document]) -> Result<(), Error> {
    let create = doc! { "create": view, "viewOn": over, "pipeline": pipeline };
    match connection.database.run_command(create).await {
        Err(error) if code_of(&error) == Some(code::NAMESPACE_EXISTS) => {
            let change = doc! { "collMod": view, "viewOn": over, "pipeline": pipeline };
            connection.database.run_command(change).await.map(|_| ())
        }
        outcome => outcome.map(|_| ()),
    }
}

/// Returns the view with one document for each event. Data and metadata are the canonical text, which is hashed.
pub(crate) fn events_view() -> Vec<Document> {
    let micros_to_date = doc! { "$toDate": { "$trunc": { "$divide": ["$events.recorded_at", 1000] } } };
    vec![
        doc! { "$unwind": { "path": "$events", "includeArrayIndex": "index" } },
        doc! { "$project": {
            "_id": { "$add": ["$_id", "$index"] },
            "stream": 1,
            "version": { "$add": ["$first_version", "$index"] },
            "type": "$events.type",
            "event_id": "$events.id",
            "recorded_at": micros_to_date,
            "data": "$events.data",
            "metadata": "$events.metadata",
        } },
    ]
}

/// Removes the database, or its collections where this user may not drop databases.
pub(crate) async fn remove(connection: &Connection) -> Result<(), StoreError> {
    let failed = connection.failed("cannot remove");
    match connection.database.drop().await {
        Err(error) if code_of(&error) == Some(code::UNAUTHORIZED) => {
            for name in connection.database.list_collection_names().await.map_err(&failed)? {
                connection.collection(&name).drop().await.map_err(&failed)?;
            }
            Ok(())
        }
        outcome => outcome.map_err(failed),
    }
}
