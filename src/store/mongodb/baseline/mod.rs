//! The raw MongoDB baseline of `esctl bench`.

use std::hint::black_box;
use std::sync::Arc;

use futures_util::StreamExt;
use mongodb::Collection;
use mongodb::IndexModel;
use mongodb::bson::Bson;
use mongodb::bson::Document;
use mongodb::bson::RawDocumentBuf;
use mongodb::bson::cstr;
use mongodb::bson::doc;
use mongodb::bson::oid::ObjectId;
use mongodb::bson::raw::RawBinaryRef;
use mongodb::bson::spec::BinarySubtype;
use mongodb::error::Error;
use mongodb::options::IndexOptions;
use tokio::sync::OnceCell;

use crate::event::StreamName;
use crate::store::answer::Answer;
use crate::store::baseline::Baseline;
use crate::store::baseline::BaselineEvent;
use crate::store::baseline::BaselineWork;
use crate::store::error::StoreError;
use crate::store::mongodb::connection::Connection;
use crate::store::mongodb::documents::count;
use crate::store::mongodb::filters::bson_of;
use crate::store::mongodb::url::MongoUrl;
use crate::store::mongodb::worker::Worker;
use crate::store::options::OpenOptions;
use crate::store::server_url::ServerUrl;

/// The collection of the baseline.
const BASELINE_EVENTS: &str = "bare_events";
/// The collection of the rows of the baseline.
const BASELINE_ROWS: &str = "bare_rows";
/// A hash of the same size as the hash of an event.
const HASH: [u8; 32] = [0x5a; 32];
/// 2025-12-03T16:46:43.437Z
const RECORDED_AT_MICROS: i64 = 1_764_780_403_437_000;

/// A separate client for the database of a scratch store.
struct MongoDbBaseline {
    worker: Worker,
    database: Arc<BaselineDatabase>,
}

/// The database of the baseline, connected on first use.
struct BaselineDatabase {
    url: MongoUrl,
    options: OpenOptions,
    connection: OnceCell<Connection>,
}

impl BaselineDatabase {
    async fn connection(&self) -> Result<&Connection, StoreError> {
        self.connection.get_or_try_init(|| Connection::open(&self.url, &self.options)).await
    }
}

/// Returns the baseline beside the store in a database; none for a URL of another backend. Sends no request yet. The
/// timeout bounds waiting for the server.
pub(crate) fn beside(url: &ServerUrl, options: &OpenOptions) -> Option<Box<dyn Baseline>> {
    let (url, options) = (url.downcast::<MongoUrl>()?.clone(), options.clone());
    let database = Arc::new(BaselineDatabase { url, options, connection: OnceCell::new() });
    Some(Box::new(MongoDbBaseline { worker: Worker::default(), database }))
}

impl MongoDbBaseline {
    fn scan_where(&self, filter: Document, order: Document) -> Answer<u64> {
        let database = Arc::clone(&self.database);
        self.worker.read(async move {
            let connection = database.connection().await?;
            scan(connection, filter, order).await.map_err(connection.failed("cannot read"))
        })
    }
}

impl Baseline for MongoDbBaseline {
    fn prepare(&self, indexed: bool) -> Answer<()> {
        let database = Arc::clone(&self.database);
        self.worker.write(async move {
            let connection = database.connection().await?;
            prepare(connection, indexed).await.map_err(connection.failed("cannot create a collection in"))
        })
    }

    fn append(&self, events: Vec<BaselineEvent>, commit: usize) -> Answer<()> {
        let database = Arc::clone(&self.database);
        self.worker.write(async move {
            let connection = database.connection().await?;
            append(connection, &events, commit).await.map_err(connection.failed("cannot append to"))
        })
    }

    fn scan(&self) -> Answer<u64> {
        self.scan_where(doc! {}, doc! { "_id": 1 })
    }

    fn load(&self, rows: Vec<(String, String)>, first: bool) -> Answer<()> {
        let database = Arc::clone(&self.database);
        self.worker.write(async move {
            let connection = database.connection().await?;
            load(connection, &rows, first).await.map_err(connection.failed("cannot write to"))
        })
    }

    fn read_stream(&self, stream: StreamName) -> Answer<u64> {
        self.scan_where(doc! { "stream": stream.as_str() }, doc! { "first_version": 1 })
    }

    fn statement(&self, work: BaselineWork) -> &'static str {
        match work {
            BaselineWork::Insert => "bare_events.insertOne({…})",
            BaselineWork::InsertMany => "bare_events.insertMany([{…}, …])",
            BaselineWork::Scan => "commits.find().sort({_id: 1})",
            BaselineWork::ReadStream => "commits.find({stream: …}).sort({first_version: 1})",
            BaselineWork::Load => "bare_rows.insertMany([{_id: …, text: …, row: {…}}, …], {ordered: false})",
        }
    }
}

/// Copies the events of the store, one in each document, and creates the unique indexes if wanted.
async fn prepare(connection: &Connection, indexed: bool) -> Result<(), Error> {
    let collection: Collection<Document> = connection.database.collection(BASELINE_EVENTS);
    // The first document creates the collection.
    let first = collection.insert_one(Document::new()).await?;
    collection.delete_one(doc! { "_id": first.inserted_id }).await?;
    if indexed {
        let unique = IndexOptions::builder().unique(true).build();
        let index = |keys| IndexModel::builder().keys(keys).options(unique.clone()).build();
        collection.create_indexes([index(doc! { "id": 1 }), index(doc! { "stream": 1, "version": 1 })]).await?;
    }
    let own = ["id", "type", "schema_version", "recorded_at", "data", "metadata", "hash"];
    let mut fields = doc! { "_id": 0, "stream": 1, "version": { "$add": ["$first_version", "$place"] } };
    fields.extend(own.map(|name| (name.to_owned(), Bson::from(format!("$events.{name}")))));
    let copy = [
        doc! { "$unwind": { "path": "$events", "includeArrayIndex": "place" } },
        doc! { "$project": fields },
        doc! { "$merge": { "into": BASELINE_EVENTS } },
    ];
    connection.commits.aggregate(copy).await?;
    Ok(())
}

/// Inserts with the write concern of the store: majority, journaled.
async fn append(connection: &Connection, events: &[BaselineEvent], commit: usize) -> Result<(), Error> {
    let collection: Collection<RawDocumentBuf> = connection.database.collection(BASELINE_EVENTS);
    if commit == 1 {
        for event in events {
            collection.insert_one(document_of(event)).await?;
        }
    } else {
        for batch in events.chunks(commit) {
            collection.insert_many(batch.iter().map(document_of)).await?;
        }
    }
    Ok(())
}

/// Inserts rows as the store does: the text, and the same for queries.
async fn load(connection: &Connection, rows: &[(String, String)], first: bool) -> Result<(), Error> {
    let collection: Collection<Document> = connection.database.collection(BASELINE_ROWS);
    if first {
        collection.drop().await?;
    }
    let document = |(key, text): &(String, String)| {
        let row = serde_json::from_str(text).map_or(Bson::Null, |row| bson_of(&row));
        doc! { "_id": key, "text": text, "row": row }
    };
    if !rows.is_empty() {
        collection.insert_many(rows.iter().map(document)).ordered(false).await?;
    }
    Ok(())
}

/// Returns a document with the fields of one event.
fn document_of(event: &BaselineEvent) -> RawDocumentBuf {
    let BaselineEvent { stream, version, event, .. } = event;
    let binary = |subtype, bytes| RawBinaryRef { subtype, bytes };
    let mut document = RawDocumentBuf::new();
    document.append(cstr!("_id"), ObjectId::new());
    document.append(cstr!("stream"), stream.as_str());
    document.append(cstr!("version"), version.0.cast_signed());
    document.append(cstr!("id"), binary(BinarySubtype::Uuid, event.event_id.as_bytes()));
    document.append(cstr!("type"), event.event_type.as_str());
    document.append(cstr!("schema_version"), i64::from(event.schema_version));
    document.append(cstr!("recorded_at"), RECORDED_AT_MICROS);
    document.append(cstr!("data"), event.data.as_str());
    document.append(cstr!("metadata"), event.metadata.as_str());
    document.append(cstr!("hash"), binary(BinarySubtype::Generic, &HASH));
    document
}

/// Reads the batches of the server. Only the number of events of each commit is examined.
async fn scan(connection: &Connection, filter: Document, order: Document) -> Result<u64, Error> {
    let mut batches = connection.commits.find(filter).sort(order).batch().await?;
    let mut events = 0;
    while let Some(batch) = batches.next().await {
        let batch = batch?;
        for commit in batch.doc_slices()? {
            let commit = commit?;
            let commit_count = commit.as_document().and_then(|commit| commit.get("count").ok().flatten());
            events += commit_count.and_then(count).unwrap_or_default();
            black_box(commit);
        }
    }
    Ok(events)
}
