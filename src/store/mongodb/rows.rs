//! Rows: documents `{_id: key, commit: number of the commit, text: the row's JSON, row: the same for queries}`, and those
//! that are staged, many in a document. The text is what comes back: BSON would not give every number back as it was.
//!
//! BSON can be eight times as large as its JSON, and a document has room for 16 MiB: a large row is marked so (`large`), has
//! only its short fields for people's queries, and is compared by its text.

use std::collections::BTreeMap;
use std::collections::HashMap;

use mongodb::IndexModel;
use mongodb::bson::Bson;
use mongodb::bson::Document;
use mongodb::bson::Uuid as BsonUuid;
use mongodb::bson::doc;
use mongodb::error::Error;
use mongodb::options::IndexOptions;
use serde_json::Value;
use uuid::Uuid;

use crate::store::error::StoreError;
use crate::store::mongodb::connection::Connection;
use crate::store::mongodb::error::code;
use crate::store::mongodb::error::code_of;
use crate::store::mongodb::filters::bson_of;
use crate::store::mongodb::filters::condition;
use crate::store::mongodb::filters::matches;
use crate::store::mongodb::projection::State;
use crate::store::mongodb::schema;
use crate::store::read_model::RowQuery;

/// Bytes of rows in one staged document, or in one request: that has 48 MB, and the row twice.
const BATCH_BYTES: usize = 4 << 20;
/// Bytes of a row that is large.
const LARGE_BYTES: usize = 1 << 20;
/// Bytes of a text, and how many fields, that large rows have for queries.
const SHORT_BYTES: usize = 200;
const SHORT_FIELDS: usize = 1000;
/// The mark of a large row.
const LARGE: &str = "large";
/// Rows in one request.
const BATCH_ROWS: usize = 5000;
/// Keys looked up at once.
const KEYS: usize = 5000;

/// Why rows could not be read.
pub(crate) enum Gone {
    /// Their collection was dropped in the middle: look again.
    Dropped,
    /// Anything else.
    Failed(StoreError),
}

fn gone(connection: &Connection) -> impl Fn(Error) -> Gone + '_ {
    |error| match code_of(&error) {
        Some(code::QUERY_PLAN_KILLED | code::NAMESPACE_NOT_FOUND | code::CURSOR_NOT_FOUND) => Gone::Dropped,
        _ => Gone::Failed(connection.failed("cannot read")(error)),
    }
}

fn damaged() -> StoreError {
    StoreError::integrity("a read model has a value that was never written there")
}

fn id(id: Uuid) -> Bson {
    Bson::from(BsonUuid::from_bytes(id.into_bytes()))
}

/// Cuts rows into runs that fit into one document.
fn batches(rows: &[(String, String)]) -> impl Iterator<Item = &[(String, String)]> {
    let mut left = rows;
    std::iter::from_fn(move || {
        let mut bytes = 0;
        let fits = left.iter().take(BATCH_ROWS).enumerate().take_while(|(index, (key, row))| {
            bytes += key.len() + row.len() + 100;
            *index == 0 || bytes <= BATCH_BYTES
        });
        let count = fits.count();
        let (batch, rest) = left.split_at(count);
        left = rest;
        (count > 0).then_some(batch)
    })
}

/// Puts the rows of a commit aside.
pub(crate) async fn stage(connection: &Connection, state: &State, rows: &[(String, String)]) -> Result<(), StoreError> {
    let Some(pending) = state.pending else { return Ok(()) };
    for batch in batches(rows) {
        let rows: Vec<Bson> = batch.iter().map(|(key, text)| Bson::from(doc! { "key": key, "text": text })).collect();
        let staged = doc! { "collection": &state.collection, "commit": state.number, "pending": id(pending), "rows": rows };
        let staged = connection.collection(schema::STAGED_ROWS).insert_one(staged).await;
        staged.map_err(connection.failed("cannot write to"))?;
    }
    Ok(())
}

/// Forgets what was staged for a commit and for those before it: none of these can be wanted any more.
pub(crate) async fn unstage(connection: &Connection, state: &State) -> Result<(), StoreError> {
    let Some(pending) = state.pending else { return Ok(()) };
    // Others may have staged rows for the commit of this number too; only one of them can have been made.
    let mine = doc! { "collection": &state.collection, "pending": id(pending) };
    let older = doc! { "collection": &state.collection, "commit": { "$lt": state.number } };
    forget(connection, doc! { "$or": [mine, older] }).await
}

/// Forgets all that was staged for a collection.
pub(crate) async fn unstage_all(connection: &Connection, collection: &str) -> Result<(), StoreError> {
    forget(connection, doc! { "collection": collection }).await
}

async fn forget(connection: &Connection, which: Document) -> Result<(), StoreError> {
    let deleted = connection.collection(schema::STAGED_ROWS).delete_many(which).await;
    deleted.map(|_| ()).map_err(connection.failed("cannot write to"))
}

/// Returns true where rows are staged for a commit and all of them can be read.
pub(crate) async fn are_staged(connection: &Connection, state: &State, pending: Uuid) -> Result<bool, StoreError> {
    match staged(connection, state, pending).await {
        Ok(rows) => Ok(!rows.is_empty()),
        Err(StoreError::Integrity { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

/// The staged rows of a commit, by key.
async fn staged(connection: &Connection, state: &State, pending: Uuid) -> Result<BTreeMap<String, String>, StoreError> {
    let failed = connection.failed("cannot read");
    let which = doc! { "collection": &state.collection, "pending": id(pending) };
    let mut cursor = connection.collection(schema::STAGED_ROWS).find(which).await.map_err(&failed)?;
    let mut rows = BTreeMap::new();
    while cursor.advance().await.map_err(&failed)? {
        let list = cursor.current().get_array("rows").map_err(|_| damaged())?;
        for row in list {
            let row = row.ok().and_then(|row| row.as_document()).ok_or_else(damaged)?;
            let text = |field| row.get_str(field).map(str::to_owned).map_err(|_| damaged());
            rows.insert(text("key")?, text("text")?);
        }
    }
    Ok(rows)
}

/// Writes the staged rows of a commit into their collection, each from below only.
pub(crate) async fn apply(connection: &Connection, state: &State, pending: Uuid) -> Result<(), StoreError> {
    let rows: Vec<(String, String)> = staged(connection, state, pending).await?.into_iter().collect();
    if any_large(&rows) {
        let made = connection.collection(&state.collection).create_index(index_of_large()).await;
        made.map_err(connection.failed("cannot write to"))?;
    }
    let wait = i64::try_from(connection.timeout.as_millis()).unwrap_or(i64::MAX);
    for batch in batches(&rows) {
        let update = |(key, text): &(String, String)| {
            let large = text.len() > LARGE_BYTES;
            let row =
                serde_json::from_str(text).map_or(Bson::Null, |row: Value| bson_of(&if large { shortened(row) } else { row }));
            let mut document = doc! { "_id": key, "commit": state.number, "text": text, "row": row };
            if large {
                document.insert(LARGE, true);
            }
            Bson::from(doc! { "q": { "_id": key, "commit": { "$lt": state.number } }, "u": document, "upsert": true })
        };
        let updates: Vec<Bson> = batch.iter().map(update).collect();
        let command = doc! {
            "update": &state.collection,
            "ordered": false,
            "writeConcern": { "w": "majority", "j": true, "wtimeout": wait },
            "updates": updates,
        };
        let answer = connection.database.run_command(command).await.map_err(connection.failed("cannot write to"))?;
        judge(connection, &answer)?;
    }
    Ok(())
}

/// What people see of a large row: its short fields.
fn shortened(row: Value) -> Value {
    let is_short = |value: &Value| match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => true,
        Value::String(text) => text.len() <= SHORT_BYTES,
        Value::Array(_) | Value::Object(_) => false,
    };
    match row {
        Value::Object(mut fields) => {
            fields.retain(|name, value| name.len() <= SHORT_BYTES && is_short(value));
            // A row of nothing but fields is as large.
            if fields.len() <= SHORT_FIELDS { Value::Object(fields) } else { Value::Null }
        }
        _ => Value::Null,
    }
}

/// Whether there are large ones among them.
pub(crate) fn any_large(rows: &[(String, String)]) -> bool {
    rows.iter().any(|(_, text)| text.len() > LARGE_BYTES)
}

/// Large rows are found by this index where others are by their fields.
fn index_of_large() -> IndexModel {
    let options = IndexOptions::builder().partial_filter_expression(doc! { LARGE: true }).build();
    IndexModel::builder().keys(doc! { LARGE: 1, "_id": 1 }).options(options).build()
}

fn judge(connection: &Connection, answer: &Document) -> Result<(), StoreError> {
    let errors = answer.get_array("writeErrors").map(Vec::as_slice).unwrap_or_default();
    let concern = answer.get_document("writeConcernError").ok();
    // A row that is there from this commit or a later one is not found below it, and cannot be made again.
    let real = errors.iter().filter_map(Bson::as_document).find(|error| error.get_i32("code").ok() != Some(code::DUPLICATE_KEY));
    let Some(error) = real.or(concern) else { return Ok(()) };
    let (code, message) = (error.get_i32("code").unwrap_or_default(), error.get_str("errmsg").unwrap_or_default());
    let message = format!("cannot write to {}: the server refused ({code}: {message})", connection.place);
    Err(StoreError::Unavailable { message, source: None })
}

async fn overlay(connection: &Connection, state: &State) -> Result<BTreeMap<String, String>, Gone> {
    match state.pending {
        Some(pending) => staged(connection, state, pending).await.map_err(Gone::Failed),
        None => Ok(BTreeMap::new()),
    }
}

/// The rows of these keys.
pub(crate) async fn by_key(connection: &Connection, state: &State, keys: &[String]) -> Result<Vec<Option<String>>, Gone> {
    let mut found: HashMap<String, String> = HashMap::new();
    let collection = connection.collection(&state.collection);
    for keys in keys.chunks(KEYS) {
        let find = collection.find(doc! { "_id": { "$in": keys } });
        let mut cursor = find.projection(doc! { "text": 1 }).await.map_err(gone(connection))?;
        while cursor.advance().await.map_err(gone(connection))? {
            let row = cursor.current();
            let text = |field| row.get_str(field).map(str::to_owned).map_err(|_| Gone::Failed(damaged()));
            found.insert(text("_id")?, text("text")?);
        }
    }
    found.extend(overlay(connection, state).await?);
    Ok(keys.iter().map(|key| found.get(key).cloned()).collect())
}

/// Rows in the order of their keys.
pub(crate) async fn query(connection: &Connection, state: &State, query: &RowQuery) -> Result<Vec<(String, String)>, Gone> {
    if query.limit == 0 {
        return Ok(Vec::new());
    }
    let staged = overlay(connection, state).await?;
    let after = query.after.as_deref();
    let small: Vec<Document> = query.filters.iter().map(|(field, value)| condition(field, value)).collect();
    let mut conditions = Vec::new();
    match (small.is_empty(), state.large) {
        (true, _) => {}
        (false, true) => conditions.push(doc! { "$or": [{ "$and": small }, { LARGE: true }] }),
        (false, false) => conditions.extend(small),
    }
    conditions.extend(after.map(|after| doc! { "_id": { "$gt": after } }));
    let filter = if conditions.is_empty() {
        doc! {}
    } else {
        doc! { "$and": conditions }
    };
    let collection = connection.collection(&state.collection);
    let mut find = collection.find(filter).sort(doc! { "_id": 1 }).projection(doc! { "text": 1, LARGE: 1 });
    // Staged rows may take the place of as many that are found, and large ones need not fit.
    if let Ok(wanted) = i32::try_from(query.limit.saturating_add(staged.len())) {
        find = if query.filters.is_empty() || !state.large {
            find.limit(wanted.into())
        } else {
            find.batch_size(wanted.unsigned_abs())
        };
    }
    let fits = |row: &str| {
        let row = serde_json::from_str::<Value>(row);
        row.is_ok_and(|row| query.filters.iter().all(|(field, value)| matches(&row, field, value)))
    };
    let mut cursor = find.await.map_err(gone(connection))?;
    let mut found = BTreeMap::new();
    while found.len() < query.limit && cursor.advance().await.map_err(gone(connection))? {
        let row = cursor.current();
        let text = |field| row.get_str(field).map_err(|_| Gone::Failed(damaged()));
        let (key, text) = (text("_id")?, text("text")?);
        if !staged.contains_key(key) && (row.get_bool(LARGE).is_err() || fits(text)) {
            found.insert(key.to_owned(), text.to_owned());
        }
    }
    found.extend(staged.into_iter().filter(|(key, row)| after.is_none_or(|after| key.as_str() > after) && fits(row)));
    Ok(found.into_iter().take(query.limit).collect())
}

/// How many rows there are.
pub(crate) async fn count(connection: &Connection, state: &State) -> Result<u64, Gone> {
    let staged = overlay(connection, state).await?;
    let keys: Vec<&str> = staged.keys().map(String::as_str).collect();
    let others = if keys.is_empty() {
        doc! {}
    } else {
        doc! { "_id": { "$nin": &keys } }
    };
    let count = connection.collection(&state.collection).count_documents(others).await.map_err(gone(connection))?;
    Ok(count + keys.len() as u64)
}
