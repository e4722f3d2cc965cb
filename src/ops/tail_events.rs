//! The last events, and then each new one as it comes: once, in order.

use std::time::Duration;

use crate::event::EventChunk;
use crate::event::EventView;
use crate::event::StreamName;
use crate::event::Version;
use crate::ops::condition::Condition;
use crate::ops::error::OpsError;
use crate::store::ReadQuery;
use crate::store::Scan;
use crate::store::Source;
use crate::store::Store;
use crate::store::StoreError;
use crate::store::no_store_is_empty;

/// How often a store is asked for news.
const POLL: Duration = Duration::from_millis(50);

/// Which events.
#[derive(Debug, Clone)]
pub struct TailEvents {
    /// Of this stream; none: of all.
    pub stream: Option<StreamName>,
    /// Only of these categories; none: all.
    pub categories: Vec<String>,
    /// Only of these types; none: all.
    pub types: Vec<String>,
    /// Only those for which this holds, where the last of them are looked for; who takes them asks again.
    pub condition: Option<Condition>,
    /// How many of those that are there already.
    pub last: u64,
}

/// A tail: what was there, then what comes. Memory stays flat, however much was there.
pub struct Tail {
    store: Store,
    query: ReadQuery,
    /// The last place there was when the tail was opened.
    there: u64,
    /// Everything up to this place has been handed out or was not wanted.
    seen: u64,
    /// A reading under way, and the place it ends at.
    scan: Option<(Scan, u64)>,
}

impl Tail {
    /// Finds the last events there are. A stream or a store that is not there yet has none.
    ///
    /// # Errors
    /// As the store says.
    pub async fn open(store: &Store, input: &TailEvents) -> Result<Self, OpsError> {
        let source = input.stream.clone().map_or(Source::All, Source::Stream);
        let query = ReadQuery { source, categories: input.categories.clone(), types: input.types.clone(), ..ReadQuery::all() };
        let mut tail = Self { store: store.clone(), query, there: 0, seen: 0, scan: None };
        tail.there = tail.highest().await?;
        tail.seen = tail.before_the_last(input).await?;
        if tail.seen < tail.there {
            let query = tail.query.clone().from(tail.seen + 1).to(tail.there);
            tail.scan = Some((store.scan(query), tail.there));
        }
        Ok(tail)
    }

    /// The place before the first of the last `count` events that are wanted.
    async fn before_the_last(&self, input: &TailEvents) -> Result<u64, OpsError> {
        let count = input.last;
        if let Some(condition) = &input.condition {
            return self.before_the_last_where(condition, count).await;
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

    async fn before_the_last_where(&self, condition: &Condition, count: u64) -> Result<u64, OpsError> {
        let (mut found, mut first) = (0, self.there);
        let mut scan = self.store.scan(self.query.clone().to(self.there).backwards());
        while found < count {
            let Some(chunk) = scan.next().await? else { break };
            for event in chunk.iter() {
                if found < count && condition.of_event(&event)? {
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

    /// Waits for the next events, those that were there and were not asked for first.
    ///
    /// # Errors
    /// As the store says; one that is not reachable for a moment is asked again.
    pub async fn next(&mut self) -> Result<&EventChunk, OpsError> {
        loop {
            if self.scan.is_none() {
                self.scan = Some(self.wait_for_news().await?);
            }
            match self.read_on().await {
                Ok(true) => break,
                Ok(false) => {}
                // Asked again from the last event that was handed out.
                Err(StoreError::Unavailable { .. }) => tokio::time::sleep(POLL).await,
                Err(error) => return Err(error.into()),
            }
        }
        self.scan.as_ref().map(|(scan, _)| scan.current()).ok_or_else(|| StoreError::Bug("a tail lost its place".into()).into())
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

    async fn wait_for_news(&self) -> Result<(Scan, u64), OpsError> {
        loop {
            let highest = match self.highest().await {
                Ok(highest) => highest,
                Err(StoreError::Unavailable { .. }) => self.seen,
                Err(error) => return Err(error.into()),
            };
            if highest > self.seen {
                let query = self.query.clone().from(self.seen + 1).to(highest);
                return Ok((self.store.scan(query), highest));
            }
            tokio::time::sleep(POLL).await;
        }
    }

    async fn highest(&self) -> Result<u64, StoreError> {
        let answer = match &self.query.source {
            Source::All => self.store.head().await.map(|head| head.position.0),
            Source::Stream(stream) => self.store.stream_version(stream.clone()).await.map(|Version(version)| version),
        };
        no_store_is_empty(answer)
    }
}
