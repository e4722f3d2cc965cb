//! The last events, and then each new one as it comes: once, in order.

use std::time::Duration;

use crate::event::EventChunk;
use crate::event::StreamName;
use crate::event::Version;
use crate::ops::error::OpsError;
use crate::ops::near::no_stream;
use crate::store::ReadQuery;
use crate::store::Scan;
use crate::store::Source;
use crate::store::Store;
use crate::store::StoreError;

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
    /// How many of those that are there already.
    pub last: u64,
}

/// A tail: what was there, then what comes.
pub struct Tail {
    store: Store,
    query: ReadQuery,
    /// What was there, read backwards.
    before: EventChunk,
    /// Everything up to this place has been handed out or was not wanted.
    seen: u64,
    /// A reading under way, and the place it ends at.
    scan: Option<(Scan, u64)>,
}

impl Tail {
    /// Reads the last events there are. A stream or a store that is not there yet has none.
    ///
    /// # Errors
    /// As the store says.
    pub async fn open(store: &Store, input: &TailEvents) -> Result<Self, OpsError> {
        let source = input.stream.clone().map_or(Source::All, Source::Stream);
        let query = ReadQuery { source, categories: input.categories.clone(), types: input.types.clone(), ..ReadQuery::all() };
        let mut tail = Self { store: store.clone(), query, before: EventChunk::default(), seen: 0, scan: None };
        tail.seen = tail.highest().await?;
        if tail.seen > 0 && input.last > 0 {
            let backwards = tail.query.clone().to(tail.seen).backwards();
            let mut scan = store.scan_limited(backwards, input.last);
            while let Some(chunk) = scan.next().await? {
                chunk.iter().for_each(|event| tail.before.push(&event));
            }
        }
        Ok(tail)
    }

    /// The events that were there, in their order, oldest first.
    pub fn before(&self) -> impl Iterator<Item = crate::event::EventView<'_>> {
        self.before.iter().rev()
    }

    /// Whether there was nothing.
    pub fn is_empty(&self) -> bool {
        self.seen == 0
    }

    /// Waits for the next events.
    ///
    /// # Errors
    /// As the store says; one that is not reachable for a moment is asked again.
    pub async fn next(&mut self) -> Result<&EventChunk, OpsError> {
        self.before.clear();
        loop {
            let (mut scan, end) = match self.scan.take() {
                Some(under_way) => under_way,
                None => self.wait_for_news().await?,
            };
            let found = match scan.next().await {
                Ok(chunk) => chunk.is_some(),
                // Asked again from the last event that was handed out.
                Err(StoreError::Unavailable { .. }) => continue,
                Err(error) => return Err(error.into()),
            };
            if !found {
                self.seen = end;
                continue;
            }
            if let Some(last) = scan.current().last() {
                self.seen = match self.query.source {
                    Source::All => last.position.0,
                    Source::Stream(_) => last.version.0,
                };
            }
            let (scan, _) = self.scan.insert((scan, end));
            return Ok(scan.current());
        }
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
        match answer {
            Err(StoreError::NoStore(_)) => Ok(0),
            answer => answer,
        }
    }
}

/// A stream that has no events is not found.
///
/// # Errors
/// [`OpsError::NotFound`], or as the store says.
pub async fn must_exist(store: &Store, stream: StreamName) -> Result<(), OpsError> {
    match store.stream_version(stream.clone()).await? {
        Version::ZERO => Err(no_stream(store, &stream).await),
        _ => Ok(()),
    }
}
