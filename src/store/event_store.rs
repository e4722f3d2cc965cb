//! The event store: one concrete type over any backend.

mod read_models;
mod records;
mod snapshots;

use std::sync::Arc;

use uuid::Uuid;

use crate::event::EventChunk;
use crate::event::EventView;
use crate::event::Position;
use crate::event::RecordedEvent;
use crate::event::StreamName;
use crate::event::Timestamp;
use crate::event::Version;
use crate::store::abilities::Abilities;
use crate::store::append::AppendRequest;
use crate::store::append::Appended;
use crate::store::append::BackendAnswer;
use crate::store::append::BackendAppend;
use crate::store::append::RecordTime;
use crate::store::backend::Backend;
use crate::store::backend::EventLog;
use crate::store::backend::Init;
use crate::store::clock_check::ClockCheck;
use crate::store::duplicate::judge;
use crate::store::end::StoreEnd;
use crate::store::error::StoreError;
use crate::store::follow::Follow;
use crate::store::follow::FollowStart;
use crate::store::group::Grouper;
use crate::store::identity::Identity;
use crate::store::known_quarantine::KnownQuarantine;
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
use crate::store::reader::Reader;
use crate::store::scan::Scan;

/// An event store. Cheap to clone; all clones are the same store.
#[derive(Clone)]
pub struct Store {
    pub(in crate::store) backend: Arc<dyn Backend>,
    pub(in crate::store) reader: Reader,
    grouper: Arc<Grouper>,
    quarantine: Arc<KnownQuarantine>,
    clock: Arc<ClockCheck>,
    limits: Limits,
    pub(in crate::store) observers: Observers,
}

impl Store {
    /// Returns a store over a backend; the timeout bounds each answer to a read.
    pub fn new(backend: Arc<dyn Backend>, options: impl Into<OpenOptions>) -> Self {
        let options = options.into();
        let identity = Arc::<Identity>::default();
        let log: Arc<dyn EventLog> = Arc::clone(&backend) as _;
        let grouper = Grouper::new(Arc::clone(&log), Arc::clone(&identity));
        let reader = Reader { log, place: backend.place().into(), identity, timeout: options.timeout };
        let clock = Arc::new(ClockCheck::new(options));
        let (quarantine, limits, observers) = Default::default();
        Self { backend, reader, grouper, quarantine, clock, limits, observers }
    }

    /// Returns the same store with other limits.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Returns the same store with an observer of the writes through it and its clones.
    #[must_use]
    pub fn observed_by(mut self, observer: Arc<dyn Observer>) -> Self {
        self.observers.add(observer);
        self
    }

    /// Returns the same store without observers.
    #[must_use]
    pub fn unobserved(&self) -> Self {
        Self { observers: Observers::default(), ..self.clone() }
    }

    /// Returns the name of the database product for display.
    pub fn kind(&self) -> &'static str {
        self.backend.kind()
    }

    /// Returns the location for display, without secrets.
    pub fn place(&self) -> String {
        self.backend.place()
    }

    /// Returns the abilities.
    pub fn abilities(&self) -> Abilities {
        self.reader.log.abilities()
    }

    /// Returns true if the events of all streams have an order.
    pub async fn has_order(&self) -> Result<bool, StoreError> {
        self.reader.ask(self.reader.log.has_order()).await
    }

    /// Returns true if events may have a time.
    pub async fn has_times(&self) -> Result<bool, StoreError> {
        self.reader.ask(self.reader.log.has_times()).await
    }

    /// Returns true if a read of all events has every event of each stream, under the name and version that a read of the stream
    /// has.
    pub async fn has_whole_streams_in_order(&self) -> Result<bool, StoreError> {
        self.reader.ask(self.reader.log.has_whole_streams_in_order()).await
    }

    /// Returns true if events may have a value under a key of metadata.
    pub async fn has_metadata(&self, key: &'static str) -> Result<bool, StoreError> {
        self.reader.ask(self.reader.log.has_metadata(key)).await
    }

    /// Returns the text between category and id in the names of streams.
    pub async fn category_separator(&self) -> Result<String, StoreError> {
        self.reader.ask(self.reader.log.category_separator()).await
    }

    /// Creates the schema, or migrates an older one.
    pub async fn init(&self) -> Result<Init, StoreError> {
        self.write(|backend| backend.init()).await
    }

    /// Returns the recorded head and the last event, also where they differ.
    ///
    /// # Errors
    /// [`StoreError::NoStore`] where no store exists.
    pub async fn end(&self) -> Result<StoreEnd, StoreError> {
        self.reader.ask(self.reader.log.end()).await
    }

    /// Appends events to one stream, all or none. They are durable when this returns.
    ///
    /// A repeated batch is not appended again, whatever version is expected: the outcome is
    /// [`Outcome::AlreadyApplied`](crate::store::Outcome::AlreadyApplied).
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the stream is at another version; [`StoreError::IdConflict`] when an event id was used
    /// before; [`StoreError::Invalid`] when the request is invalid.
    pub async fn append(&self, request: AppendRequest) -> Result<Appended, StoreError> {
        let mut answers = self.append_together(vec![request]).await?;
        answers.pop().unwrap_or_else(|| Err(StoreError::Bug("an append was not answered".into())))
    }

    /// Makes several appends in one transaction, each with an outcome of its own.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] when one of the requests is invalid or is for a reserved stream. No append is made then.
    pub async fn append_together(&self, requests: Vec<AppendRequest>) -> Result<Vec<Result<Appended, StoreError>>, StoreError> {
        if let Some(reserved) = requests.iter().find(|request| request.stream.is_reserved()) {
            let message = format!("stream {} is reserved: only esctl itself appends to it", reserved.stream);
            return Err(StoreError::Invalid(message));
        }
        self.append_to_any(requests).await
    }

    /// Appends as [`Store::append_together`] does, also to reserved streams: for copies and for the records of esctl
    /// itself.
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

    /// Turns a backend's answer into the outcome. Reads the stored events where they decide.
    async fn settle(&self, append: &BackendAppend, answer: BackendAnswer) -> Result<Appended, StoreError> {
        let actual = match answer {
            BackendAnswer::Appended(appended) => return Ok(appended),
            BackendAnswer::TimeGoesBack(last) => {
                let message = format!("the given times are not after the last event of the store, recorded at {last}");
                return Err(StoreError::Invalid(message));
            }
            BackendAnswer::TooLarge { bytes, limit } => {
                let kind = self.backend.kind();
                return Err(StoreError::Invalid(format!(
                    "an append of {bytes} bytes exceeds the {limit} bytes that {kind} accepts in one append"
                )));
            }
            BackendAnswer::WrongVersion(actual) => Some(actual),
            BackendAnswer::KnownId => None,
        };
        // Events are never removed, so an event that is found now was there before or has come since with the same id.
        let ids = append.request.events.iter().map(|event| event.event_id).collect();
        let known = self.reader.ask(self.reader.log.events_by_id(ids)).await?;
        if let Some(appended) = judge(append, &known)? {
            return Ok(appended);
        }
        let request = &append.request;
        match actual {
            Some(actual) => Err(StoreError::Conflict { stream: request.stream.clone(), expected: request.expected, actual }),
            None => Err(StoreError::integrity(format!(
                "the index of event ids has entries for events of stream {} that are missing",
                request.stream
            ))),
        }
    }

    /// Starts a scan. The first chunk is under way when this returns.
    pub fn scan(&self, query: ReadQuery) -> Scan {
        self.begin_scan(query, None)
    }

    /// Starts a scan of at most `limit` events.
    pub fn scan_limited(&self, query: ReadQuery, limit: u64) -> Scan {
        self.begin_scan(query, Some(limit))
    }

    fn begin_scan(&self, query: ReadQuery, limit: Option<u64>) -> Scan {
        Scan::new(self.reader.clone(), Arc::clone(&self.quarantine), query.normalised(), limit)
    }

    /// Begins to follow the events of a store of another program: one without the ability [`Abilities::dense`].
    ///
    /// # Errors
    /// [`StoreError::Invalid`] for a token of another layout or stream, or a place in a store without an order.
    pub async fn follow(&self, query: ReadQuery, start: FollowStart, now: Timestamp) -> Result<Box<dyn Follow>, StoreError> {
        self.reader.log.follow(query.normalised(), start, now).await
    }

    /// Returns the first event of a query.
    pub async fn first(&self, query: ReadQuery) -> Result<Option<RecordedEvent>, StoreError> {
        let mut scan = self.scan_limited(query, 1);
        Ok(scan.next().await?.and_then(|chunk| chunk.get(0).map(|event| event.to_recorded())))
    }

    /// Returns the event at a position.
    pub async fn event_at(&self, position: Position) -> Result<Option<RecordedEvent>, StoreError> {
        self.first(ReadQuery::all().from(position.0).to(position.0)).await
    }

    /// Returns the stored events with these ids, in the order of their positions.
    pub async fn events_by_id(&self, ids: Vec<Uuid>) -> Result<Vec<RecordedEvent>, StoreError> {
        let mut events = self.reader.ask(self.reader.log.events_by_id(ids)).await?;
        events.sort_by_key(|event| event.position);
        Ok(events)
    }

    /// Returns the events that are quarantined now.
    ///
    /// # Errors
    /// [`StoreError::NoStore`] where no store exists.
    pub async fn quarantine(&self) -> Result<Arc<Quarantine>, StoreError> {
        let version = self.quarantine_version().await?;
        self.quarantine.at(&self.reader, version).await
    }

    /// Returns the version of the set of quarantined events. Each quarantine and each release increments it.
    pub async fn quarantine_version(&self) -> Result<Version, StoreError> {
        let stream = StreamName::recorded(QUARANTINE_STREAM).map_err(|error| StoreError::Bug(error.to_string()))?;
        self.stream_version(stream).await
    }

    /// Returns the last position recorded at or before a moment.
    ///
    /// Time grows with the position, so the store at that moment consists of the events up to there.
    ///
    /// # Errors
    /// [`StoreError::Integrity`] when a position is missing.
    pub async fn position_at(&self, moment: Timestamp) -> Result<Position, StoreError> {
        if !self.abilities().growing_times {
            return Err(StoreError::Invalid(format!("the times of {} do not grow, so a moment has no position", self.place())));
        }
        let head = self.head().await?;
        if head.recorded_at <= moment {
            return Ok(head.position);
        }
        // Invariant: the event at `before` is not later than the moment, the event at `after` is.
        let (mut before, mut after) = (0, head.position.0);
        let mut buffer = EventChunk::default();
        while after - before > 1 {
            let middle = before + (after - before) / 2;
            buffer.clear();
            let query = ReadQuery::all().from(middle).to(middle);
            let page = self.reader.ask(self.reader.log.read(query, 1, buffer)).await?;
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

    /// Returns the version of a stream; 0 where there is no such stream.
    pub async fn stream_version(&self, stream: StreamName) -> Result<Version, StoreError> {
        self.reader.ask(self.reader.log.stream_version(stream)).await
    }

    /// Returns the id of the event that another program knows by this id; `None` in a store of esctl.
    pub async fn event_id_of(&self, original: String) -> Result<Option<Uuid>, StoreError> {
        self.reader.ask(self.reader.log.event_id_of(original)).await
    }

    /// Returns true for an event of another program that has no id of its own. Only for events that were read from this store.
    pub fn derives_id(&self, event: &EventView<'_>) -> bool {
        self.reader.log.derives_id(event)
    }

    /// Returns streams in the order of their names.
    pub async fn streams(&self, query: StreamQuery) -> Result<Vec<StreamInfo>, StoreError> {
        self.reader.ask(self.reader.log.streams(query.normalised())).await
    }

    /// Returns the size of the store in bytes, with its indexes and read models.
    pub async fn size_bytes(&self) -> Result<u64, StoreError> {
        self.reader.ask(self.backend.size_bytes()).await
    }

    /// Returns true where the server is a standby or secondary that may be behind its primary.
    pub async fn may_lag(&self) -> Result<bool, StoreError> {
        self.reader.ask(self.backend.may_lag()).await
    }

    /// Runs the database's own check of its files, without a time limit. Returns its findings.
    pub async fn check(&self) -> Result<Vec<String>, StoreError> {
        self.backend.check().await
    }
}
