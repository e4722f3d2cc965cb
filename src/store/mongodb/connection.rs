//! The way to the database: what it must be, what every request says, and that reading never makes anything.

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
use crate::store::backend::Init;
use crate::store::clock::TOO_LATE_FOR_MONGODB;
use crate::store::clock::read;
use crate::store::error::StoreError;
use crate::store::identity::LastSeen;
use crate::store::mongodb::address::MongoUrl;
use crate::store::mongodb::error::code;
use crate::store::mongodb::error::code_of;
use crate::store::mongodb::error::is_duplicate;
use crate::store::mongodb::error::is_tls;
use crate::store::mongodb::error::translate;
use crate::store::mongodb::schema;
use crate::store::mongodb::server;
use crate::store::options::OpenOptions;
use crate::store::options::SystemClock;

/// The oldest server: `maxWireVersion` of MongoDB 6.0.
const OLDEST_WIRE_VERSION: i32 = 17;

/// A database that answers. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Connection {
    pub(crate) database: Database,
    /// The events.
    pub(crate) commits: Collection<RawDocumentBuf>,
    /// Where it is, for people.
    pub(crate) place: Arc<str>,
    /// How long to wait for an answer.
    pub(crate) timeout: Duration,
    /// The clock of this machine.
    pub(crate) clock: SystemClock,
    /// Whether the store has been seen.
    there: Arc<AtomicBool>,
    /// Whether it has been seen with this program's schema.
    current: Arc<AtomicBool>,
    behind: Arc<Mutex<Option<Error>>>,
    /// Whether the server shows only what most of the servers have on their disks. One that stands alone shows what it has
    /// in memory.
    shows_durable: bool,
    /// Whether the server has refused to let this user write, or anybody.
    may_only_read: Arc<AtomicBool>,
    /// Everything up to this position is on the disk.
    durable: Arc<AtomicU64>,
    /// Whether the indexes were found to be there: one look for each process.
    whole: Arc<AtomicBool>,
    /// The collection that the view of each read model shows, as far as is known; `None`: nothing is known.
    views: Arc<Mutex<Option<HashMap<String, String>>>>,
}

/// Durable on most of the servers when it is acknowledged, whatever the defaults of the URL or of the servers are.
pub(crate) fn write_concern(timeout: Duration) -> WriteConcern {
    WriteConcern::builder().w(Acknowledgment::Majority).journal(true).w_timeout(timeout).build()
}

impl Connection {
    /// Finds the server and looks whether it is one to work with.
    pub(crate) async fn open(url: &MongoUrl, options: &OpenOptions) -> Result<Self, StoreError> {
        let OpenOptions { timeout, clock, accept_server, .. } = options.clone();
        // The driver would panic.
        read(&clock, TOO_LATE_FOR_MONGODB)?;
        let place: Arc<str> = url.to_string().into();
        let behind: Arc<Mutex<Option<Error>>> = Arc::default();
        let failed = |error| {
            let behind = behind.lock().unwrap_or_else(PoisonError::into_inner).take();
            translate(error, &place, "cannot connect to", behind)
        };
        let mut options = ClientOptions::parse(url.with_secrets()).await.map_err(failed)?;
        // A little less than the caller waits: the driver can say why it found no server.
        options.server_selection_timeout = Some(timeout * 9 / 10);
        options.connect_timeout = Some(timeout);
        options.app_name.get_or_insert_with(|| "esctl".to_owned());
        let (heard, one_server) = (Arc::clone(&behind), options.hosts.len() == 1);
        let (distrusts, mut distrusted) = mpsc::unbounded_channel();
        // That no server was found does not say why; the last failure to reach one does.
        options.sdam_event_handler = Some(EventHandler::callback(move |event| {
            if let SdamEvent::ServerHeartbeatFailed(event) = event {
                if is_tls(&event.failure) {
                    // Nobody listens once a server has answered.
                    let _ = distrusts.send(event.failure.clone());
                }
                *heard.lock().unwrap_or_else(PoisonError::into_inner) = Some(event.failure);
            }
        }));
        let client = Client::with_options(options).map_err(failed)?;
        let admin = client.database("admin");
        let answer = tokio::select! {
            answer = admin.run_command(doc! { "hello": 1 }) => answer.map_err(failed)?,
            // The driver would ask the only server there is again and again, as if it could come to be trusted.
            Some(failure) = distrusted.recv(), if one_server => return Err(failed(failure)),
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
        let commits = database.collection(schema::COMMITS);
        let shows_durable = answer.contains_key("setName") || answer.get_str("msg").is_ok_and(|msg| msg == "isdbgrid");
        let (there, current, may_only_read, durable, whole, views) = Default::default();
        Ok(Self {
            database,
            commits,
            place,
            timeout,
            clock,
            there,
            current,
            behind,
            shows_durable,
            may_only_read,
            durable,
            whole,
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

    /// Waits until what was read up to a position is there to stay. Else a server that stands alone and is killed could come
    /// back without events that somebody has seen, or has been told to be behind.
    pub(crate) async fn settle(&self, position: Position) -> Result<(), StoreError> {
        if self.shows_durable || self.may_only_read.load(Ordering::Relaxed) || position.0 <= self.durable.load(Ordering::Relaxed)
        {
            return Ok(());
        }
        // It changes nothing, and is answered when the journal is on the disk.
        let nothing = self.collection(schema::META).update_one(doc! { "_id": "nothing" }, doc! { "$set": { "is": 0 } }).await;
        match nothing {
            // Who may only read takes what is shown.
            Err(error) if matches!(code_of(&error), Some(code::UNAUTHORIZED | code::ILLEGAL_OPERATION)) => {
                self.may_only_read.store(true, Ordering::Relaxed);
                Ok(())
            }
            Err(error) => Err(self.failed("cannot read")(error)),
            Ok(_) => {
                self.is_durable(position);
                Ok(())
            }
        }
    }

    /// The store ends here: had it been further once, it was put back, and what comes now is new.
    pub(crate) fn ends_at(&self, position: Position) {
        self.durable.fetch_min(position.0, Ordering::Relaxed);
    }

    /// Everything up to a position is on the disk: an append behind it was acknowledged.
    pub(crate) fn is_durable(&self, position: Position) {
        self.durable.fetch_max(position.0, Ordering::Relaxed);
    }

    fn views(&self) -> MutexGuard<'_, Option<HashMap<String, String>>> {
        self.views.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Remembers that the view of a read model shows this collection.
    pub(crate) fn note_view(&self, name: &str, collection: &str) {
        self.views().get_or_insert_default().insert(name.to_owned(), collection.to_owned());
    }

    /// Checks whether the views of these read models are known to show these collections.
    pub(crate) fn knows_views(&self, live: &[(String, String)]) -> bool {
        let mut views = self.views();
        let knows = views.as_ref().is_some_and(|views| live.iter().all(|(name, on)| views.get(name) == Some(on)));
        views.get_or_insert_default();
        knows
    }

    /// A collection of this database.
    pub(crate) fn collection(&self, name: &str) -> Collection<Document> {
        self.database.collection(name)
    }

    /// An error of the driver in the words of the store.
    pub(crate) fn failed(&self, doing: &'static str) -> impl Fn(Error) -> StoreError + '_ {
        move |error| {
            let behind = self.behind.lock().unwrap_or_else(PoisonError::into_inner).clone();
            translate(error, &self.place, doing, behind)
        }
    }

    /// For one that reads: [`StoreError::NoStore`] where nothing has been written.
    pub(crate) async fn must_be_there(&self) -> Result<(), StoreError> {
        if self.there.load(Ordering::Relaxed) {
            return Ok(());
        }
        match schema::find(self).await? {
            schema::Found::Ours | schema::Found::Older(_) => self.there.store(true, Ordering::Relaxed),
            schema::Found::Begun | schema::Found::Nothing => return Err(StoreError::NoStore(self.place.to_string())),
        }
        Ok(())
    }

    /// For one that writes: makes the store where there is none, and brings an older one up to date.
    /// One that this process has seen is not made again: it was replaced.
    pub(crate) async fn make(&self, last_seen: Option<LastSeen>) -> Result<Init, StoreError> {
        if self.current.load(Ordering::Relaxed) {
            return Ok(Init::Found);
        }
        let done = match schema::find(self).await? {
            schema::Found::Ours => Init::Found,
            schema::Found::Older(from) => schema::migrate(self, from).await?,
            schema::Found::Begun | schema::Found::Nothing => match last_seen {
                Some(seen) => return Err(seen.not_in(&self.place)),
                None => schema::make(self).await?,
            },
        };
        self.there.store(true, Ordering::Relaxed);
        self.current.store(true, Ordering::Relaxed);
        Ok(done)
    }

    /// Whether the indexes are known to be there; from now on they are taken to be, if `known` says so.
    pub(crate) fn is_whole(&self, known: bool) -> bool {
        self.whole.fetch_or(known, Ordering::Relaxed) || known
    }

    /// Whether the store is of an older version of the schema.
    pub(crate) async fn is_older(&self) -> Result<bool, StoreError> {
        Ok(matches!(schema::find(self).await?, schema::Found::Older(_)))
    }

    /// Looks whether the store is still there, and makes it if it was removed.
    pub(crate) async fn make_again(&self, last_seen: Option<LastSeen>) -> Result<Init, StoreError> {
        self.current.store(false, Ordering::Relaxed);
        self.make(last_seen).await
    }

    /// Updates one document, or makes it: two that make it at once are no fault. How many were changed or made.
    pub(crate) async fn upsert(&self, collection: &str, which: Document, change: Document) -> Result<u64, StoreError> {
        let outcome = self.collection(collection).update_one(which, change).upsert(true).await;
        match outcome {
            Ok(done) => Ok(done.modified_count + u64::from(done.upserted_id.is_some())),
            Err(error) if is_duplicate(&error) => Ok(0),
            Err(error) => Err(self.failed("cannot write to")(error)),
        }
    }
}
