//! The connection to the database: its requirements, and the settings of every request. Reading never creates anything.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::time::Duration;

use mongodb::Client;
use mongodb::Collection;
use mongodb::Database;
use mongodb::bson::Document;
use mongodb::bson::RawDocumentBuf;
use mongodb::bson::doc;
use mongodb::error::Error;
use mongodb::event::EventHandler;
use mongodb::event::sdam::SdamEvent;
use mongodb::options::Acknowledgment;
use mongodb::options::ClientOptions;
use mongodb::options::DatabaseOptions;
use mongodb::options::ReadConcern;
use mongodb::options::ReadPreference;
use mongodb::options::SelectionCriteria;
use mongodb::options::WriteConcern;
use tokio::sync::mpsc;

use crate::event::Position;
use crate::event::Timestamp;
use crate::store::clock::TOO_LATE_FOR_MONGODB;
use crate::store::clock::read;
use crate::store::error::StoreError;
use crate::store::mongodb::collections;
use crate::store::mongodb::error::code;
use crate::store::mongodb::error::code_of;
use crate::store::mongodb::error::is_duplicate;
use crate::store::mongodb::error::is_tls;
use crate::store::mongodb::error::translate;
use crate::store::mongodb::server;
use crate::store::mongodb::url::MongoUrl;
use crate::store::options::OpenOptions;
use crate::store::options::SystemClock;

/// The oldest supported server: `maxWireVersion` of MongoDB 6.0.
const OLDEST_WIRE_VERSION: i32 = 17;

/// A database that has answered. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Connection {
    pub(crate) database: Database,
    /// The commits, which contain the events.
    pub(crate) commits: Collection<RawDocumentBuf>,
    /// The location for display.
    pub(crate) place: Arc<str>,
    /// The longest wait for an answer.
    pub(crate) timeout: Duration,
    /// The clock of this machine.
    pub(crate) clock: SystemClock,
    /// True once the store was found.
    pub(crate) found: Arc<AtomicBool>,
    /// True once the store was found with this program's schema version.
    pub(crate) current: Arc<AtomicBool>,
    /// The last failure to reach a server.
    last_failure: Arc<Mutex<Option<Error>>>,
    /// True if the server returns only data that a majority of the servers has on disk. A standalone server returns data
    /// that it has only in memory.
    shows_durable: bool,
    /// True once the server has refused a write of this user.
    may_only_read: Arc<AtomicBool>,
    /// The position up to which all events are on disk.
    durable: Arc<AtomicU64>,
    /// True once the indexes were found complete, which is checked once in a process.
    complete: Arc<AtomicBool>,
    /// The collection that the view of each read model shows, as far as known; `None` before the first check.
    views: Arc<Mutex<Option<HashMap<String, String>>>>,
}

/// Returns the write concern of all writes: acknowledged once a majority has them on disk, whatever the URL or the servers
/// default to.
pub(crate) fn write_concern(timeout: Duration) -> WriteConcern {
    WriteConcern::builder().w(Acknowledgment::Majority).journal(true).w_timeout(timeout).build()
}

impl Connection {
    /// Connects to the server and checks that it is supported.
    pub(crate) async fn open(url: &MongoUrl, options: &OpenOptions) -> Result<Self, StoreError> {
        let OpenOptions { timeout, clock, accept_server, .. } = options.clone();
        // The driver would panic.
        read(&clock, TOO_LATE_FOR_MONGODB)?;
        let place: Arc<str> = url.to_string().into();
        let last_failure: Arc<Mutex<Option<Error>>> = Arc::default();
        let failed = |error| {
            let failure = last_failure.lock().unwrap_or_else(PoisonError::into_inner).take();
            translate(error, &place, "cannot connect to", failure)
        };
        let mut options = ClientOptions::parse(url.with_secrets()).await.map_err(failed)?;
        // Slightly less than the caller waits: the driver can then report why it found no server.
        options.server_selection_timeout = Some(timeout * 9 / 10);
        options.connect_timeout = Some(timeout);
        options.app_name.get_or_insert_with(|| "esctl".to_owned());
        let (failures, one_server) = (Arc::clone(&last_failure), options.hosts.len() == 1);
        let (untrusted_sender, mut untrusted) = mpsc::unbounded_channel();
        // The error that no server was found has no reason; the last failed heartbeat has one.
        options.sdam_event_handler = Some(EventHandler::callback(move |event| {
            if let SdamEvent::ServerHeartbeatFailed(event) = event {
                if is_tls(&event.failure) {
                    // The receiver is gone once a server has answered.
                    let _ = untrusted_sender.send(event.failure.clone());
                }
                *failures.lock().unwrap_or_else(PoisonError::into_inner) = Some(event.failure);
            }
        }));
        let client = Client::with_options(options).map_err(failed)?;
        let admin = client.database("admin");
        let answer = tokio::select! {
            answer = admin.run_command(doc! { "hello": 1 }) => answer.map_err(failed)?,
            // The driver would retry the only server, although it cannot become trusted.
            Some(failure) = untrusted.recv(), if one_server => return Err(failed(failure)),
        };
        let wire_version = answer.get_i32("maxWireVersion").unwrap_or_default();
        if wire_version < OLDEST_WIRE_VERSION {
            return Err(StoreError::Unsupported(format!(
                "{place} is older than MongoDB 6.0 (it speaks version {wire_version} of the protocol, 6.0 speaks {OLDEST_WIRE_VERSION})"
            )));
        }
        let build = match admin.run_command(doc! { "buildInfo": 1 }).await {
            Ok(build) => Some(build),
            Err(error) if code_of(&error) == Some(code::UNAUTHORIZED) => None,
            Err(error) => return Err(failed(error)),
        };
        server::check(&place, &answer, build.as_ref(), accept_server)?;
        let concerns = DatabaseOptions::builder()
            .read_concern(ReadConcern::majority())
            .write_concern(write_concern(timeout))
            .selection_criteria(SelectionCriteria::ReadPreference(ReadPreference::Primary))
            .build();
        let database = client.database_with_options(url.database(), concerns);
        let commits = database.collection(collections::COMMITS);
        let shows_durable = answer.contains_key("setName") || answer.get_str("msg").is_ok_and(|msg| msg == "isdbgrid");
        let (found, current, may_only_read, durable, complete, views) = Default::default();
        Ok(Self {
            database,
            commits,
            place,
            timeout,
            clock,
            found,
            current,
            last_failure,
            shows_durable,
            may_only_read,
            durable,
            complete,
            views,
        })
    }

    /// Asks the server for the time of its clock.
    pub(crate) async fn server_clock(&self) -> Result<Timestamp, StoreError> {
        let answer = self.database.run_command(doc! { "hello": 1 }).await.map_err(self.failed("cannot append to"))?;
        let time = answer.get_datetime("localTime").ok();
        let time = time.and_then(|time| Timestamp::from_micros(time.timestamp_millis().checked_mul(1000)?).ok());
        time.ok_or_else(|| StoreError::Unsupported(format!("the clock of the server {} is out of range", self.place)))
    }

    /// Waits until the events up to a position are durable. Otherwise a standalone server that is killed could restart
    /// without events that a caller has seen, or was refused because of.
    pub(crate) async fn settle(&self, position: Position) -> Result<(), StoreError> {
        if self.shows_durable || self.may_only_read.load(Ordering::Relaxed) || position.0 <= self.durable.load(Ordering::Relaxed)
        {
            return Ok(());
        }
        // A write without effect. It is acknowledged once the journal is on disk.
        let nothing =
            self.collection(collections::META).update_one(doc! { "_id": "nothing" }, doc! { "$set": { "is": 0 } }).await;
        match nothing {
            // A user without write access accepts the events as they are.
            Err(error) if matches!(code_of(&error), Some(code::UNAUTHORIZED | code::ILLEGAL_OPERATION)) => {
                self.may_only_read.store(true, Ordering::Relaxed);
                Ok(())
            }
            Err(error) => Err(self.failed("cannot read")(error)),
            Ok(_) => {
                self.note_durable(position);
                Ok(())
            }
        }
    }

    /// Notes that the store ends here. If it was longer before, it was restored, and later events are new.
    pub(crate) fn note_end(&self, position: Position) {
        self.durable.fetch_min(position.0, Ordering::Relaxed);
    }

    /// Notes that all events up to a position are on disk, because an append after them was acknowledged.
    pub(crate) fn note_durable(&self, position: Position) {
        self.durable.fetch_max(position.0, Ordering::Relaxed);
    }

    fn views(&self) -> MutexGuard<'_, Option<HashMap<String, String>>> {
        self.views.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Remembers that the view of a read model shows this collection.
    pub(crate) fn note_view(&self, name: &str, collection: &str) {
        self.views().get_or_insert_default().insert(name.to_owned(), collection.to_owned());
    }

    /// Returns true if the views of these read models are known to show these collections.
    pub(crate) fn knows_views(&self, live: &[(String, String)]) -> bool {
        let mut views = self.views();
        let knows = views.as_ref().is_some_and(|views| live.iter().all(|(name, on)| views.get(name) == Some(on)));
        views.get_or_insert_default();
        knows
    }

    /// Returns a collection of this database.
    pub(crate) fn collection(&self, name: &str) -> Collection<Document> {
        self.database.collection(name)
    }

    /// Translates an error of the driver into one of the store; `doing` names the failed operation.
    pub(crate) fn failed(&self, doing: &'static str) -> impl Fn(Error) -> StoreError + '_ {
        move |error| {
            let failure = self.last_failure.lock().unwrap_or_else(PoisonError::into_inner).clone();
            translate(error, &self.place, doing, failure)
        }
    }

    /// Returns true if the indexes are known to be complete. `known` notes that they are.
    pub(crate) fn indexes_complete(&self, known: bool) -> bool {
        self.complete.fetch_or(known, Ordering::Relaxed) || known
    }

    /// Updates one document, or inserts it. A concurrent insert is no error. Returns the number of updated or inserted
    /// documents.
    pub(crate) async fn upsert(&self, collection: &str, which: Document, change: Document) -> Result<u64, StoreError> {
        let outcome = self.collection(collection).update_one(which, change).upsert(true).await;
        match outcome {
            Ok(done) => Ok(done.modified_count + u64::from(done.upserted_id.is_some())),
            Err(error) if is_duplicate(&error) => Ok(0),
            Err(error) => Err(self.failed("cannot write to")(error)),
        }
    }
}
