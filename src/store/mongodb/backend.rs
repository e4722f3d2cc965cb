//! The backend for MongoDB: each job on the worker thread.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::sync::OnceCell;

use crate::event::Timestamp;
use crate::store::answer::Answer;
use crate::store::backend::Backend;
use crate::store::backend::Init;
use crate::store::clock::TOO_LATE_FOR_MONGODB;
use crate::store::error::StoreError;
use crate::store::identity::LastSeen;
use crate::store::mongodb::append::Appender;
use crate::store::mongodb::check;
use crate::store::mongodb::connection::Connection;
use crate::store::mongodb::existence;
use crate::store::mongodb::indexes;
use crate::store::mongodb::read::OpenCursors;
use crate::store::mongodb::schema;
use crate::store::mongodb::url::MongoUrl;
use crate::store::mongodb::worker::Worker;
use crate::store::options::OpenOptions;
use crate::store::schema::SchemaFault;
use crate::store::schema::check_writable;

/// An event store in one MongoDB database.
pub struct MongoDb {
    pub(in crate::store::mongodb) shared: Arc<Shared>,
    pub(in crate::store::mongodb) worker: Worker,
}

/// The part of the backend that jobs on the worker use as well.
pub(in crate::store::mongodb) struct Shared {
    url: MongoUrl,
    options: OpenOptions,
    connection: OnceCell<Arc<Connection>>,
    pub(in crate::store::mongodb) appender: Mutex<Appender>,
    pub(in crate::store::mongodb) cursors: OpenCursors,
}

impl Shared {
    async fn connection(&self) -> Result<&Arc<Connection>, StoreError> {
        self.connection.get_or_try_init(async || Connection::open(&self.url, &self.options).await.map(Arc::new)).await
    }

    /// Returns the connection for a job that reads.
    async fn reading(&self) -> Result<Arc<Connection>, StoreError> {
        let connection = self.connection().await?;
        existence::check_exists(connection).await?;
        Ok(Arc::clone(connection))
    }

    /// Returns the connection for a job that writes. A store that this process has seen is not created again.
    pub(in crate::store::mongodb) async fn writing(&self, last_seen: Option<LastSeen>) -> Result<Arc<Connection>, StoreError> {
        let connection = self.connection().await?;
        existence::create(connection, last_seen).await?;
        if connection.indexes_complete(false) {
            return Ok(Arc::clone(connection));
        }
        // Before the first write: without an index an event could be appended twice.
        let mut faults = indexes::faults(connection).await?;
        if faults.iter().any(|fault| fault.blocks) {
            // The store may have been removed.
            existence::create_again(connection, last_seen).await?;
            faults = indexes::faults(connection).await?;
        }
        check_writable(&connection.place, &faults)?;
        connection.indexes_complete(true);
        Ok(Arc::clone(connection))
    }
}

impl MongoDb {
    /// Returns the store at a URL. Sends no request yet. The timeout bounds waiting for the server.
    pub(crate) fn new(url: MongoUrl, options: OpenOptions) -> Self {
        let shared =
            Shared { url, options, connection: OnceCell::new(), appender: Mutex::default(), cursors: OpenCursors::default() };
        Self { shared: Arc::new(shared), worker: Worker::default() }
    }

    /// Removes the database with everything in it, if it exists.
    pub(crate) fn remove(&self) -> Answer<()> {
        let shared = Arc::clone(&self.shared);
        self.worker.write_within(self.patience(), async move { schema::remove(shared.connection().await?).await })
    }

    /// Runs a job that reads.
    pub(in crate::store::mongodb) fn reading<T, J>(&self, job: impl FnOnce(Arc<Connection>) -> J + Send + 'static) -> Answer<T>
    where
        T: Send + 'static,
        J: Future<Output = Result<T, StoreError>> + Send + 'static,
    {
        let shared = Arc::clone(&self.shared);
        self.worker.read(async move { job(shared.reading().await?).await })
    }

    /// Runs a job that writes other things than events.
    pub(in crate::store::mongodb) fn writing<T, J>(&self, job: impl FnOnce(Arc<Connection>) -> J + Send + 'static) -> Answer<T>
    where
        T: Send + 'static,
        J: Future<Output = Result<T, StoreError>> + Send + 'static,
    {
        let shared = Arc::clone(&self.shared);
        self.worker.write_within(self.patience(), async move { job(shared.writing(None).await?).await })
    }

    /// Returns the longest wait for a write of several steps other than an append. (A swap may build indexes without a
    /// limit.)
    fn patience(&self) -> Duration {
        self.shared.options.timeout * 10
    }
}

impl Backend for MongoDb {
    fn kind(&self) -> &'static str {
        "MongoDB"
    }

    fn place(&self) -> String {
        self.shared.url.to_string()
    }

    fn server_clock(&self) -> Answer<Option<Timestamp>> {
        let shared = Arc::clone(&self.shared);
        self.worker.read(async move { shared.connection().await?.server_clock().await.map(Some) })
    }

    fn end_of_time(&self) -> Timestamp {
        TOO_LATE_FOR_MONGODB
    }

    fn init(&self) -> Answer<Init> {
        let shared = Arc::clone(&self.shared);
        self.worker.write_within(self.patience(), async move { existence::create(shared.connection().await?, None).await })
    }

    fn size_bytes(&self) -> Answer<u64> {
        self.reading(|connection| async move { check::size_bytes(&connection).await })
    }

    fn may_lag(&self) -> Answer<bool> {
        self.reading(|connection| async move { check::may_lag(&connection).await })
    }

    fn check(&self) -> Answer<Vec<String>> {
        self.reading(|connection| async move { check::check(&connection).await })
    }

    fn schema_faults(&self) -> Answer<Vec<SchemaFault>> {
        self.reading(|connection| async move {
            // The first write migrates an older store.
            if existence::is_older(&connection).await? { Ok(Vec::new()) } else { indexes::faults(&connection).await }
        })
    }

    fn repair_schema(&self) -> Answer<Vec<String>> {
        let shared = Arc::clone(&self.shared);
        // Building an index has no time limit.
        self.worker.write(async move {
            let connection = shared.reading().await?;
            indexes::repair(&connection).await
        })
    }
}
