//! What the database holds, how it is made, and how it is known to be ours.
//!
//! The mark `esctl_meta` is written before anything else and set to `ready` after everything else: a store that is being
//! made is seen as none, one whose maker was killed is finished by the next, and of many makers exactly one sets it.

use mongodb::IndexModel;
use mongodb::bson::Document;
use mongodb::bson::doc;
use mongodb::error::Error;
use mongodb::options::IndexOptions;

use crate::store::backend::Init;
use crate::store::backend::SCHEMA_VERSION;
use crate::store::error::StoreError;
use crate::store::mongodb::connection::Connection;
use crate::store::mongodb::error::code;
use crate::store::mongodb::error::code_of;

/// One document an append.
pub(crate) const COMMITS: &str = "commits";
/// Snapshots.
pub(crate) const SNAPSHOTS: &str = "snapshots";
/// One document a projection.
pub(crate) const PROJECTIONS: &str = "projections";
/// Rows that are committed with a checkpoint, until they are all in their read model.
pub(crate) const STAGED_ROWS: &str = "staged_rows";
/// A view with one document an event, for people.
pub(crate) const EVENTS: &str = "events";
/// What says that the database is ours.
pub(crate) const META: &str = "esctl_meta";
/// What people have told the programs, a document each.
pub(crate) const RECORDS: &str = "esctl_records";

/// Two appends to a stream behind the same version cannot both be.
pub(crate) const INDEX_STREAM: &str = "stream_version";
/// No event id twice.
pub(crate) const INDEX_EVENT_ID: &str = "event_id";
/// The first commit of each stream: the list of streams.
pub(crate) const INDEX_NEW_STREAM: &str = "new_stream";

/// What was found in a database.
pub(crate) enum Found {
    /// A store.
    Ours,
    /// A store of this older version of the schema: it can be read as it is.
    Older(u32),
    /// A store that is being made, or whose maker was killed.
    Begun,
    /// Nothing of a store.
    Nothing,
}

/// Looks what there is.
pub(crate) async fn find(connection: &Connection) -> Result<Found, StoreError> {
    if let Some(found) = mark(connection).await? {
        return Ok(found);
    }
    let names = connection.database.list_collection_names().await.map_err(connection.failed("cannot read"))?;
    let foreign =
        names.iter().find(|name| [COMMITS, SNAPSHOTS, PROJECTIONS, STAGED_ROWS, RECORDS, EVENTS].contains(&name.as_str()));
    let Some(foreign) = foreign else { return Ok(Found::Nothing) };
    // An append into a store that was removed leaves an empty collection behind.
    if foreign == COMMITS && connection.commits.find_one(doc! {}).await.map_err(connection.failed("cannot read"))?.is_none() {
        return Ok(Found::Nothing);
    }
    // Somebody may have begun to make a store since: the mark comes before the collections.
    if let Some(found) = mark(connection).await? {
        return Ok(found);
    }
    let place = &connection.place;
    Err(StoreError::Unsupported(format!(
        "{place} is a database of another application: its collection {foreign} is not of esctl"
    )))
}

async fn mark(connection: &Connection) -> Result<Option<Found>, StoreError> {
    let mark = connection.collection(META).find_one(doc! { "_id": "store" }).await.map_err(connection.failed("cannot read"))?;
    let Some(mark) = mark else { return Ok(None) };
    let place = &connection.place;
    let version = mark.get_i64("schema_version").ok().and_then(|version| u32::try_from(version).ok()).unwrap_or(u32::MAX);
    if !matches!(mark.get_str("application"), Ok("esctl")) {
        return Err(StoreError::Unsupported(format!("{place} is a database of another application")));
    }
    if version > SCHEMA_VERSION {
        return Err(StoreError::Unsupported(format!(
            "{place} is a store of a newer esctl (schema {version}; this one knows {SCHEMA_VERSION})"
        )));
    }
    let ready = matches!(mark.get_bool("ready"), Ok(true));
    Ok(Some(match version {
        _ if !ready => Found::Begun,
        SCHEMA_VERSION => Found::Ours,
        older => Found::Older(older),
    }))
}

/// Brings a store of an older version up to date, in one step. The later versions have more in the documents of
/// projections, snapshots and commits (what is not there is empty) and more collections (which are made when they are
/// needed), so the mark is all there is to change.
pub(crate) async fn migrate(connection: &Connection, from: u32) -> Result<Init, StoreError> {
    let which = doc! { "_id": "store", "schema_version": i64::from(from) };
    let meta = connection.collection(META);
    let done = meta.update_one(which, doc! { "$set": { "schema_version": i64::from(SCHEMA_VERSION) } }).await;
    let done = done.map_err(connection.failed("cannot bring up to date the schema in"))?;
    Ok(if done.modified_count == 1 { Init::Migrated { from } } else { Init::Found })
}

/// Makes the store, or finishes what another one began: [`Init::Made`] for the one that finished it.
pub(crate) async fn make(connection: &Connection) -> Result<Init, StoreError> {
    let begun = doc! { "application": "esctl", "schema_version": i64::from(SCHEMA_VERSION), "ready": false };
    connection.upsert(META, doc! { "_id": "store" }, doc! { "$setOnInsert": begun }).await?;
    let failed = connection.failed("cannot make the schema in");
    connection.commits.create_indexes(indexes()).await.map_err(&failed)?;
    make_view(connection, EVENTS, COMMITS, &events_view()).await.map_err(&failed)?;
    let ready = connection.collection(META);
    let finished = doc! { "$set": { "ready": true, "schema_version": i64::from(SCHEMA_VERSION) } };
    let done = ready.update_one(doc! { "_id": "store", "ready": false }, finished);
    Ok(if done.await.map_err(&failed)?.modified_count == 1 { Init::Made } else { Init::Found })
}

/// The indexes of the commits.
pub(crate) fn indexes() -> [IndexModel; 3] {
    let unique = |name: &str| IndexOptions::builder().name(name.to_owned()).unique(true);
    [
        // The newest first, so that the last commit of each of many streams is one step of the index away.
        IndexModel::builder().keys(doc! { "stream": 1, "first_version": -1 }).options(unique(INDEX_STREAM).build()).build(),
        IndexModel::builder().keys(doc! { "events.id": 1 }).options(unique(INDEX_EVENT_ID).build()).build(),
        IndexModel::builder()
            .keys(doc! { "stream": 1 })
            .options(unique(INDEX_NEW_STREAM).partial_filter_expression(doc! { "first_version": 1 }).build())
            .build(),
    ]
}

/// Makes a view; one that is there goes over the collection named now.
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

/// One document an event. Data and metadata are the canonical text, as it is hashed.
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

/// Removes the database, or what is in it where this user may not remove databases.
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
