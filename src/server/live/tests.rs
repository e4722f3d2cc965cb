//! Delivery tests: however subscriptions, disconnects and writes interleave, a client that reconnects with its last
//! seen version sees each version once and in order.

use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::Just;
use proptest::prelude::ProptestConfig;
use proptest::prelude::Strategy;
use proptest::prelude::any;
use proptest::prelude::prop;
use proptest::prop_assert_eq;
use proptest::prop_oneof;
use proptest::proptest;
use proptest::test_runner::TestCaseError;

use crate::event::EventType;
use crate::event::ExpectedVersion;
use crate::event::NewEvent;
use crate::event::StreamName;
use crate::event::Version;
use crate::server::live::event::LiveEvent;
use crate::server::live::follower::Follower;
use crate::server::live::hub::Hub;
use crate::server::live::live_events::LiveEvents;
use crate::server::live::subscription::Delivery;
use crate::server::live::subscription::Subscription;
use crate::server::live::text::EventFormat;
use crate::server::live::topic::MAX_EVENTS;
use crate::server::live::topic::Notifier;
use crate::server::metrics::ServerMetrics;
use crate::server::visibility::EventVisibility;
use crate::store::AppendRequest;
use crate::store::RecordTime;
use crate::store::Store;

const PATIENCE: Duration = Duration::from_secs(10);

fn a_store() -> Store {
    crate::store::open(&"sqlite::memory:".parse().unwrap(), Duration::from_secs(20)).unwrap()
}

fn a_hub(store: &Store) -> Hub {
    Hub::new(store.clone(), ServerMetrics::new("SQLite"), PATIENCE)
}

fn stream(number: usize) -> StreamName {
    StreamName::parse(&format!("thing-{number}")).unwrap()
}

async fn append(store: &Store, number: usize, count: usize) {
    let event = |_| NewEvent::new(EventType::parse("thing.done").unwrap(), &serde_json::json!({"a": 1})).unwrap();
    let events = (0..count).map(event).collect();
    let request = AppendRequest { stream: stream(number), expected: ExpectedVersion::Any, events, time: RecordTime::StoreClock };
    store.append(request).await.unwrap();
}

/// A client that is disconnected now and then, and the versions that it has seen.
struct ReconnectingClient {
    stream: usize,
    seen: Vec<u64>,
    subscription: Option<Subscription>,
}

impl ReconnectingClient {
    fn last(&self) -> Version {
        Version(self.seen.last().copied().unwrap_or(0))
    }

    fn take(&mut self, events: &[Arc<LiveEvent>]) {
        self.seen.extend(events.iter().map(|event| event.version().0));
    }

    fn connect(&mut self, hub: &Arc<Hub>) {
        let after = self.last();
        self.subscription.get_or_insert_with(|| Subscription::open(hub, &stream(self.stream), after, Notifier::default()));
    }

    /// Returns true if there was nothing to deliver.
    async fn step(&mut self) -> bool {
        let Some(subscription) = &mut self.subscription else { return true };
        match subscription.step().await.unwrap() {
            Delivery::Events(events) => {
                self.take(&events);
                false
            }
            Delivery::CaughtUp => false,
            Delivery::Idle => true,
            other => panic!("{other:?}"),
        }
    }
}

#[derive(Debug, Clone)]
enum Happens {
    Append { stream: usize, count: usize },
    Follow,
    Reset,
    Connect(usize),
    Cut(usize),
    Step(usize),
    BeginWithState(usize),
}

const STREAMS: usize = 2;
const READERS: usize = 3;

fn happens() -> impl Strategy<Value = Happens> {
    prop_oneof![
        4 => (0..STREAMS, prop_oneof![9 => 1..4_usize, 1 => 250..270_usize, 1 => Just(MAX_EVENTS + 1)])
            .prop_map(|(stream, count)| Happens::Append { stream, count }),
        4 => Just(Happens::Follow),
        1 => Just(Happens::Reset),
        3 => (0..READERS).prop_map(Happens::Connect),
        2 => (0..READERS).prop_map(Happens::Cut),
        8 => (0..READERS).prop_map(Happens::Step),
        1 => (0..READERS).prop_map(Happens::BeginWithState),
    ]
}

/// Executes the steps and then lets every client read to the end. Returns the versions that each has seen, and the
/// version of its stream.
async fn run(story: Vec<Happens>) -> Vec<(Vec<u64>, u64)> {
    let store = a_store();
    let hub = Arc::new(a_hub(&store));
    let mut follower = Follower::default();
    let mut readers: Vec<ReconnectingClient> = (0..READERS)
        .map(|number| ReconnectingClient { stream: number % STREAMS, seen: Vec::new(), subscription: None })
        .collect();
    for what in story {
        match what {
            Happens::Append { stream, count } => append(&store, stream, count).await,
            Happens::Follow => drop(follower.poll(&hub).await.unwrap()),
            Happens::Reset => hub.reset(),
            Happens::Connect(reader) => readers[reader].connect(&hub),
            Happens::Cut(reader) => readers[reader].subscription = None,
            Happens::Step(reader) => drop(readers[reader].step().await),
            Happens::BeginWithState(reader) => begin_with_state(&mut readers[reader], &hub).await,
        }
    }
    let mut seen = Vec::new();
    for reader in &mut readers {
        reader.connect(&hub);
        follower.poll(&hub).await.unwrap();
        while !reader.step().await {}
        let there = store.stream_version(stream(reader.stream)).await.unwrap_or_default();
        seen.push((std::mem::take(&mut reader.seen), there.0));
    }
    seen
}

/// Begins like a new client: the events in the state count as seen.
async fn begin_with_state(reader: &mut ReconnectingClient, hub: &Arc<Hub>) {
    let mut subscription = Subscription::open(hub, &stream(reader.stream), Version::ZERO, Notifier::default());
    let there = hub.store.stream_version(stream(reader.stream)).await.unwrap_or_default();
    subscription.begin_after(there);
    reader.seen = (1..=there.0).collect();
    reader.subscription = Some(subscription);
}

fn tokio_run<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap().block_on(work)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]
    #[test]
    fn each_client_sees_each_version_once_and_in_order(story in prop::collection::vec(happens(), 0..60)) {
        for (seen, there) in tokio_run(run(story)) {
            prop_assert_eq!(seen, (1..=there).collect::<Vec<_>>());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20))]
    #[test]
    fn each_client_sees_each_version_once_during_writes(seed in any::<u64>()) {
        tokio_run(race(seed))?;
    }
}

/// Runs writers and readers on their own tasks, with random disconnects.
async fn race(seed: u64) -> Result<(), TestCaseError> {
    let store = a_store();
    let live = LiveEvents::start(store.clone(), ServerMetrics::new("SQLite"), PATIENCE);
    let writers: Vec<_> = (0..STREAMS)
        .map(|number| {
            let (store, live) = (store.clone(), live.clone());
            tokio::spawn(async move {
                for turn in 0..20 {
                    append(&store, number, 1 + (seed as usize + turn * 7) % 40).await;
                    if turn % 3 == 0 {
                        live.wake();
                    }
                    tokio::task::yield_now().await;
                }
            })
        })
        .collect();
    let readers: Vec<_> = (0..6)
        .map(|number| {
            let (store, live) = (store.clone(), live.clone());
            tokio::spawn(async move { read_with_cuts(&store, &live, number, seed).await })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    for reader in readers {
        let (seen, there) = reader.await.unwrap();
        prop_assert_eq!(seen, (1..=there).collect::<Vec<_>>());
    }
    Ok(())
}

/// Reads until all events of 20 turns of a writer are seen, with disconnects now and then.
async fn read_with_cuts(store: &Store, live: &LiveEvents, number: usize, seed: u64) -> (Vec<u64>, u64) {
    let of = number % STREAMS;
    let all: u64 = (0..20).map(|turn| 1 + (seed as usize + turn * 7) as u64 % 40).sum();
    let mut reader = ReconnectingClient { stream: of, seen: Vec::new(), subscription: None };
    let mut steps = seed.wrapping_add(number as u64);
    while reader.last().0 < all {
        let notifier = Notifier::default();
        reader.subscription = Some(live.subscribe(&stream(of), reader.last(), Arc::clone(&notifier)));
        steps = steps.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        for _ in 0..steps >> 59 {
            // A client that is disconnected does not wait forever.
            if reader.step().await && tokio::time::timeout(Duration::from_millis(20), notifier.notified()).await.is_err() {
                break;
            }
        }
    }
    (reader.seen, store.stream_version(stream(of)).await.unwrap().0)
}

#[test]
fn a_burst_beyond_the_kept_events_disconnects_no_client() {
    tokio_run(async {
        let store = a_store();
        let hub = Arc::new(a_hub(&store));
        let mut follower = Follower::default();
        append(&store, 0, 1).await;
        let mut reader = ReconnectingClient { stream: 0, seen: Vec::new(), subscription: None };
        reader.connect(&hub);
        follower.poll(&hub).await.unwrap();
        while !reader.step().await {}
        append(&store, 0, 3 * MAX_EVENTS).await;
        follower.poll(&hub).await.unwrap();
        while !reader.step().await {}
        assert_eq!(reader.seen, (1..=1 + 3 * MAX_EVENTS as u64).collect::<Vec<_>>());
    });
}

#[test]
fn a_live_client_that_stays_behind_too_long_is_too_slow() {
    tokio_run(async {
        let store = a_store();
        let mut hub = a_hub(&store);
        hub.catch_up = Duration::ZERO;
        let hub = Arc::new(hub);
        let mut follower = Follower::default();
        let (mut slow, mut quick) = (
            Subscription::open(&hub, &stream(0), Version::ZERO, Notifier::default()),
            ReconnectingClient { stream: 0, seen: vec![], subscription: None },
        );
        quick.connect(&hub);
        follower.poll(&hub).await.unwrap();
        assert!(matches!(slow.step().await.unwrap(), Delivery::CaughtUp));
        for _ in 0..3 {
            append(&store, 0, MAX_EVENTS / 2).await;
            follower.poll(&hub).await.unwrap();
            while !quick.step().await {}
        }
        assert!(matches!(slow.step().await.unwrap(), Delivery::Events(_)), "the first read from the store is allowed");
        tokio::time::sleep(Duration::from_millis(1)).await;
        assert!(matches!(slow.step().await.unwrap(), Delivery::TooSlow));
        assert_eq!(quick.seen.len(), 3 * (MAX_EVENTS / 2), "the others are not slowed");
    });
}

#[test]
fn a_version_beyond_the_end_is_reported() {
    tokio_run(async {
        let store = a_store();
        let hub = Arc::new(a_hub(&store));
        append(&store, 0, 3).await;
        for (of, after, is_there) in [(0, 3, true), (0, 1, true), (0, 4, false), (1, 1, false), (1, 0, true)] {
            let mut subscription = Subscription::open(&hub, &stream(of), Version(after), Notifier::default());
            let beyond_end = matches!(subscription.step().await.unwrap(), Delivery::BeyondEnd);
            assert_eq!(beyond_end, !is_there, "{of} {after}");
        }
    });
}

#[test]
fn an_event_is_serialized_once_for_clients_with_the_same_view() {
    tokio_run(async {
        let store = a_store();
        let hub = Arc::new(a_hub(&store));
        let mut follower = Follower::default();
        let mut readers = [0, 1].map(|_| Subscription::open(&hub, &stream(0), Version::ZERO, Notifier::default()));
        follower.poll(&hub).await.unwrap();
        for reader in &mut readers {
            assert!(matches!(reader.step().await.unwrap(), Delivery::CaughtUp));
        }
        append(&store, 0, 1).await;
        follower.poll(&hub).await.unwrap();
        let mut texts = Vec::new();
        for reader in &mut readers {
            let Delivery::Events(events) = reader.step().await.unwrap() else { panic!("no event") };
            texts.push(events[0].text(EventFormat::Message, EventVisibility::Client).unwrap());
            assert_ne!(
                texts[0],
                events[0].text(EventFormat::Message, EventVisibility::Server).unwrap(),
                "the hash is the server's"
            );
        }
        assert_eq!(texts[0].as_ptr(), texts[1].as_ptr());
        assert!(texts[0].starts_with(r#"{"type":"event","eventId":1,"stream":"thing-0","data":{"position":1,"#), "{}", texts[0]);
    });
}

#[test]
fn a_store_that_is_not_there_yet_is_followed_from_its_first_event() {
    tokio_run(async {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("new.db").display());
        let store = crate::store::open(&url.parse().unwrap(), Duration::from_secs(20)).unwrap();
        let live = LiveEvents::start(store.clone(), ServerMetrics::new("SQLite"), PATIENCE);
        let notifier = Notifier::default();
        let mut subscription = live.subscribe(&stream(0), Version::ZERO, Arc::clone(&notifier));
        assert!(matches!(subscription.step().await.unwrap(), Delivery::CaughtUp));
        append(&store, 0, 1).await;
        loop {
            notifier.notified().await;
            if let Delivery::Events(events) = subscription.step().await.unwrap() {
                assert_eq!(events.len(), 1);
                break;
            }
        }
    });
}

#[test]
fn the_topic_of_an_unfollowed_stream_is_removed() {
    tokio_run(async {
        let store = a_store();
        let hub = Arc::new(a_hub(&store));
        let first = Subscription::open(&hub, &stream(0), Version::ZERO, Notifier::default());
        let second = Subscription::open(&hub, &stream(0), Version::ZERO, Notifier::default());
        drop(first);
        assert!(!hub.is_idle());
        drop(second);
        assert!(hub.is_idle());
        let live = LiveEvents::start(store, ServerMetrics::new("SQLite"), PATIENCE);
        let places: Vec<_> = (0..3).map_while(|_| live.enter(2)).collect();
        assert_eq!(places.len(), 2);
        drop(places);
        assert!(live.enter(1).is_some());
    });
}
