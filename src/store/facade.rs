//! The store that everyone uses: one concrete type over any backend.

mod kept;

use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use crate::event::EventChunk;
use crate::event::Position;
use crate::event::RecordedEvent;
use crate::event::StreamName;
use crate::event::Timestamp;
use crate::event::Version;
use crate::store::append::AppendRequest;
use crate::store::append::Appended;
use crate::store::append::BackendAnswer;
use crate::store::append::BackendAppend;
use crate::store::append::RecordTime;
use crate::store::backend::Backend;
use crate::store::backend::Init;
use crate::store::clock_check::ClockCheck;
use crate::store::duplicate::judge;
use crate::store::end::StoreEnd;
use crate::store::error::StoreError;
use crate::store::group::Grouper;
use crate::store::identity::Identity;
use crate::store::limits::Limits;
use crate::store::observer::Observer;
use crate::store::observer::Observers;
use crate::store::options::OpenOptions;
use crate::store::prepare::prepare;
use crate::store::quarantine::QUARANTINE_STREAM;
use crate::store::quarantine::Quarantine;
use crate::store::read::ReadQuery;
use crate::store::read::StreamInfo;
use crate::store::read::StreamQuery;
use crate::store::scan::KnownQuarantine;
use crate::store::scan::Scan;
use crate::store::snapshot::Snapshot;
use crate::store::snapshot::SnapshotInfo;
use crate::store::snapshot::SnapshotQuery;

/// An event store. Cheap to clone; all clones are the same store.
#[derive(Clone)]
pub struct Store {
    pub(in crate::store) backend: Arc<dyn Backend>,
    pub(in crate::store) identity: Arc<Identity>,
    pub(in crate::store) timeout: Duration,
    grouper: Arc<Grouper>,
    pub(in crate::store) quarantine: Arc<KnownQuarantine>,
    clock: Arc<ClockCheck>,
    limits: Limits,
    pub(in crate::store) observers: Observers,
}

impl Store {
    /// Returns a store over a backend; the timeout bounds each answer to a read.
    pub fn new(backend: Arc<dyn Backend>, options: impl Into<OpenOptions>) -> Self {
        let options = options.into();
        let identity = Arc::<Identity>::default();
        let grouper = Grouper::new(Arc::clone(&backend), Arc::clone(&identity));
        let (timeout, clock) = (options.timeout, Arc::new(ClockCheck::new(options)));
        let (quarantine, limits, observers) = Default::default();
        Self { backend, identity, grouper, quarantine, timeout, clock, limits, observers }
    }

    /// The same store with other limits.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// The same store; what is written through this one and its clones is told to an observer as well.
    #[must_use]
    pub fn observed_by(mut self, observer: Arc<dyn Observer>) -> Self {
        self.observers.add(observer);
        self
    }

    /// Returns the same store; observers do not see what is written through it.
    #[must_use]
    pub fn unobserved(&self) -> Self {
        Self { observers: Observers::default(), ..self.clone() }
    }

    /// The kind of database, for people.
    pub fn kind(&self) -> &'static str {
        self.backend.kind()
    }

    /// Where it is, for people; holds no secret.
    pub fn place(&self) -> String {
        self.backend.place()
    }

    /// Makes the schema now, or brings an older one up to date.
    ///
    /// # Errors
    /// As the backend says.
    pub async fn init(&self) -> Result<Init, StoreError> {
        self.write(|backend| backend.init()).await
    }

    /// Returns the recorded head and the last event as they are, also where they differ.
    ///
    /// # Errors
    /// As the backend says; [`StoreError::NoStore`] where nothing has been written yet.
    pub async fn end(&self) -> Result<StoreEnd, StoreError> {
        self.ask(self.backend.end()).await
    }

    /// Appends events to one stream, all or nothing; durable when it returns.
    ///
    /// Events whose ids are all known as this very batch are not appended again
    /// ([`Outcome::AlreadyApplied`](crate::store::Outcome::AlreadyApplied)), whatever version was expected.
    ///
    /// # Errors
    /// [`StoreError::Conflict`], [`StoreError::IdConflict`], [`StoreError::Invalid`], or as the backend says.
    pub async fn append(&self, request: AppendRequest) -> Result<Appended, StoreError> {
        let mut answers = self.append_together(vec![request]).await?;
        answers.pop().unwrap_or_else(|| Err(StoreError::Bug("an append was not answered".into())))
    }

    /// Makes several appends in one transaction, each with an outcome of its own.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] when one of them cannot be, or is for a reserved stream: then none is made. Or as the
    /// backend says.
    pub async fn append_together(&self, requests: Vec<AppendRequest>) -> Result<Vec<Result<Appended, StoreError>>, StoreError> {
        if let Some(reserved) = requests.iter().find(|request| request.stream.is_reserved()) {
            let message = format!("stream {} is reserved: only esctl itself appends to it", reserved.stream);
            return Err(StoreError::Invalid(message));
        }
        self.append_to_any(requests).await
    }

    /// As [`Store::append_together`], to reserved streams as well: for copies and for the records of esctl itself.
    ///
    /// # Errors
    /// As [`Store::append_together`].
    pub async fn append_to_any(&self, requests: Vec<AppendRequest>) -> Result<Vec<Result<Appended, StoreError>>, StoreError> {
        let appends = requests.into_iter().map(|request| prepare(request, self.limits)).collect::<Result<Vec<_>, _>>()?;
        if appends.iter().any(|append| append.request.time == RecordTime::StoreClock) {
            self.clock.check(&*self.backend).await?;
        }
        let begun = self.observers.begin(&appends);
        let answers = match self.grouper.append(appends.clone()).await {
            Ok(answers) => answers,
            Err(error) => {
                appends.iter().for_each(|append| self.observers.appended(begun, append, &Err(error.clone())));
                return Err(error);
            }
        };
        let mut outcomes = Vec::with_capacity(answers.len());
        for (append, answer) in appends.iter().zip(answers) {
            let outcome = self.settle(append, answer).await;
            self.observers.appended(begun, append, &outcome);
            outcomes.push(outcome);
        }
        Ok(outcomes)
    }

    /// Turns a backend's plain answer into the outcome, asking for known events where that decides.
    async fn settle(&self, append: &BackendAppend, answer: BackendAnswer) -> Result<Appended, StoreError> {
        let actual = match answer {
            BackendAnswer::Appended(appended) => return Ok(appended),
            BackendAnswer::TimeGoesBack(last) => {
                let message = format!("the times given are not after the last event of the store, recorded at {last}");
                return Err(StoreError::Invalid(message));
            }
            BackendAnswer::TooLarge { bytes, limit } => {
                let kind = self.backend.kind();
                return Err(StoreError::Invalid(format!(
                    "an append of {bytes} bytes is over the {limit} that {kind} takes as one"
                )));
            }
            BackendAnswer::WrongVersion(actual) => Some(actual),
            BackendAnswer::KnownId => None,
        };
        // Events are never removed, so what is known now was known then or has come since with the same ids.
        let ids = append.request.events.iter().map(|event| event.event_id).collect();
        let known = self.ask(self.backend.events_by_id(ids)).await?;
        if let Some(appended) = judge(append, &known)? {
            return Ok(appended);
        }
        let request = &append.request;
        match actual {
            Some(actual) => Err(StoreError::Conflict { stream: request.stream.clone(), expected: request.expected, actual }),
            None => Err(StoreError::integrity(format!(
                "an index of event ids knows events of stream {} that are not there",
                request.stream
            ))),
        }
    }

    /// Starts reading; the first chunk is under way when this returns.
    pub fn scan(&self, query: ReadQuery) -> Scan {
        Scan::new(self, query.normalised(), None)
    }

    /// Starts reading at most so many events.
    pub fn scan_limited(&self, query: ReadQuery, limit: u64) -> Scan {
        Scan::new(self, query.normalised(), Some(limit))
    }

    /// The first event of a query.
    ///
    /// # Errors
    /// As the backend says.
    pub async fn first(&self, query: ReadQuery) -> Result<Option<RecordedEvent>, StoreError> {
        let mut scan = self.scan_limited(query, 1);
        Ok(scan.next().await?.and_then(|chunk| chunk.get(0).map(|event| event.to_recorded())))
    }

    /// The event at a position.
    ///
    /// # Errors
    /// As the backend says.
    pub async fn event_at(&self, position: Position) -> Result<Option<RecordedEvent>, StoreError> {
        self.first(ReadQuery::all().from(position.0).to(position.0)).await
    }

    /// Those events of these ids that are in the store, in the order of their positions.
    ///
    /// # Errors
    /// As the backend says.
    pub async fn events_by_id(&self, ids: Vec<Uuid>) -> Result<Vec<RecordedEvent>, StoreError> {
        let mut events = self.ask(self.backend.events_by_id(ids)).await?;
        events.sort_by_key(|event| event.position);
        Ok(events)
    }

    /// Returns the events that are quarantined now: those that every fold leaves out.
    ///
    /// # Errors
    /// As the backend says; [`StoreError::NoStore`] where nothing has been written yet.
    pub async fn quarantine(&self) -> Result<Arc<Quarantine>, StoreError> {
        let version = self.quarantine_version().await?;
        self.quarantine.at(self, version).await
    }

    /// Returns the version of the set of quarantined events, which changes with each quarantine and each release.
    ///
    /// # Errors
    /// As [`Store::quarantine`].
    pub async fn quarantine_version(&self) -> Result<Version, StoreError> {
        let stream = StreamName::recorded(QUARANTINE_STREAM).map_err(|error| StoreError::Bug(error.to_string()))?;
        self.stream_version(stream).await
    }

    /// The last position recorded at or before a moment. Time grows with position, so the store at that
    /// moment is exactly the events up to there.
    ///
    /// # Errors
    /// As the backend says; [`StoreError::Integrity`] when a position is missing.
    pub async fn position_at(&self, moment: Timestamp) -> Result<Position, StoreError> {
        let head = self.head().await?;
        if head.recorded_at <= moment {
            return Ok(head.position);
        }
        // Everything up to `before` is not later than the moment, `after` is.
        let (mut before, mut after) = (0, head.position.0);
        let mut buffer = EventChunk::default();
        while after - before > 1 {
            let middle = before + (after - before) / 2;
            buffer.clear();
            let query = ReadQuery::all().from(middle).to(middle);
            let page = self.ask(self.backend.read(query, 1, buffer)).await?;
            let Some(event) = page.events.get(0) else {
                return Err(StoreError::integrity(format!(
                    "position {middle} is missing: events have been removed from this store"
                )));
            };
            if event.recorded_at <= moment {
                before = middle
            } else {
                after = middle
            }
            buffer = page.events;
        }
        Ok(Position(before))
    }

    /// Where a stream is; 0: there is no such stream.
    ///
    /// # Errors
    /// As the backend says.
    pub async fn stream_version(&self, stream: StreamName) -> Result<Version, StoreError> {
        self.ask(self.backend.stream_version(stream)).await
    }

    /// Streams in the order of their names.
    ///
    /// # Errors
    /// As the backend says.
    pub async fn streams(&self, query: StreamQuery) -> Result<Vec<StreamInfo>, StoreError> {
        self.ask(self.backend.streams(query.normalised())).await
    }

    /// How large the store is, in bytes, with its indexes and read models.
    ///
    /// # Errors
    /// As the backend says.
    pub async fn size_bytes(&self) -> Result<u64, StoreError> {
        self.ask(self.backend.size_bytes()).await
    }

    /// Returns true where the server is a copy that may be behind its primary: a standby, a secondary.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] and the like when the server cannot be asked.
    pub async fn may_lag(&self) -> Result<bool, StoreError> {
        self.ask(self.backend.may_lag()).await
    }

    /// The database's own check of its files. Takes as long as it takes.
    ///
    /// # Errors
    /// As the backend says.
    pub async fn check(&self) -> Result<Vec<String>, StoreError> {
        self.backend.check().await
    }

    /// Keeps a snapshot; one of the same stream, reducer and version is replaced.
    ///
    /// # Errors
    /// As the backend says.
    pub async fn put_snapshot(&self, snapshot: Snapshot) -> Result<(), StoreError> {
        self.write(|backend| backend.put_snapshot(snapshot)).await?;
        self.observers.snapshot_kept();
        Ok(())
    }

    /// The newest snapshot of a stream made by a reducer, at or below a version. Not yet to be trusted.
    ///
    /// # Errors
    /// As the backend says.
    pub async fn snapshot(&self, stream: StreamName, reducer: String, at_most: Version) -> Result<Option<Snapshot>, StoreError> {
        self.ask(self.backend.snapshot(stream, reducer, at_most)).await
    }

    /// Snapshots in the order of stream, reducer, version.
    ///
    /// # Errors
    /// As the backend says.
    pub async fn snapshots(&self, query: SnapshotQuery) -> Result<Vec<SnapshotInfo>, StoreError> {
        self.ask(self.backend.snapshots(query)).await
    }

    /// Deletes snapshots; how many there were.
    ///
    /// # Errors
    /// As the backend says.
    pub async fn delete_snapshots(&self, snapshots: Vec<SnapshotInfo>) -> Result<u64, StoreError> {
        self.write(|backend| backend.delete_snapshots(snapshots)).await
    }
}
