//! The tools of the chapters: subjects, small events, and the look over a whole store that finds what no single
//! assertion would. Knows no backend.

use std::sync::Arc;
use std::time::Duration;

use esctl::event::EventType;
use esctl::event::ExpectedVersion;
use esctl::event::Hash;
use esctl::event::JsonObject;
use esctl::event::NewEvent;
use esctl::event::RecordedEvent;
use esctl::event::StreamName;
use esctl::event::Timestamp;
use esctl::event::Version;
use esctl::event::chain_hash;
use esctl::event::content_hash;
use esctl::runtime::Caveat;
use esctl::runtime::Definition;
use esctl::runtime::Query;
use esctl::runtime::QueryAnswer;
use esctl::runtime::QueryBus;
use esctl::runtime::system_clock;
use esctl::store::AppendRequest;
use esctl::store::Appended;
use esctl::store::OpenOptions;
use esctl::store::ReadQuery;
use esctl::store::RecordTime;
use esctl::store::Scan;
use esctl::store::Store;
use esctl::store::StoreError;
use esctl::store::StreamInfo;
use esctl::store::StreamQuery;

/// The time that a store may take to answer in tests: long enough that only a fault reaches it.
pub const TIMEOUT: Duration = Duration::from_secs(30);

/// A place for one store, on one backend, in which nothing has been written. Gone with the value.
pub trait Subject: Send + Sync + 'static {
    /// A place of its own for one test.
    fn fresh() -> Self;
    /// The store there; each call gives the same handle.
    fn store(&self) -> Store;
}

/// A subject that other processes could open too.
pub trait Shared: Subject {
    /// A handle that shares no memory with any other one.
    fn open(&self) -> Store;
    /// The same with settings of its own.
    fn open_with(&self, options: OpenOptions) -> Result<Store, StoreError>;
}

/// Runs a test to its end.
pub fn run(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test);
}

/// Asserts that a result is an error of a kind.
#[macro_export]
macro_rules! assert_fails {
    ($result:expr, $kind:pat $(if $guard:expr)?) => {
        match $result {
            Err($kind) $(if $guard)? => {}
            other => panic!("wanted {}, got {other:?}", stringify!($kind $(if $guard)?)),
        }
    };
}

pub fn stream(name: &str) -> StreamName {
    StreamName::parse(name).unwrap()
}

pub fn exactly(version: u64) -> ExpectedVersion {
    ExpectedVersion::Exact(Version(version))
}

/// An event of a type with a number in it.
pub fn typed(event_type: &str, number: u64) -> NewEvent {
    NewEvent::new(EventType::parse(event_type).unwrap(), &serde_json::json!({ "number": number })).unwrap()
}

pub fn event(number: u64) -> NewEvent {
    typed("thing.happened", number)
}

pub fn events(count: u64) -> Vec<NewEvent> {
    let one = event(0);
    let numbered = |number| NewEvent {
        event_id: uuid::Uuid::now_v7(),
        data: JsonObject::parse(&format!("{{\"number\":{number}}}")).unwrap(),
        ..one.clone()
    };
    (1..=count).map(numbered).collect()
}

pub fn request(name: &str, expected: ExpectedVersion, events: Vec<NewEvent>) -> AppendRequest {
    AppendRequest { stream: stream(name), expected, events, time: RecordTime::StoreClock }
}

/// Events for a stream, whatever is there, at a time.
pub fn timed(name: &str, count: u64, time: RecordTime) -> AppendRequest {
    AppendRequest { time, ..request(name, ExpectedVersion::Any, events(count)) }
}

/// Appends this number of events to a stream, whatever is there.
pub async fn put(store: &Store, name: &str, count: u64) -> Appended {
    store.append(request(name, ExpectedVersion::Any, events(count))).await.unwrap()
}

pub async fn read(store: &Store, query: ReadQuery) -> Vec<RecordedEvent> {
    try_read(store.scan(query)).await.unwrap()
}

pub async fn try_read(mut scan: Scan) -> Result<Vec<RecordedEvent>, StoreError> {
    let mut found = Vec::new();
    while let Some(chunk) = scan.next().await? {
        assert!(chunk.len() <= 1000, "a chunk of {} events", chunk.len());
        found.extend(chunk.iter().map(|event| event.to_recorded()));
    }
    Ok(found)
}

pub fn positions(events: &[RecordedEvent]) -> Vec<u64> {
    events.iter().map(|event| event.position.0).collect()
}

pub fn versions(events: &[RecordedEvent]) -> Vec<u64> {
    events.iter().map(|event| event.version.0).collect()
}

pub async fn streams(store: &Store) -> Vec<StreamInfo> {
    store.streams(StreamQuery { limit: 1_000_000, ..StreamQuery::default() }).await.unwrap()
}

/// Everything there is; panics when any of it cannot be: positions dense, versions contiguous, times growing, the
/// chain whole, the head and the list of streams in agreement with the events.
pub async fn whole(store: &Store) -> Vec<RecordedEvent> {
    let found = read(store, ReadQuery::all()).await;
    let mut by_stream = std::collections::BTreeMap::<&str, (Version, u64, Timestamp)>::new();
    let (mut hash, mut time) = (Hash::ZERO, Timestamp::MIN);
    for (index, event) in found.iter().enumerate() {
        assert_eq!(event.position.0, index as u64 + 1, "positions are dense");
        assert!(event.recorded_at > time, "time grows at position {}", event.position);
        let last = by_stream.entry(&event.stream).or_default();
        assert_eq!(event.version, last.0.next(), "versions of {} are contiguous", event.stream);
        *last = (event.version, event.position.0, event.recorded_at);
        let RecordedEvent { stream, event_id, event_type, schema_version, data, metadata, .. } = event;
        let content = content_hash(stream, *event_id, event_type, *schema_version, data, metadata);
        hash = chain_hash(hash, event.position, event.version, event.recorded_at, content);
        assert_eq!(event.hash, hash, "the chain holds at position {}", event.position);
        time = event.recorded_at;
    }
    let head = store.head().await.unwrap();
    let last = found.last().map_or((0, Timestamp::MIN, Hash::ZERO), |last| (last.position.0, last.recorded_at, last.hash));
    assert_eq!((head.position.0, head.recorded_at, head.hash), last, "the head is the last event");
    let listed = streams(store).await;
    let listed: Vec<_> =
        listed.iter().map(|info| (info.stream.as_str(), (info.version, info.last_position.0, info.last_recorded_at))).collect();
    assert_eq!(listed, by_stream.into_iter().collect::<Vec<_>>(), "the streams are those of the events");
    found
}

/// Asks a read model that counts the events of each stream; and whether the answer was worked out in memory.
pub async fn counted(store: &Store) -> (Vec<(String, serde_json::Value)>, bool) {
    let definition = Definition {
        name: "counted".into(),
        version: 1,
        categories: Vec::new(),
        key: ".stream".into(),
        reduce: "{n: ((.state.n // 0) + 1)}".into(),
    };
    let queries = QueryBus::new(store.clone(), system_clock()).with(Arc::new(definition.projection().unwrap()));
    let query = Query { name: "counted".into(), limit: 100, ..Query::default() };
    let QueryAnswer { rows, caveats } = queries.ask(&query, Timestamp::MIN).await.unwrap();
    (rows.into_iter().map(|row| (row.key, row.row)).collect(), matches!(caveats[..], [Caveat::InMemory(_)]))
}
