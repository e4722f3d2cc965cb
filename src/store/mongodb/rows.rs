//! Rows: documents `{_id: key, commit: number of the commit, text: the row's JSON, row: the same for queries}`, and staged
//! rows, many in a document. Reads return the text, because BSON would change some numbers.
//!
//! BSON can be eight times as large as its JSON, and a document has room for 16 MiB. So a large row is marked (`large`),
//! has only its short fields for queries of operators, and is compared by its text.

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
use crate::store::mongodb::collections;
use crate::store::mongodb::connection::Connection;
use crate::store::mongodb::error::code;
use crate::store::mongodb::error::code_of;
use crate::store::mongodb::filters::bson_of;
use crate::store::mongodb::filters::condition;
use crate::store::mongodb::filters::matches;
use crate::store::mongodb::read_model_state::ReadModelState;
use crate::store::read_model::RowQuery;

/// The largest size of rows in one staged document or one request. A request has room for 48 MB, and contains each row
/// twice.
const BATCH_BYTES: usize = 4 << 20;
/// The size above which a row is large.
const LARGE_BYTES: usize = 1 << 20;
/// The longest text that a large row keeps for queries, in bytes.
const SHORT_BYTES: usize = 200;
/// The largest number of fields that a large row keeps for queries.
const SHORT_FIELDS: usize = 1000;
/// The mark of a large row.
const LARGE: &str = "large";
/// The largest number of rows in one request.
const BATCH_ROWS: usize = 5000;
/// The number of keys in one request.
const KEYS: usize = 5000;

/// The failure to read rows.
pub(crate) enum ReadRowsError {
    /// The collection was dropped during the read, which must be repeated.
    Dropped,
    /// Any other error.
    Failed(StoreError),
}

fn rows_error(connection: &Connection) -> impl Fn(Error) -> ReadRowsError + '_ {
    |error| match code_of(&error) {
        Some(code::QUERY_PLAN_KILLED | code::NAMESPACE_NOT_FOUND | code::CURSOR_NOT_FOUND) => ReadRowsError::Dropped,
        _ => ReadRowsError::Failed(connection.failed("cannot read")(error)),
    }
}

fn damaged() -> StoreError {
    StoreError::integrity("a read model has an invalid value")
}

fn id(id: Uuid) -> Bson {
    Bson::from(BsonUuid::from_bytes(id.into_bytes()))
}

/// Splits rows into batches that fit into one document.
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

/// Stages the rows of a commit.
pub(crate) async fn stage(connection: &Connection, state: &ReadModelState, rows: &[(String, String)]) -> Result<(), StoreError> {
    let Some(pending) = state.pending else { return Ok(()) };
    for batch in batches(rows) {
        let rows: Vec<Bson> = batch.iter().map(|(key, text)| Bson::from(doc! { "key": key, "text": text })).collect();
        let staged = doc! { "collection": &state.collection, "commit": state.number, "pending": id(pending), "rows": rows };
        let staged = connection.collection(collections::STAGED_ROWS).insert_one(staged).await;
        staged.map_err(connection.failed("cannot write to"))?;
    }
    Ok(())
}

/// Removes the staged rows of a commit and of those before it, which are no longer needed.
pub(crate) async fn unstage(connection: &Connection, state: &ReadModelState) -> Result<(), StoreError> {
    let Some(pending) = state.pending else { return Ok(()) };
    // Others may have staged rows for a commit with the same number; only one of these commits can have been made.
    let mine = doc! { "collection": &state.collection, "pending": id(pending) };
    let older = doc! { "collection": &state.collection, "commit": { "$lt": state.number } };
    delete_staged(connection, doc! { "$or": [mine, older] }).await
}

/// Removes all staged rows of a collection.
pub(crate) async fn unstage_all(connection: &Connection, collection: &str) -> Result<(), StoreError> {
    delete_staged(connection, doc! { "collection": collection }).await
}

async fn delete_staged(connection: &Connection, which: Document) -> Result<(), StoreError> {
    let deleted = connection.collection(collections::STAGED_ROWS).delete_many(which).await;
    deleted.map(|_| ()).map_err(connection.failed("cannot write to"))
}

/// Returns true where the staged rows of a commit exist and are readable.
pub(crate) async fn are_staged(connection: &Connection, state: &ReadModelState, pending: Uuid) -> Result<bool, StoreError> {
    match staged(connection, state, pending).await {
        Ok(rows) => Ok(!rows.is_empty()),
        Err(StoreError::Integrity { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Returns the staged rows of a commit, by key.
async fn staged(connection: &Connection, state: &ReadModelState, pending: Uuid) -> Result<BTreeMap<String, String>, StoreError> {
    let failed = connection.failed("cannot read");
    let which = doc! { "collection": &state.collection, "pending": id(pending) };
    let mut cursor = connection.collection(collections::STAGED_ROWS).find(which).await.map_err(&failed)?;
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

/// Returns the document of a row.
fn document_of(key: &str, text: &str, commit: i64) -> Document {
    let large = is_large(text.len());
    let row = serde_json::from_str(text).map_or(Bson::Null, |row: Value| bson_of(&if large { shortened(row) } else { row }));
    let mut document = doc! { "_id": key, "commit": commit, "text": text, "row": row };
    if large {
        document.insert(LARGE, true);
    }
    document
}

async fn index_large(connection: &Connection, collection: &str) -> Result<(), StoreError> {
    let made = connection.collection(collection).create_index(index_of_large()).await;
    made.map(|_| ()).map_err(connection.failed("cannot write to"))
}

/// Returns the write concern of rows: they are durable before the checkpoint moves.
fn durable(connection: &Connection) -> Document {
    let wait = i64::try_from(connection.timeout.as_millis()).unwrap_or(i64::MAX);
    doc! { "w": "majority", "j": true, "wtimeout": wait }
}

/// Inserts rows into the collection of a load. A row that is there already stays.
pub(crate) async fn load(connection: &Connection, collection: &str, rows: &[(String, String)]) -> Result<(), StoreError> {
    if any_large(rows) {
        index_large(connection, collection).await?;
    }
    for batch in batches(rows) {
        let documents: Vec<Bson> = batch.iter().map(|(key, text)| document_of(key, text, 0).into()).collect();
        let command =
            doc! { "insert": collection, "ordered": false, "writeConcern": durable(connection), "documents": documents };
        let answer = connection.database.run_command(command).await.map_err(connection.failed("cannot write to"))?;
        judge(connection, &answer)?;
    }
    Ok(())
}

/// Writes the staged rows of a commit into their collection. Newer rows are not replaced.
pub(crate) async fn apply(connection: &Connection, state: &ReadModelState, pending: Uuid) -> Result<(), StoreError> {
    let rows: Vec<(String, String)> = staged(connection, state, pending).await?.into_iter().collect();
    if any_large(&rows) {
        index_large(connection, &state.collection).await?;
    }
    for batch in batches(&rows) {
        let update = |(key, text): &(String, String)| {
            let document = document_of(key, text, state.number);
            Bson::from(doc! { "q": { "_id": key, "commit": { "$lt": state.number } }, "u": document, "upsert": true })
        };
        let updates: Vec<Bson> = batch.iter().map(update).collect();
        let command = doc! {
            "update": &state.collection,
            "ordered": false,
            "writeConcern": durable(connection),
            "updates": updates,
        };
        let answer = connection.database.run_command(command).await.map_err(connection.failed("cannot write to"))?;
        judge(connection, &answer)?;
    }
    Ok(())
}

/// Returns the short fields of a large row, for queries of operators.
fn shortened(row: Value) -> Value {
    let is_short = |value: &Value| match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => true,
        Value::String(text) => text.len() <= SHORT_BYTES,
        Value::Array(_) | Value::Object(_) => false,
    };
    match row {
        Value::Object(mut fields) => {
            fields.retain(|name, value| name.len() <= SHORT_BYTES && is_short(value));
            // A row with very many fields is also large.
            if fields.len() <= SHORT_FIELDS { Value::Object(fields) } else { Value::Null }
        }
        _ => Value::Null,
    }
}

/// Returns true if there is a large row.
pub(crate) fn any_large(rows: &[(String, String)]) -> bool {
    rows.iter().any(|(_, text)| is_large(text.len()))
}

/// Returns true if a row of this size is large.
pub(crate) fn is_large(bytes: usize) -> bool {
    bytes > LARGE_BYTES
}

/// Returns the index by which large rows are found. Other rows are found by their fields.
fn index_of_large() -> IndexModel {
    let options = IndexOptions::builder().partial_filter_expression(doc! { LARGE: true }).build();
    IndexModel::builder().keys(doc! { LARGE: 1, "_id": 1 }).options(options).build()
}

fn judge(connection: &Connection, answer: &Document) -> Result<(), StoreError> {
    let errors = answer.get_array("writeErrors").map(Vec::as_slice).unwrap_or_default();
    let concern = answer.get_document("writeConcernError").ok();
    // A row of this or a later commit does not match, and its insert is a duplicate.
    let real = errors.iter().filter_map(Bson::as_document).find(|error| error.get_i32("code").ok() != Some(code::DUPLICATE_KEY));
    let Some(error) = real.or(concern) else { return Ok(()) };
    let (code, message) = (error.get_i32("code").unwrap_or_default(), error.get_str("errmsg").unwrap_or_default());
    let message = format!("cannot write to {}: the server refused the write ({code}: {message})", connection.place);
    Err(StoreError::Unavailable { message, source: None })
}

async fn overlay(connection: &Connection, state: &ReadModelState) -> Result<BTreeMap<String, String>, ReadRowsError> {
    match state.pending {
        Some(pending) => staged(connection, state, pending).await.map_err(ReadRowsError::Failed),
        None => Ok(BTreeMap::new()),
    }
}

/// Returns the rows of these keys.
pub(crate) async fn by_key(
    connection: &Connection,
    state: &ReadModelState,
    keys: &[String],
) -> Result<Vec<Option<String>>, ReadRowsError> {
    let mut found: HashMap<String, String> = HashMap::new();
    let collection = connection.collection(&state.collection);
    for keys in keys.chunks(KEYS) {
        let find = collection.find(doc! { "_id": { "$in": keys } });
        let mut cursor = find.projection(doc! { "text": 1 }).await.map_err(rows_error(connection))?;
        while cursor.advance().await.map_err(rows_error(connection))? {
            let row = cursor.current();
            let text = |field| row.get_str(field).map(str::to_owned).map_err(|_| ReadRowsError::Failed(damaged()));
            found.insert(text("_id")?, text("text")?);
        }
    }
    found.extend(overlay(connection, state).await?);
    Ok(keys.iter().map(|key| found.get(key).cloned()).collect())
}

/// Returns rows in the order of their keys.
pub(crate) async fn query(
    connection: &Connection,
    state: &ReadModelState,
    query: &RowQuery,
) -> Result<Vec<(String, String)>, ReadRowsError> {
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
    // Each staged row may replace a found one, and large rows may not match.
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
    let mut cursor = find.await.map_err(rows_error(connection))?;
    let mut found = BTreeMap::new();
    while found.len() < query.limit && cursor.advance().await.map_err(rows_error(connection))? {
        let row = cursor.current();
        let text = |field| row.get_str(field).map_err(|_| ReadRowsError::Failed(damaged()));
        let (key, text) = (text("_id")?, text("text")?);
        if !staged.contains_key(key) && (row.get_bool(LARGE).is_err() || fits(text)) {
            found.insert(key.to_owned(), text.to_owned());
        }
    }
    found.extend(staged.into_iter().filter(|(key, row)| after.is_none_or(|after| key.as_str() > after) && fits(row)));
    Ok(found.into_iter().take(query.limit).collect())
}

/// Returns the number of rows.
pub(crate) async fn count(connection: &Connection, state: &ReadModelState) -> Result<u64, ReadRowsError> {
    let staged = overlay(connection, state).await?;
    let keys: Vec<&str> = staged.keys().map(String::as_str).collect();
    let others = if keys.is_empty() {
        doc! {}
    } else {
        doc! { "_id": { "$nin": &keys } }
    };
    let count = connection.collection(&state.collection).count_documents(others).await.map_err(rows_error(connection))?;
    Ok(count + keys.len() as u64)
}
