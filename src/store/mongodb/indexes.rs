//! The schema of the database beside its documents: the indexes of the commits and the view of the events. Its faults, and
//! their repair.

use mongodb::IndexModel;
use mongodb::bson::Bson;
use mongodb::bson::Document;
use mongodb::bson::doc;
use mongodb::error::Error;
use uuid::Uuid;

use crate::store::error::StoreError;
use crate::store::mongodb::collections::COMMITS;
use crate::store::mongodb::collections::EVENTS;
use crate::store::mongodb::collections::INDEX_EVENT_ID;
use crate::store::mongodb::collections::INDEX_NEW_STREAM;
use crate::store::mongodb::collections::META;
use crate::store::mongodb::collections::PROJECTIONS;
use crate::store::mongodb::collections::RECORDS;
use crate::store::mongodb::collections::SNAPSHOTS;
use crate::store::mongodb::collections::STAGED_ROWS;
use crate::store::mongodb::connection::Connection;
use crate::store::mongodb::error::code;
use crate::store::mongodb::error::code_of;
use crate::store::mongodb::error::is_duplicate;
use crate::store::mongodb::schema::events_view;
use crate::store::mongodb::schema::indexes;
use crate::store::mongodb::schema::make_view;
use crate::store::schema::SchemaFault;

/// The collections of a store, except those of read models.
const COLLECTIONS: [&str; 6] = [COMMITS, SNAPSHOTS, PROJECTIONS, STAGED_ROWS, RECORDS, META];

/// A difference from the expected schema.
// There are only a few at a time, so the size of the largest does not matter.
#[expect(clippy::large_enum_variant)]
enum IndexDifference {
    /// An index is missing or differs; the names of the indexes in its place.
    Index(IndexModel, Vec<String>),
    /// An index removes commits after a time.
    Expires(String),
    /// A collection keeps a limited number of documents.
    Capped(String),
    /// A collection treats different values as equal.
    Collation(String),
    /// The view of the events is missing (true) or differs (false).
    View(bool),
}

impl IndexDifference {
    fn fault(&self) -> SchemaFault {
        let (message, blocks) = match self {
            Self::Index(index, in_place) => {
                let (name, key) = (name_of(index), keys_of(&index.keys));
                let what = if in_place.is_empty() { "is missing" } else { "has other options" };
                (format!("unique index {name} on {COMMITS} ({key}) {what}"), true)
            }
            Self::Expires(name) => (format!("index {name} on {COMMITS} removes events after a time"), true),
            Self::Capped(collection) => (format!("collection {collection} is capped, so it removes its oldest documents"), true),
            Self::Collation(collection) => {
                (format!("collection {collection} has a collation, so different names can be equal"), true)
            }
            Self::View(true) => (format!("view {EVENTS} is missing"), false),
            Self::View(false) => (format!("view {EVENTS} has another definition"), false),
        };
        SchemaFault { message, blocks }
    }
}

fn name_of(index: &IndexModel) -> String {
    index.options.as_ref().and_then(|options| options.name.clone()).unwrap_or_default()
}

fn keys_of(keys: &Document) -> String {
    keys.keys().map(String::as_str).collect::<Vec<_>>().join(", ")
}

/// Returns true if two keys have the same fields in the same order and direction, whatever the number type.
fn same_key(one: &Document, other: &Document) -> bool {
    let directions = |key: &Document| {
        let direction = |value: &Bson| match value {
            Bson::Int32(value) => Some(f64::from(*value)),
            Bson::Int64(value) => Some(*value as f64),
            Bson::Double(value) => Some(*value),
            _ => None,
        };
        key.iter().map(|(name, value)| (name.clone(), direction(value))).collect::<Vec<_>>()
    };
    directions(one) == directions(other)
}

/// Returns true if an index does what the expected one does.
fn serves(found: &Document, expected: &IndexModel) -> bool {
    let options = expected.options.clone().unwrap_or_default();
    let filter = found.get_document("partialFilterExpression").ok();
    let same_filter = match (filter, &options.partial_filter_expression) {
        (None, None) => true,
        (Some(found), Some(expected)) => same_key(found, expected),
        _ => false,
    };
    let has = |option: &str| found.get_bool(option).unwrap_or(false);
    found.get_str("name").ok() == options.name.as_deref()
        && found.get_document("key").is_ok_and(|key| same_key(key, &expected.keys))
        && has("unique")
        && same_filter
        && !has("sparse")
        && !found.contains_key("collation")
}

async fn listed(connection: &Connection) -> Result<Vec<Document>, StoreError> {
    let command = doc! { "listIndexes": COMMITS, "cursor": { "batchSize": 1000 } };
    let answer = match connection.database.run_command(command).await {
        Err(error) if code_of(&error) == Some(code::NAMESPACE_NOT_FOUND) => return Ok(Vec::new()),
        answer => answer.map_err(connection.failed("cannot read"))?,
    };
    let batch = answer.get_document("cursor").and_then(|cursor| cursor.get_array("firstBatch"));
    let batch = batch.map(Vec::as_slice).unwrap_or_default();
    Ok(batch.iter().filter_map(Bson::as_document).cloned().collect())
}

async fn differences(connection: &Connection) -> Result<Vec<IndexDifference>, StoreError> {
    let found = listed(connection).await?;
    let name = |index: &Document| index.get_str("name").unwrap_or_default().to_owned();
    let mut differences = Vec::new();
    for expected in indexes() {
        if found.iter().any(|found| serves(found, &expected)) {
            continue;
        }
        let in_place = |found: &&Document| {
            name(found) == name_of(&expected) || found.get_document("key").is_ok_and(|key| same_key(key, &expected.keys))
        };
        let in_place = found.iter().filter(in_place).map(name).collect();
        differences.push(IndexDifference::Index(expected, in_place));
    }
    differences.extend(
        found.iter().filter(|index| index.contains_key("expireAfterSeconds")).map(|index| IndexDifference::Expires(name(index))),
    );
    let failed = connection.failed("cannot read");
    let names = [COLLECTIONS.as_slice(), &[EVENTS]].concat();
    let named = doc! { "name": { "$in": names } };
    let answer = connection.database.run_command(doc! { "listCollections": 1, "filter": named }).await.map_err(failed)?;
    let batch = answer.get_document("cursor").and_then(|cursor| cursor.get_array("firstBatch"));
    let batch: Vec<&Document> = batch.map(Vec::as_slice).unwrap_or_default().iter().filter_map(Bson::as_document).collect();
    let options = |name: &str| {
        let listed = batch.iter().find(|listed| listed.get_str("name").ok() == Some(name));
        listed.and_then(|listed| listed.get_document("options").ok())
    };
    for (collection, options) in COLLECTIONS.into_iter().filter_map(|name| Some((name, options(name)?))) {
        if options.get_bool("capped").unwrap_or(false) {
            differences.push(IndexDifference::Capped(collection.into()));
        }
        if options.contains_key("collation") {
            differences.push(IndexDifference::Collation(collection.into()));
        }
    }
    let pipeline: Vec<Bson> = events_view().into_iter().map(Bson::from).collect();
    match options(EVENTS) {
        Some(view) if view.get_str("viewOn").ok() == Some(COMMITS) && view.get_array("pipeline").ok() == Some(&pipeline) => {}
        view => differences.push(IndexDifference::View(view.is_none())),
    }
    Ok(differences)
}

/// Returns the faults of the schema.
pub(crate) async fn faults(connection: &Connection) -> Result<Vec<SchemaFault>, StoreError> {
    Ok(differences(connection).await?.iter().map(IndexDifference::fault).collect())
}

/// Repairs the faults. Returns the restored parts.
pub(crate) async fn repair(connection: &Connection) -> Result<Vec<String>, StoreError> {
    let failed = connection.failed("cannot repair the schema of");
    let differences = differences(connection).await?;
    // Checked before anything is changed.
    for difference in &differences {
        match difference {
            IndexDifference::Index(index, _) => must_be_unique(connection, index).await?,
            IndexDifference::Capped(_) | IndexDifference::Collation(_) => {
                return Err(StoreError::Schema(format!("cannot restore lost data: {}", difference.fault().message)));
            }
            IndexDifference::Expires(_) | IndexDifference::View(_) => {}
        }
    }
    let drop_index = |name: String| async move { connection.commits.drop_index(name).await };
    for difference in &differences {
        match difference {
            IndexDifference::Index(index, in_place) => {
                for name in in_place {
                    drop_index(name.clone()).await.map_err(&failed)?;
                }
                connection.commits.create_index(index.clone()).await.map_err(|error| not_unique(connection, index, error))?;
            }
            IndexDifference::Expires(name) => drop_index(name.clone()).await.map_err(&failed)?,
            IndexDifference::View(_) => make_view(connection, EVENTS, COMMITS, &events_view()).await.map_err(&failed)?,
            IndexDifference::Capped(_) | IndexDifference::Collation(_) => {}
        }
    }
    Ok(differences.iter().map(|difference| difference.fault().message).collect())
}

fn not_unique(connection: &Connection, index: &IndexModel, error: Error) -> StoreError {
    if is_duplicate(&error) {
        let name = name_of(index);
        return StoreError::Schema(format!("cannot restore unique index {name}: two commits have the same key"));
    }
    connection.failed("cannot repair the schema of")(error)
}

/// Checks that no two commits have the same key of an index.
async fn must_be_unique(connection: &Connection, index: &IndexModel) -> Result<(), StoreError> {
    let failed = connection.failed("cannot read");
    let name = name_of(index);
    let (mut pipeline, key) = match name.as_str() {
        INDEX_EVENT_ID => (vec![doc! { "$unwind": "$events" }], doc! { "event_id": "$events.id" }),
        INDEX_NEW_STREAM => (vec![doc! { "$match": { "first_version": 1 } }], doc! { "stream": "$stream" }),
        _ => (Vec::new(), doc! { "stream": "$stream", "version": "$first_version" }),
    };
    pipeline.push(doc! { "$group": { "_id": key, "count": { "$sum": 1 } } });
    pipeline.push(doc! { "$match": { "count": { "$gt": 1 } } });
    pipeline.push(doc! { "$limit": 1 });
    let mut twice = connection.commits.aggregate(pipeline).allow_disk_use(true).await.map_err(&failed)?;
    if !twice.advance().await.map_err(&failed)? {
        return Ok(());
    }
    let found: Document = twice.deserialize_current().map_err(&failed)?;
    let count = found.get_i32("count").unwrap_or(2);
    let text = |value: &Bson| match value {
        Bson::Binary(id) => id.bytes.as_slice().try_into().map(|id| Uuid::from_bytes(id).to_string()).unwrap_or_default(),
        Bson::String(text) => text.clone(),
        other => other.to_string(),
    };
    let key = found.get_document("_id").cloned().unwrap_or_default();
    let value = key.values().map(text).collect::<Vec<_>>().join(", ");
    Err(StoreError::Schema(format!("cannot restore unique index {name}: {count} commits have the value {value}")))
}
