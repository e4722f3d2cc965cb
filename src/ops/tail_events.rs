//! The last events, and then each new one as it comes: once, in order.

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
use crate::ops::late::HeadQuestion;
use crate::ops::selection::place_at;
use crate::ops::selection::place_before;
use crate::runtime::Clock;
use crate::runtime::RuntimeError;
use crate::store::Head;
use crate::store::ReadQuery;
use crate::store::Scan;
use crate::store::Source;
use crate::store::Store;
use crate::store::StoreError;
use crate::store::no_store_is_empty;

/// How often a store is asked for news.
const POLL: Duration = Duration::from_millis(50);

/// The events to show and to follow.
#[derive(Debug, Clone, Default)]
pub struct TailEvents {
    /// The stream; none for all of them.
    pub stream: Option<StreamName>,
    /// Only of these categories; none: all.
    pub categories: Vec<String>,
    /// Only of these types; none: all.
    pub types: Vec<String>,
    /// The filter by which the last events are counted. The caller applies it again to what it is given.
    pub filter: EventFilter,
    /// The first of the events that are there already.
    pub start: TailStart,
    /// The end; none to follow for as long as the tail is asked.
    pub until: Option<TailEnd>,
}

/// The end of a tail: it hands out no event recorded after a moment, and ends once that moment has passed.
#[derive(Clone)]
pub struct TailEnd {
    /// The latest time of recording.
    pub moment: Timestamp,
    /// The clock by which the moment passes.
    pub clock: Clock,
}

impl fmt::Debug for TailEnd {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_tuple("TailEnd").field(&self.moment).finish()
    }
}

/// The first event that a tail shows.
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

/// A piece of news from a tail.
#[derive(Debug)]
pub enum TailNews<'a> {
    /// The next events.
    Events(&'a EventChunk),
    /// The store became unavailable. The tail keeps trying.
    Unavailable(StoreError),
    /// The store is available again; nothing was missed.
    Available,
    /// The end was reached: there are no more events to come.
    Ended,
}

/// A tail: the events that were there, then each new one. Memory stays flat, however many were there.
pub struct Tail {
    store: Store,
    query: ReadQuery,
    /// The last place there was when the tail was opened.
    there: u64,
    /// Everything up to this place has been handed out or was not wanted.
    seen: u64,
    /// A reading under way, and the place it ends at.
    scan: Option<(Scan, u64)>,
    /// The current chunk of the reading has not been handed out yet.
    ready: bool,
    /// The last attempt found the store unavailable.
    unavailable: bool,
    /// The last position of the store and the version of the stream when they were last asked: without news in the store the
    /// stream has none.
    known: Option<(Position, u64)>,
    asking: HeadQuestion,
    until: Option<TailEnd>,
    /// No event before the end can be recorded any more.
    ended: bool,
}

impl Tail {
    /// Finds the first event to show. A stream or a store that is not there yet has none.
    ///
    /// # Errors
    /// [`OpsError::CursorBeyondEnd`], or an error of the store.
    pub async fn open(store: &Store, input: &TailEvents) -> Result<Self, OpsError> {
        let source = input.stream.clone().map_or(Source::All, Source::Stream);
        let query = ReadQuery { source, categories: input.categories.clone(), types: input.types.clone(), ..ReadQuery::all() };
        let mut tail = Self {
            store: store.clone(),
            query,
            there: 0,
            seen: 0,
            scan: None,
            ready: false,
            unavailable: false,
            known: None,
            asking: HeadQuestion::default(),
            until: input.until.clone(),
            ended: false,
        };
        if let (TailStart::Since(since), Some(TailEnd { moment, .. })) = (input.start, &input.until)
            && since > *moment
        {
            return Err(OpsError::Invalid(format!("since {since} is after until {moment}")));
        }
        let head = no_store_is_empty(store.head().await)?;
        let last = tail.highest(head).await?;
        tail.there = tail.before_the_end(head, last).await?;
        tail.seen = tail.before_the_first(input, last).await?;
        if tail.seen < tail.there {
            let query = tail.query.clone().from(tail.seen + 1).to(tail.there);
            tail.scan = Some((tail.store.scan(query), tail.there));
        }
        Ok(tail)
    }

    /// Returns the last place that is not after the end of the tail, where the head is this and the last place `last`.
    async fn before_the_end(&self, head: Head, last: u64) -> Result<u64, OpsError> {
        match &self.until {
            Some(TailEnd { moment, .. }) if head.recorded_at > *moment => {
                Ok(last.min(place_at(&self.store, &self.query.source, *moment).await?))
            }
            _ => Ok(last),
        }
    }

    /// Returns the place before the first event to show; `last` is the last place.
    async fn before_the_first(&self, input: &TailEvents, last: u64) -> Result<u64, OpsError> {
        match input.start {
            TailStart::Last(count) => self.before_the_last(&input.filter, count).await,
            TailStart::After(cursor) => {
                check_cursor(&self.store, &self.query.source, cursor, last).await?;
                Ok(cursor)
            }
            TailStart::Since(_) if self.there == 0 => Ok(0),
            TailStart::Since(moment) => place_before(&self.store, &self.query.source, moment).await,
        }
    }

    /// Returns the place before the first of the last `count` events that are wanted.
    async fn before_the_last(&self, filter: &EventFilter, count: u64) -> Result<u64, OpsError> {
        if !filter.takes_all() {
            return self.before_the_last_wanted(filter, count).await;
        }
        if self.query.categories.is_empty() && self.query.types.is_empty() {
            return Ok(self.there.saturating_sub(count));
        }
        let mut first = None;
        let mut scan = self.store.scan_limited(self.query.clone().to(self.there).backwards(), count);
        while let Some(chunk) = scan.next().await? {
            first = chunk.last().map(|event| self.place(&event));
        }
        Ok(first.map_or(self.there, |first| first.saturating_sub(1)))
    }

    async fn before_the_last_wanted(&self, filter: &EventFilter, count: u64) -> Result<u64, OpsError> {
        let (mut found, mut first) = (0, self.there);
        let mut scan = self.store.scan(self.query.clone().to(self.there).backwards());
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
            Source::All => event.position.0,
            Source::Stream(_) => event.version.0,
        }
    }

    /// Whether there was nothing.
    pub fn is_empty(&self) -> bool {
        self.there == 0
    }

    /// The next of the events that were there, oldest first; none after the last of them.
    ///
    /// # Errors
    /// As the store says.
    pub async fn next_there(&mut self) -> Result<Option<&EventChunk>, OpsError> {
        if self.seen < self.there && self.read_on().await? {
            return Ok(self.scan.as_ref().map(|(scan, _)| scan.current()));
        }
        Ok(None)
    }

    /// Waits for the next news: events, those that were there and were not asked for first, or an outage and its end.
    ///
    /// # Errors
    /// An error of the store, other than that it is unavailable.
    pub async fn next(&mut self) -> Result<TailNews<'_>, OpsError> {
        while !self.ready {
            match self.advance().await {
                // Asked again from the last event that was handed out.
                Err(OpsError::Runtime(RuntimeError::Store(error @ StoreError::Unavailable { .. }))) => {
                    tokio::time::sleep(POLL).await;
                    if !mem::replace(&mut self.unavailable, true) {
                        return Ok(TailNews::Unavailable(error));
                    }
                }
                Err(error) => return Err(error),
                Ok(ready) => {
                    self.ready = ready;
                    if mem::take(&mut self.unavailable) {
                        return Ok(TailNews::Available);
                    }
                    if !ready {
                        if self.ended {
                            return Ok(TailNews::Ended);
                        }
                        tokio::time::sleep(POLL).await;
                    }
                }
            }
        }
        self.ready = false;
        let chunk = self.scan.as_ref().map(|(scan, _)| TailNews::Events(scan.current()));
        chunk.ok_or_else(|| StoreError::Bug("a tail lost its place".into()).into())
    }

    /// Reads the next chunk, of the reading under way or of what is new; returns false where there is none.
    async fn advance(&mut self) -> Result<bool, OpsError> {
        if self.read_on().await? {
            return Ok(true);
        }
        // Before the store is asked: what was recorded until then is in the answer.
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

    /// Reads on in the reading under way; whether there are events in it. It is over when there are none, or an error.
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

    /// Returns the last place of what is followed.
    async fn highest(&mut self, head: Head) -> Result<u64, StoreError> {
        let head = head.position;
        match &self.query.source {
            Source::All => Ok(head.0),
            Source::Stream(stream) => match self.known {
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
