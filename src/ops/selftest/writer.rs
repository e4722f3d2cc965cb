//! A writer that appends in every way, to streams of its own and to shared streams. It records each append before and after.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::json;
use tokio::sync::watch;

use crate::event::EventType;
use crate::event::ExpectedVersion;
use crate::event::JsonObject;
use crate::event::NewEvent;
use crate::event::StreamName;
use crate::event::Version;
use crate::event::new_id;
use crate::ops::error::OpsError;
use crate::ops::selftest::history::AppendAttempt;
use crate::ops::selftest::history::Journal;
use crate::store::AppendRequest;
use crate::store::Appended;
use crate::store::RecordTime;
use crate::store::Store;
use crate::store::StoreError;

/// The number of streams that all writers append to.
const SHARED_STREAMS: u64 = 4;
/// The pause after an answer that the store is unavailable.
const PAUSE_AFTER_REFUSAL: Duration = Duration::from_millis(20);
/// Maximum number of repetitions of an append with an unknown outcome.
const REPEATS: usize = 3;

/// A worker that appends events.
pub struct LoadWriter {
    number: usize,
    store: Store,
    journal: Arc<dyn Journal>,
    /// The number of the next stream that several writers try to begin.
    raced: Arc<AtomicU64>,
    dice: Dice,
    /// The version of the writer's own stream, as far as it is known.
    own: Version,
    /// The last append that was acknowledged.
    last: Option<AppendRequest>,
}

impl LoadWriter {
    /// Returns a writer with a unique number. Writers that share `raced` try to begin the same streams.
    pub fn new(number: usize, store: Store, journal: Arc<dyn Journal>, raced: Arc<AtomicU64>) -> Self {
        Self { number, store, journal, raced, dice: Dice(number as u64 + 1), own: Version::ZERO, last: None }
    }

    /// Appends until it is stopped, with a pause between two appends.
    ///
    /// # Errors
    /// An answer after which the store will never accept appends. All other answers are only recorded.
    pub async fn run(mut self, pause: Duration, stop: watch::Receiver<bool>) -> Result<(), OpsError> {
        while !*stop.borrow() {
            self.step().await?;
            tokio::time::sleep(pause).await;
        }
        Ok(())
    }

    async fn step(&mut self) -> Result<(), OpsError> {
        match self.dice.below(20) {
            0..6 => self.own_stream().await,
            6..10 => {
                let stream = self.shared()?;
                let request = self.request(stream, ExpectedVersion::Any, 1, 3)?;
                self.append(request).await.map(drop)
            }
            10..13 => self.race_for_a_version().await,
            13..15 => self.race_for_a_stream().await,
            15 => {
                let stream = if self.dice.below(2) == 0 { self.shared()? } else { named("never", 0)? };
                let request = self.request(stream, ExpectedVersion::Exists, 1, 2)?;
                self.append(request).await.map(drop)
            }
            16 => {
                let stream = self.shared()?;
                let request = self.request(stream, ExpectedVersion::Exact(Version(1_000_000_000)), 1, 1)?;
                self.append(request).await.map(drop)
            }
            17 => self.the_same_again().await,
            18 => self.other_content().await,
            _ => self.twice_at_once().await,
        }
    }

    /// Appends to a stream that no other writer uses, so its version is known.
    async fn own_stream(&mut self) -> Result<(), OpsError> {
        let stream = named("own", self.number as u64)?;
        let most = if self.dice.below(20) == 0 { 200 } else { 8 };
        let request = self.request(stream.clone(), ExpectedVersion::Exact(self.own), 1, most)?;
        if let Some(appended) = self.append(request).await? {
            self.own = appended.events.last().map_or(self.own, |last| last.version);
        } else if let Ok(version) = self.store.stream_version(stream).await {
            self.own = version;
        }
        Ok(())
    }

    /// Appends at the current version of a shared stream, as other writers do at the same time.
    async fn race_for_a_version(&mut self) -> Result<(), OpsError> {
        let stream = self.shared()?;
        let Ok(version) = self.store.stream_version(stream.clone()).await else { return Ok(()) };
        let request = self.request(stream, ExpectedVersion::Exact(version), 1, 2)?;
        self.append(request).await.map(drop)
    }

    /// Begins a stream that other writers begin at the same time.
    async fn race_for_a_stream(&mut self) -> Result<(), OpsError> {
        let number = self.raced.load(Ordering::SeqCst);
        let request = self.request(named("raced", number)?, ExpectedVersion::NoStream, 1, 3)?;
        self.append(request).await?;
        self.raced.fetch_max(number + 1, Ordering::SeqCst);
        Ok(())
    }

    /// Sends a known batch again, with various expected versions.
    async fn the_same_again(&mut self) -> Result<(), OpsError> {
        let Some(mut request) = self.last.clone() else { return Ok(()) };
        request.expected = match self.dice.below(3) {
            0 => request.expected,
            1 => ExpectedVersion::NoStream,
            _ => ExpectedVersion::Any,
        };
        self.send(&request).await.map(drop)
    }

    /// Sends a known id with other content or with a new event.
    async fn other_content(&mut self) -> Result<(), OpsError> {
        let Some(known) = self.last.clone() else { return Ok(()) };
        let mut request = self.request(known.stream.clone(), ExpectedVersion::Any, 1, 1)?;
        if self.dice.below(2) == 0 {
            request.events[0].event_id = known.events[0].event_id;
        } else {
            request.events.insert(0, known.events[0].clone());
        }
        self.send(&request).await.map(drop)
    }

    /// Sends the same batch twice at the same time.
    async fn twice_at_once(&mut self) -> Result<(), OpsError> {
        let stream = self.shared()?;
        let request = self.request(stream, ExpectedVersion::Any, 2, 3)?;
        let (one, other) = tokio::join!(self.send(&request), self.send(&request));
        one.and(other).map(drop)
    }

    /// Appends. Half of the appends with an unknown outcome are repeated.
    async fn append(&mut self, request: AppendRequest) -> Result<Option<Appended>, OpsError> {
        let mut answer = self.send(&request).await?;
        if self.dice.below(2) == 0 {
            for _ in 0..REPEATS {
                if !matches!(answer, Err(StoreError::OutcomeUnknown { .. })) {
                    break;
                }
                answer = self.send(&request).await?;
            }
        }
        Ok(answer.ok().inspect(|_| self.last = Some(request)))
    }

    /// Sends an append once and records it.
    async fn send(&self, request: &AppendRequest) -> Result<Result<Appended, StoreError>, OpsError> {
        let number = self.journal.begin(AppendAttempt::of(self.number, request));
        let answer = self.store.append(request.clone()).await;
        self.journal.end(number, answer.clone());
        match answer {
            Err(
                error @ (StoreError::NotAllowed { .. }
                | StoreError::Unsupported(_)
                | StoreError::OtherApplication { .. }
                | StoreError::ClockRefused(_)
                | StoreError::NotFound(_)),
            ) => Err(error.into()),
            Err(StoreError::Unavailable { .. } | StoreError::OutcomeUnknown { .. }) => {
                tokio::time::sleep(PAUSE_AFTER_REFUSAL).await;
                Ok(answer)
            }
            answer => Ok(answer),
        }
    }

    fn shared(&mut self) -> Result<StreamName, OpsError> {
        named("shared", self.dice.below(SHARED_STREAMS))
    }

    /// Returns an append with a random number of events, most of them small.
    fn request(
        &mut self,
        stream: StreamName,
        expected: ExpectedVersion,
        least: u64,
        most: u64,
    ) -> Result<AppendRequest, OpsError> {
        let count = least + self.dice.below(most - least + 1);
        let events = (0..count).map(|_| self.event()).collect::<Result<_, _>>()?;
        Ok(AppendRequest { stream, expected, events, time: RecordTime::StoreClock })
    }

    fn event(&mut self) -> Result<NewEvent, OpsError> {
        let padding = if self.dice.below(50) == 0 { 10_000 } else { self.dice.below(40) };
        let padding = "x".repeat(usize::try_from(padding).unwrap_or_default());
        Ok(NewEvent {
            event_id: new_id(),
            event_type: EventType::parse("selftest.happened")?,
            schema_version: 1,
            data: JsonObject::of(&json!({ "number": self.dice.below(1000), "padding": padding }))?,
            metadata: JsonObject::of(&json!({ "client_id": format!("writer {}", self.number) }))?,
        })
    }
}

fn named(kind: &str, number: u64) -> Result<StreamName, OpsError> {
    Ok(StreamName::of("selftest", &format!("{kind}-{number}"))?)
}

/// A generator of pseudo-random numbers that are the same in each run.
struct Dice(u64);

impl Dice {
    /// Returns a number from 0 up to, but without, `bound`.
    fn below(&mut self, bound: u64) -> u64 {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound.max(1)
    }
}
