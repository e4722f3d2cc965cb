//! A reader that follows a store of another program, is killed at random, and goes on from its token.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::time::Duration;
use std::time::Instant;

use esctl::event::StreamName;
use esctl::runtime::system_clock;
use esctl::store::ReadQuery;
use esctl::store::Store;
use esctl::store::StoreError;
use esctl::store::follow::Follow;
use esctl::store::follow::FollowStart;
use esctl::store::layout::Origin;
use esctl::store::layout::parse;
use esctl::store::layout_store::LayoutChoice;
use esctl::store::layout_store::open_with_layout;

/// Numbers that look random and are the same in each run.
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }

    /// Waits for some milliseconds.
    pub async fn pause(&mut self, limit: u64) {
        tokio::time::sleep(Duration::from_micros(self.below(limit * 1000))).await;
    }
}

/// Returns the store at a URL, read with the text of a layout.
pub fn store_of(url: &str, layout: &str) -> Store {
    let layout = parse(layout, Origin::User).unwrap();
    let choice = LayoutChoice::Named("followed".into(), Box::new(layout));
    open_with_layout(&url.parse().unwrap(), choice, Duration::from_secs(20)).unwrap()
}

/// A reader, and the events that it has recorded together with its token.
pub struct Reader {
    store: Store,
    query: ReadQuery,
    start: FollowStart,
    follower: Option<Box<dyn Follow>>,
    token: Option<String>,
    random: Random,
    /// It is killed once in this many polls; never if 0.
    kills: u64,
    /// The numbers of the events, from their data, and how often each was recorded.
    pub recorded: BTreeMap<i64, u32>,
    /// The numbers in the order in which they were recorded.
    pub order: Vec<i64>,
    pub late: usize,
    pub killed: usize,
    pub unavailable: usize,
    /// The transactions that were waited for, in words.
    pub named: BTreeSet<String>,
    pub notes: Vec<String>,
}

impl Reader {
    /// Follows all streams, or one.
    pub fn new(store: Store, stream: Option<&str>, start: FollowStart, kills: u64) -> Self {
        let query = stream.map_or_else(ReadQuery::all, |stream| ReadQuery::stream(stream.parse::<StreamName>().unwrap()));
        let (recorded, order, late, killed, unavailable, named, notes) = Default::default();
        let (follower, token, random) = (None, None, Random(7));
        Self { store, query, start, follower, token, random, kills, recorded, order, late, killed, unavailable, named, notes }
    }

    /// Begins now, so that events from now on are followed.
    pub async fn begin(&mut self) {
        let start = self.token.clone().map_or_else(|| self.start.clone(), FollowStart::Token);
        let follower = self.store.follow(self.query.clone(), start, system_clock()()).await.unwrap();
        self.token = Some(follower.token());
        self.follower = Some(follower);
    }

    /// Polls once. The events and the token are recorded together, as by a reader with transactions.
    pub async fn poll(&mut self) {
        if self.follower.is_none() {
            self.begin().await;
        }
        let follower = self.follower.as_mut().unwrap();
        let batch = match follower.next(system_clock()()).await {
            Err(StoreError::Unavailable { .. }) => {
                self.unavailable += 1;
                return tokio::time::sleep(Duration::from_millis(100)).await;
            }
            batch => batch.unwrap(),
        };
        let token = follower.token();
        if self.kills > 0 && self.random.below(self.kills) == 0 {
            // Killed before the batch was recorded, or after it.
            self.killed += 1;
            self.follower = None;
            if self.random.below(2) == 0 {
                return;
            }
        }
        self.token = Some(token);
        self.late += batch.late;
        for (number, event) in batch.events.iter().enumerate() {
            let data: serde_json::Value = serde_json::from_str(event.data).unwrap();
            let source: serde_json::Value = serde_json::from_str(event.source.unwrap()).unwrap();
            assert_eq!(source["late"] == true, number < batch.late, "{event:?}");
            let number = data["n"].as_i64().unwrap();
            *self.recorded.entry(number).or_default() += 1;
            self.order.push(number);
        }
        self.named.extend(batch.waiting.into_iter().flat_map(|wait| wait.writers));
        self.notes.extend(batch.notes);
        tokio::time::sleep(batch.pause).await;
    }

    /// Polls until the writers have stopped and all these numbers were recorded, or for 20 seconds more.
    pub async fn follow(&mut self, stopped: &AtomicBool, written: impl AsyncFn() -> BTreeSet<i64>) {
        while !stopped.load(Ordering::SeqCst) {
            self.poll().await;
        }
        let (end, written) = (Instant::now() + Duration::from_secs(20), written().await);
        while Instant::now() < end && !written.iter().all(|number| self.recorded.contains_key(number)) {
            self.poll().await;
        }
        // Nothing comes twice afterwards.
        for _ in 0..20 {
            self.poll().await;
        }
        self.must_have(&written);
    }

    /// Checks that these events were recorded once each, and no others.
    #[track_caller]
    pub fn must_have(&self, written: &BTreeSet<i64>) {
        let missed: Vec<&i64> = written.iter().filter(|number| !self.recorded.contains_key(number)).collect();
        assert!(missed.is_empty(), "missed {} of {}: {missed:?}", missed.len(), written.len());
        let doubled: Vec<_> = self.recorded.iter().filter(|(_, count)| **count > 1).collect();
        assert!(doubled.is_empty(), "recorded twice: {doubled:?}");
        assert!(self.recorded.keys().all(|number| written.contains(number)), "more than was written");
    }
}
