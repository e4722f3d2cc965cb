//! The last events of a store or stream, and then each new one, once and in order.

use std::fmt;
use std::mem;
use std::time::Duration;

use crate::event::EventChunk;
use crate::event::EventView;
use crate::event::Position;
use crate::event::StreamName;
use crate::event::Timestamp;
use crate::event::Version;
use crate::ops::cursor::check_cursor;
use crate::ops::error::OpsError;
use crate::ops::event_filter::EventFilter;
use crate::ops::head_query::HeadQuery;
use crate::ops::selection::place_at;
use crate::ops::selection::place_before;
use crate::runtime::Clock;
use crate::runtime::RuntimeError;
use crate::store::Head;
use crate::store::ReadQuery;
use crate::store::ReadSource;
use crate::store::Scan;
use crate::store::Store;
use crate::store::StoreError;
use crate::store::no_store_is_empty;

/// The interval at which a store is asked for new events.
const POLL: Duration = Duration::from_millis(50);

/// The input of a tail.
#[derive(Debug, Clone, Default)]
pub struct TailEvents {
    /// The stream; none: all streams.
    pub stream: Option<StreamName>,
    /// The categories; none: all.
    pub categories: Vec<String>,
    /// The types; none: all.
    pub types: Vec<String>,
    /// The filter by which the last events are counted. The caller applies it again to the returned events.
    pub filter: EventFilter,
    /// The first existing event to return.
    pub start: TailStart,
    /// The end of the tail; none: it does not end.
    pub until: Option<TailEnd>,
}

/// The end of a tail. The tail returns no event recorded after a moment, and ends after that moment.
#[derive(Clone)]
pub struct TailEnd {
    /// The latest time of events.
    pub moment: Timestamp,
    /// The clock for the moment.
    pub clock: Clock,
}

impl fmt::Debug for TailEnd {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_tuple("TailEnd").field(&self.moment).finish()
    }
}

/// The first event that a tail returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TailStart {
    /// This many events before the end.
    Last(u64),
    /// The event after this version or position.
    After(u64),
    /// The first event recorded at or after this moment.
    Since(Timestamp),
}

impl Default for TailStart {
    fn default() -> Self {
        Self::Last(10)
    }
}

/// An item that a tail returns.
#[derive(Debug)]
pub enum TailUpdate<'a> {
    /// The next events.
    Events(&'a EventChunk),
    /// The store became unavailable. The tail keeps trying.
    Unavailable(StoreError),
    /// The store is available again. No event was missed.
    Available,
    /// The end was reached. No more events follow.
    Ended,
}

/// A tail: the existing events, then each new one, in constant memory.
pub struct Tail {
    store: Store,
    query: ReadQuery,
    /// The last place when the tail was opened.
    end_at_open: u64,
    /// The last place that was returned or filtered out.
    seen: u64,
    /// The reading in progress, and its last place.
    scan: Option<(Scan, u64)>,
    /// True if the current chunk of the reading was not returned yet.
    ready: bool,
    /// True if the last attempt found the store unavailable.
    unavailable: bool,
    /// The last known position of the store, and the version of the stream then. Without a new event in the store the stream has
    /// none.
    known: Option<(Position, u64)>,
    asking: HeadQuery,
    until: Option<TailEnd>,
    /// True if no event before the end can be recorded any more.
    ended: bool,
}

impl Tail {
    /// Finds the first event to return. A missing stream or store has none.
    ///
    /// # Errors
    /// [`OpsError::CursorBeyondEnd`] when the cursor is beyond the end; [`OpsError::Invalid`] when the bounds cross.
    pub async fn open(store: &Store, input: &TailEvents) -> Result<Self, OpsError> {
        let source = input.stream.clone().map_or(ReadSource::All, ReadSource::Stream);
        let query = ReadQuery { source, categories: input.categories.clone(), types: input.types.clone(), ..ReadQuery::all() };
        let mut tail = Self {
            store: store.clone(),
            query,
            end_at_open: 0,
            seen: 0,
            scan: None,
            ready: false,
            unavailable: false,
            known: None,
            asking: HeadQuery::default(),
            until: input.until.clone(),
            ended: false,
        };
        if let (TailStart::Since(since), Some(TailEnd { moment, .. })) = (input.start, &input.until)
            && since > *moment
        {
            return Err(OpsError::Invalid(format!("since {since} is after until {moment}")));
        }
        if !store.abilities().growing_times {
            tail.open_without_times(input).await?;
            return Ok(tail);
        }
        let head = no_store_is_empty(store.head().await)?;
        let last = tail.highest(head).await?;
        tail.end_at_open = tail.before_the_end(head, last).await?;
        tail.seen = tail.before_the_first(input, last).await?;
        if tail.seen < tail.end_at_open {
            let query = tail.query.clone().from(tail.seen + 1).to(tail.end_at_open);
            tail.scan = Some((tail.store.scan(query), tail.end_at_open));
        }
        Ok(tail)
    }

    /// Finds the first event to return in a store whose times may go back, and whose places have holes.
    async fn open_without_times(&mut self, input: &TailEvents) -> Result<(), OpsError> {
        if self.query.source == ReadSource::All && !self.store.has_order().await? {
            let message = format!("{} has no order over all streams in this layout; name a stream", self.store.place());
            return Err(OpsError::Invalid(message));
        }
        let head = self.store.head().await?;
        let last = self.highest(head).await?;
        self.end_at_open = last;
        let since = if let TailStart::Since(since) = input.start { Some(since) } else { None };
        self.query = self.query.clone().between(since, input.until.as_ref().map(|until| until.moment));
        self.seen = match input.start {
            TailStart::Last(count) => self.before_the_last_wanted(&input.filter, count).await?,
            TailStart::After(cursor) => {
                check_cursor(&self.store, &self.query.source, cursor, last).await?;
                cursor
            }
            TailStart::Since(_) => 0,
        };
        if self.seen < last {
            let query = self.query.clone().from(self.seen + 1).to(last);
            self.scan = Some((self.store.scan(query), last));
        }
        Ok(())
    }

    /// Returns the last place that is not after the end of the tail. `last` is the last place at this head.
    async fn before_the_end(&self, head: Head, last: u64) -> Result<u64, OpsError> {
        match &self.until {
            Some(TailEnd { moment, .. }) if head.recorded_at > *moment => {
                Ok(last.min(place_at(&self.store, &self.query.source, *moment).await?))
            }
            _ => Ok(last),
        }
    }

    /// Returns the place before the first event to return. `last` is the last place.
    async fn before_the_first(&self, input: &TailEvents, last: u64) -> Result<u64, OpsError> {
        match input.start {
            TailStart::Last(count) => self.before_the_last(&input.filter, count).await,
            TailStart::After(cursor) => {
                check_cursor(&self.store, &self.query.source, cursor, last).await?;
                Ok(cursor)
            }
            TailStart::Since(_) if self.end_at_open == 0 => Ok(0),
            TailStart::Since(moment) => place_before(&self.store, &self.query.source, moment).await,
        }
    }

    /// Returns the place before the first of the last `count` matching events.
    async fn before_the_last(&self, filter: &EventFilter, count: u64) -> Result<u64, OpsError> {
        if !filter.takes_all() {
            return self.before_the_last_wanted(filter, count).await;
        }
        if self.store.abilities().dense && self.query.categories.is_empty() && self.query.types.is_empty() {
            return Ok(self.end_at_open.saturating_sub(count));
        }
        let mut first = None;
        let mut scan = self.store.scan_limited(self.query.clone().to(self.end_at_open).backwards(), count);
        while let Some(chunk) = scan.next().await? {
            first = chunk.last().map(|event| self.place(&event));
        }
        Ok(first.map_or(self.end_at_open, |first| first.saturating_sub(1)))
    }

    async fn before_the_last_wanted(&self, filter: &EventFilter, count: u64) -> Result<u64, OpsError> {
        let (mut found, mut first) = (0, self.end_at_open);
        let mut scan = self.store.scan(self.query.clone().to(self.end_at_open).backwards());
        while found < count {
            let Some(chunk) = scan.next().await? else { break };
            for event in chunk.iter() {
                if found < count && filter.wants(&event)? {
                    found += 1;
                    first = self.place(&event).saturating_sub(1);
                }
            }
        }
        Ok(first)
    }

    fn place(&self, event: &EventView<'_>) -> u64 {
        match self.query.source {
            ReadSource::All => event.position.0,
            ReadSource::Stream(_) => event.version.0,
        }
    }

    /// Returns the query, the place before the first event to return, and the last place when the tail was opened.
    pub(super) fn into_place(self) -> (ReadQuery, u64, u64) {
        (self.query, self.seen, self.end_at_open)
    }

    /// Returns true if there were no events when the tail was opened.
    pub fn is_empty(&self) -> bool {
        self.end_at_open == 0
    }

    /// Returns the next of the existing events, oldest first; none after the last of them.
    pub async fn next_existing(&mut self) -> Result<Option<&EventChunk>, OpsError> {
        if self.seen < self.end_at_open && self.read_on().await? {
            return Ok(self.scan.as_ref().map(|(scan, _)| scan.current()));
        }
        Ok(None)
    }

    /// Waits for the next item: events, an outage, or its end.
    ///
    /// # Errors
    /// An error of the store, other than [`StoreError::Unavailable`].
    pub async fn next(&mut self) -> Result<TailUpdate<'_>, OpsError> {
        while !self.ready {
            match self.advance().await {
                // The next attempt continues after the last returned event.
                Err(OpsError::Runtime(RuntimeError::Store(error @ StoreError::Unavailable { .. }))) => {
                    tokio::time::sleep(POLL).await;
                    if !mem::replace(&mut self.unavailable, true) {
                        return Ok(TailUpdate::Unavailable(error));
                    }
                }
                Err(error) => return Err(error),
                Ok(ready) => {
                    self.ready = ready;
                    if mem::take(&mut self.unavailable) {
                        return Ok(TailUpdate::Available);
                    }
                    if !ready {
                        if self.ended {
                            return Ok(TailUpdate::Ended);
                        }
                        tokio::time::sleep(POLL).await;
                    }
                }
            }
        }
        self.ready = false;
        let chunk = self.scan.as_ref().map(|(scan, _)| TailUpdate::Events(scan.current()));
        chunk.ok_or_else(|| StoreError::Bug("a tail lost its place".into()).into())
    }

    /// Reads the next chunk of the reading in progress or of new events. Returns false if there is none.
    async fn advance(&mut self) -> Result<bool, OpsError> {
        if self.read_on().await? {
            return Ok(true);
        }
        // The clock is read before the store, so that the answer has all events recorded until then.
        let passed = self.until.as_ref().is_some_and(|until| (until.clock)() > until.moment);
        // The head also shows that the store is still the same.
        let head = no_store_is_empty(self.asking.ask(&self.store).await)?;
        let last = self.highest(head).await?;
        let highest = self.before_the_end(head, last).await?;
        if highest <= self.seen {
            self.ended = passed;
            return Ok(false);
        }
        let query = self.query.clone().from(self.seen + 1).to(highest);
        self.scan = Some((self.store.scan(query), highest));
        Ok(self.read_on().await?)
    }

    /// Continues the reading in progress. Returns true if it has events. Without events, or after an error, it is over.
    async fn read_on(&mut self) -> Result<bool, StoreError> {
        let Some((mut scan, end)) = self.scan.take() else { return Ok(false) };
        if scan.next().await?.is_none() {
            self.seen = end;
            return Ok(false);
        }
        if let Some(last) = scan.current().last() {
            self.seen = self.place(&last);
        }
        self.scan = Some((scan, end));
        Ok(true)
    }

    /// Returns the last place of the stream or store.
    async fn highest(&mut self, head: Head) -> Result<u64, StoreError> {
        let head = head.position;
        match &self.query.source {
            ReadSource::All => Ok(head.0),
            ReadSource::Stream(stream) => match self.known {
                Some((at, version)) if at == head => Ok(version),
                _ => {
                    let Version(version) = no_store_is_empty(self.store.stream_version(stream.clone()).await)?;
                    self.known = Some((head, version));
                    Ok(version)
                }
            },
        }
    }
}
