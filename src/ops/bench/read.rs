//! Benchmarks of reading, folding and projecting a whole store, compared with a scan of the same table in the bare database.

use std::time::Duration;
use std::time::Instant;

use crate::aggregate::AggregateFold;
use crate::aggregate::Projection;
use crate::domain::resource::RESOURCES;
use crate::domain::resource::Resource;
use crate::event::StreamName;
use crate::ops::bench::Bench;
use crate::ops::bench::generate::fill;
use crate::ops::bench::generate::stream;
use crate::ops::bench::memory::reset_peak_memory;
use crate::ops::bench::report::BenchReport;
use crate::ops::bench::report::Rounds;
use crate::ops::error::OpsError;
use crate::runtime::BatchSize;
use crate::runtime::Projector;
use crate::runtime::RunOptions;
use crate::runtime::replay_all;
use crate::store::ReadQuery;
use crate::store::RowQuery;
use crate::store::Store;
use crate::store::baseline::BaselineWork;

/// The number of rounds in which both sides take turns, so that a slow moment of the machine affects both.
pub(super) const ROUNDS: usize = 5;

/// The number of rows that the bare database writes in one commit.
const ROWS_A_PART: usize = 5000;

/// The input of a benchmark of reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadBench {
    /// The number of events.
    pub events: u64,
    /// The number of streams.
    pub streams: u64,
    /// The number of events whose rows a rebuild writes in one commit; none: it writes each row once.
    pub batch: Option<usize>,
    /// The memory for the rows of a rebuild without a batch, in bytes.
    pub memory: usize,
    /// True to read one stream after the other.
    pub by_stream: bool,
}

/// The number of passes over the events that `progress` counts: filling the store, and each round.
pub const PASSES: u64 = 1 + ROUNDS as u64;

/// Measures a scan of all events, or of one stream after the other, that reads every field.
///
/// # Errors
/// [`OpsError::Invalid`] when events are missing.
pub async fn bench_read(bench: &mut Bench<'_>, input: ReadBench) -> Result<BenchReport, OpsError> {
    let work = async |bench: &mut Bench<'_>| {
        let mut events = 0;
        for source in sources(input)? {
            events += look_at(&bench.store, source.map_or_else(ReadQuery::all, ReadQuery::stream), bench.progress).await?;
        }
        Ok(events)
    };
    run(bench, input, "read", work).await
}

/// Returns the sources to read: the whole store, or each stream.
fn sources(input: ReadBench) -> Result<Vec<Option<StreamName>>, OpsError> {
    if !input.by_stream {
        return Ok(vec![None]);
    }
    (0..input.streams.clamp(1, input.events.max(1))).map(|number| Ok(Some(stream(number)?))).collect()
}

/// Reads every field of events. Returns the number of events.
pub(super) async fn look_at(store: &Store, query: ReadQuery, progress: &mut (dyn FnMut(u64) + Send)) -> Result<u64, OpsError> {
    let mut scan = store.scan(query);
    let (mut events, mut bytes) = (0, 0);
    while let Some(chunk) = scan.next().await? {
        for event in chunk.iter() {
            let texts = event.stream.len() + event.event_type.len() + event.data.len() + event.metadata.len();
            let numbers = event.position.0 ^ event.version.0 ^ u64::from(event.schema_version);
            let raw = event.event_id.as_bytes()[15] ^ event.hash.0[31];
            bytes ^= texts as u64 ^ numbers ^ event.recorded_at.micros().unsigned_abs() ^ u64::from(raw);
        }
        events += chunk.len() as u64;
        progress(chunk.len() as u64);
    }
    std::hint::black_box(bytes);
    Ok(events)
}

/// Reads the same in the bare database, without the fields.
async fn read_baseline(bench: &Bench<'_>, input: ReadBench) -> Result<u64, OpsError> {
    let mut events = 0;
    for source in sources(input)? {
        events += match source {
            None => bench.baseline.scan().await?,
            Some(stream) => bench.baseline.read_stream(stream).await?,
        };
    }
    Ok(events)
}

/// Writes the rows of the read model into the bare database, each once. Returns the time that the writes took.
async fn load_baseline(bench: &Bench<'_>) -> Result<Duration, OpsError> {
    let mut query = RowQuery { name: RESOURCES.name().to_owned(), limit: ROWS_A_PART, ..RowQuery::default() };
    let mut took = Duration::ZERO;
    loop {
        let rows = bench.store.query_rows(query.clone()).await?;
        let (first, Some((last, _))) = (query.after.is_none(), rows.last()) else { return Ok(took) };
        query.after = Some(last.clone());
        took += timed(async { Ok(bench.baseline.load(rows, first).await?) }).await?.1;
    }
}

/// Measures a fold of all resources in one pass, also compared with a scan of the store.
///
/// # Errors
/// [`OpsError::Invalid`] when events are missing.
pub async fn bench_replay(bench: &mut Bench<'_>, input: ReadBench) -> Result<BenchReport, OpsError> {
    let work = async |bench: &mut Bench<'_>| {
        let folds = replay_all(&bench.store, ReadQuery::all(), AggregateFold::<Resource>::new, bench.progress).await?;
        Ok(folds.values().map(|fold| fold.stream_version().0).sum())
    };
    run(bench, ReadBench { by_stream: false, ..input }, "replay", work).await
}

/// Measures a rebuild of the read model of all resources, also compared with a scan of the store.
///
/// # Errors
/// [`OpsError::Invalid`] when events are missing.
pub async fn bench_project(bench: &mut Bench<'_>, input: ReadBench) -> Result<BenchReport, OpsError> {
    let work = async |bench: &mut Bench<'_>| {
        let batch = input.batch.map(|events| BatchSize(events.max(1)));
        let options = RunOptions { batch, memory: input.memory, ..RunOptions::default() };
        let projector = Projector::new(&bench.store, &RESOURCES, bench.clock.clone(), options);
        Ok(projector.rebuild(bench.progress).await?.events_applied)
    };
    run(bench, ReadBench { by_stream: false, ..input }, "project", work).await
}

/// Fills the store, then lets the work and the bare database take turns, with a scan of the store if the work is more than that.
/// The work returns its number of events.
async fn run(
    bench: &mut Bench<'_>,
    input: ReadBench,
    what: &'static str,
    work: impl AsyncFn(&mut Bench<'_>) -> Result<u64, OpsError>,
) -> Result<BenchReport, OpsError> {
    let (events, streams, batch) = (input.events.max(1), input.streams.max(1), input.batch.unwrap_or(1).max(1));
    fill(bench, events, streams).await?;
    let all_of = |(seen, took): (u64, Duration)| {
        let missing = || OpsError::Invalid(format!("expected {events} events, found {seen}"));
        (seen == events).then_some(took).ok_or_else(missing)
    };
    let mut times = Rounds::default();
    reset_peak_memory();
    for _ in 0..ROUNDS {
        times.own(all_of(timed(work(bench)).await?)?);
        if what != "read" {
            times.scan(all_of(timed(look_at(&bench.store, ReadQuery::all(), &mut |_| {})).await?)?);
        }
        let mut bare = all_of(timed(read_baseline(bench, input)).await?)?;
        if what == "project" {
            bare += load_baseline(bench).await?;
        }
        times.baseline(bare);
    }
    let beside_scan = times.beside_scan(events);
    let work = if input.by_stream { BaselineWork::ReadStream } else { BaselineWork::Scan };
    let mut statement = bench.baseline.statement(work).to_owned();
    if what == "project" {
        statement = format!("{statement}; {}", bench.baseline.statement(BaselineWork::Load));
    }
    Ok(BenchReport { batch, streams: Some(streams.min(events)), beside_scan, ..times.report(what, events, &statement) })
}

pub(super) async fn timed<T>(work: impl Future<Output = Result<T, OpsError>>) -> Result<(T, Duration), OpsError> {
    let start = Instant::now();
    let outcome = work.await?;
    Ok((outcome, start.elapsed()))
}
