//! A MongoDB database of another program. Only `listCollections`, `listIndexes`, `find` and `aggregate` are sent, also for changes.

use std::future::ready;
use std::sync::Arc;

use mongodb::bson::Bson;
use mongodb::bson::Document;
use mongodb::bson::doc;
use tokio::sync::OnceCell;
use tokio::time::timeout;

use crate::store::answer::Answer;
use crate::store::error::StoreError;
use crate::store::follow::Writers;
use crate::store::foreign::BareScan;
use crate::store::foreign::Catalog;
use crate::store::foreign::Changes;
use crate::store::foreign::ChangesQuery;
use crate::store::foreign::Engine;
use crate::store::foreign::ForeignColumn;
use crate::store::foreign::ForeignDatabase;
use crate::store::foreign::ForeignIndex;
use crate::store::foreign::ForeignRow;
use crate::store::foreign::ForeignTable;
use crate::store::foreign::RowsPlan;
use crate::store::foreign::RowsQuery;
use crate::store::foreign::Sample;
use crate::store::foreign::SampleQuery;
use crate::store::foreign::SampleValue;
use crate::store::mongodb::collections::META;
use crate::store::mongodb::connection::Connection;
use crate::store::mongodb::foreign_changes::changes;
use crate::store::mongodb::foreign_fields::Fields;
use crate::store::mongodb::foreign_fields::field;
use crate::store::mongodb::foreign_rows::bare_scan;
use crate::store::mongodb::foreign_rows::count;
use crate::store::mongodb::foreign_rows::plan;
use crate::store::mongodb::foreign_rows::rows;
use crate::store::mongodb::url::MongoUrl;
use crate::store::mongodb::worker::Worker;
use crate::store::options::OpenOptions;

/// The number of documents at each end of a collection from which the fields are learned.
const SAMPLED: i64 = 20;
/// The size at which no further document is looked at.
const SAMPLED_BYTES: usize = 32 << 20;

/// A database of another program.
pub(crate) struct ForeignMongo {
    opening: Arc<Opening>,
    worker: Worker,
}

/// The connection, which opens with the first answer.
struct Opening {
    url: MongoUrl,
    options: OpenOptions,
    connection: OnceCell<Connection>,
}

impl ForeignMongo {
    /// Returns the database at a URL. Sends no request.
    pub(crate) fn new(url: MongoUrl, options: OpenOptions) -> Self {
        Self { opening: Arc::new(Opening { url, options, connection: OnceCell::new() }), worker: Worker::default() }
    }

    fn reading<T, W>(&self, job: impl FnOnce(Connection) -> W + Send + 'static) -> Answer<T>
    where
        T: Send + 'static,
        W: Future<Output = Result<T, StoreError>> + Send,
    {
        let opening = Arc::clone(&self.opening);
        self.worker.read(async move {
            let Opening { url, options, connection } = &*opening;
            let connection = connection.get_or_try_init(|| Connection::open(url, options)).await?.clone();
            // Each request has a limit of its own, and a database may have thousands of collections.
            let answer = timeout(options.timeout, job(connection)).await.unwrap_or_else(|_| {
                let message = format!("cannot read {url}: no answer in time");
                Err(StoreError::Unavailable { message, source: None })
            });
            answer.map_err(StoreError::of_foreign)
        })
    }
}

impl ForeignDatabase for ForeignMongo {
    fn engine(&self) -> Engine {
        Engine::Mongodb
    }

    fn place(&self) -> String {
        self.opening.url.to_string()
    }

    fn catalog(&self) -> Answer<Catalog> {
        self.reading(async |connection| {
            let mut names = names(&connection).await?;
            names.retain(|name| !name.starts_with("system."));
            names.sort_unstable();
            let has_esctl_store = names.iter().any(|name| name == META);
            let mut tables = Vec::new();
            for name in names.into_iter().filter(|_| !has_esctl_store) {
                tables.push(match table(&connection, &name).await {
                    // A role may be for some collections only.
                    Err(StoreError::NotAllowed { .. }) => ForeignTable { name, ..ForeignTable::default() },
                    table => table?,
                });
            }
            Ok(Catalog { engine: Engine::Mongodb, has_esctl_store, tables })
        })
    }

    fn sample(&self, query: SampleQuery) -> Answer<Sample> {
        self.reading(async move |connection: Connection| {
            let mut sample = Sample::default();
            for document in documents(&connection, &query.table, doc! { "$natural": 1 }, Sample::MAX_ROWS as i64).await? {
                sample.rows.push(query.columns.iter().map(|column| value_of(&document, column)).collect());
            }
            Ok(sample)
        })
    }

    fn rows(&self, query: RowsQuery) -> Answer<Vec<ForeignRow>> {
        self.reading(async move |connection: Connection| rows(&connection, &query).await)
    }

    fn rows_of(&self, queries: Vec<RowsQuery>) -> Answer<Vec<Vec<ForeignRow>>> {
        self.reading(async move |connection: Connection| {
            let mut answers = Vec::with_capacity(queries.len());
            for query in &queries {
                answers.push(rows(&connection, query).await?);
            }
            Ok(answers)
        })
    }

    fn walk(&self, query: RowsQuery) -> Answer<Vec<ForeignRow>> {
        self.reading(async move |connection: Connection| {
            let mut found: Vec<ForeignRow> = Vec::new();
            while found.len() < query.limit {
                let next = rows(&connection, &query.next_distinct(found.last())).await?;
                if next.is_empty() {
                    break;
                }
                found.extend(next);
            }
            Ok(found)
        })
    }

    fn writers(&self) -> Answer<Writers> {
        Box::pin(ready(Ok(Writers::Unknown)))
    }

    fn changes(&self, query: ChangesQuery) -> Answer<Changes> {
        self.reading(async move |connection: Connection| changes(&connection, &query).await)
    }

    fn count(&self, query: RowsQuery) -> Answer<u64> {
        self.reading(async move |connection: Connection| count(&connection, &query).await)
    }

    fn plan(&self, query: RowsQuery) -> Answer<RowsPlan> {
        self.reading(async move |connection: Connection| plan(&connection, &query).await)
    }

    fn bare_scan(&self, query: RowsQuery) -> Answer<BareScan> {
        self.reading(async move |connection: Connection| bare_scan(&connection, &query).await)
    }
}

/// Returns the names of the collections, without the views.
async fn names(connection: &Connection) -> Result<Vec<String>, StoreError> {
    let failed = connection.failed("cannot read");
    let collections = doc! { "type": "collection" };
    match connection.database.list_collection_names().filter(collections.clone()).await.map_err(&failed) {
        Err(StoreError::NotAllowed { .. }) => {}
        names => return names,
    }
    // A role without the right to list all may list the names of those that it may read.
    let list = doc! { "listCollections": 1, "filter": collections, "nameOnly": true, "authorizedCollections": true };
    let mut found = connection.database.run_cursor_command(list).await.map_err(&failed)?;
    let mut names = Vec::new();
    while found.advance().await.map_err(&failed)? {
        names.extend(found.current().get_str("name").ok().map(str::to_owned));
    }
    Ok(names)
}

async fn table(connection: &Connection, name: &str) -> Result<ForeignTable, StoreError> {
    let indexes = indexes(connection, name).await?;
    let mut fields = Fields::default();
    // The first and the newest ones: fields are added over the years.
    for order in [doc! { "$natural": 1 }, doc! { "_id": -1 }] {
        for document in documents(connection, name, order, SAMPLED).await? {
            fields.add(&document);
        }
    }
    let (name, columns) = (name.to_owned(), fields.into_columns());
    Ok(ForeignTable { name, readable: true, columns, indexes, ..ForeignTable::default() })
}

async fn indexes(connection: &Connection, collection: &str) -> Result<Vec<ForeignIndex>, StoreError> {
    let failed = connection.failed("cannot read");
    let mut found = connection.database.run_cursor_command(doc! { "listIndexes": collection }).await.map_err(&failed)?;
    let mut indexes = Vec::new();
    while found.advance().await.map_err(&failed)? {
        let index = found.deserialize_current().map_err(&failed)?;
        let Ok(keys) = index.get_document("key") else { continue };
        let is_set = |option| index.get_bool(option).is_ok_and(|set| set);
        let is_id = keys.len() == 1 && keys.contains_key("_id");
        // Only an index over all documents, in the order of the values themselves.
        let is_ordered = keys.values().all(|order| order.as_str().is_none());
        let is_whole =
            !["partialFilterExpression", "collation"].iter().any(|option| index.contains_key(option)) && !is_set("sparse");
        if is_ordered && is_whole {
            indexes.push(ForeignIndex { columns: keys.keys().cloned().collect(), unique: is_id || is_set("unique") });
        }
    }
    Ok(indexes)
}

/// Reads documents one by one, and stops early where they are large.
async fn documents(connection: &Connection, name: &str, order: Document, limit: i64) -> Result<Vec<Document>, StoreError> {
    let failed = connection.failed("cannot read");
    let collection = connection.collection(name);
    let find = collection.find(doc! {}).sort(order).limit(limit).batch_size(10).max_time(connection.timeout);
    let mut cursor = find.await.map_err(&failed)?;
    let (mut found, mut bytes) = (Vec::new(), 0);
    while bytes < SAMPLED_BYTES && cursor.advance().await.map_err(&failed)? {
        bytes += cursor.current().as_bytes().len();
        found.push(cursor.deserialize_current().map_err(&failed)?);
    }
    Ok(found)
}

fn value_of(document: &Document, column: &ForeignColumn) -> SampleValue {
    match field(document, &column.name) {
        None | Some(Bson::Null) => SampleValue::Null,
        Some(Bson::Int32(number)) => SampleValue::Integer(i64::from(*number)),
        Some(Bson::Int64(number)) => SampleValue::Integer(*number),
        Some(Bson::Double(number)) if number.fract() == 0.0 && number.abs() < 9e15 => SampleValue::Integer(*number as i64),
        Some(Bson::Binary(binary)) => SampleValue::Bytes(binary.bytes.iter().take(SampleValue::MAX_LENGTH).copied().collect()),
        Some(Bson::String(text)) => SampleValue::Text(text.chars().take(SampleValue::MAX_LENGTH).collect()),
        Some(other) => SampleValue::Text(other.to_string().chars().take(SampleValue::MAX_LENGTH).collect()),
    }
}
