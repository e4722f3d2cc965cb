//! How fast a whole store is read, folded and projected, beside a bare scan of the same table.

use std::time::Duration;
use std::time::Instant;

use crate::aggregate::AggregateFold;
use crate::domain::resource::Resource;
use crate::domain::resource::Resources;
use crate::ops::bench::Bench;
use crate::ops::bench::BenchReport;
use crate::ops::bench::generate::fill;
use crate::ops::bench::report::Rounds;
use crate::ops::error::OpsError;
use crate::runtime::BatchSize;
use crate::runtime::Projector;
use crate::runtime::replay_all;
use crate::store::ReadQuery;

/// Rounds in which both sides take turns, so that a slow moment of the machine meets both.
const ROUNDS: usize = 5;

/// What is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadBench {
    /// How many events.
    pub events: u64,
    /// Of how many streams.
    pub streams: u64,
    /// Events whose rows are written in one commit, where a read model is rebuilt.
    pub batch: usize,
}

/// The steps before the events are counted in `progress`: filling the store, and then each round.
pub const PASSES: u64 = 1 + ROUNDS as u64;

/// Scans all events and looks at every field of them.
///
/// # Errors
/// As the store says; [`OpsError::Invalid`] when not all events came.
pub async fn bench_read(bench: &mut Bench<'_>, input: ReadBench) -> Result<BenchReport, OpsError> {
    run(bench, input, "read", async |bench| {
        let mut scan = bench.store.scan(ReadQuery::all());
        let (mut events, mut bytes) = (0, 0);
        while let Some(chunk) = scan.next().await? {
            for event in chunk.iter() {
                let texts = event.stream.len() + event.event_type.len() + event.data.len() + event.metadata.len();
                let numbers = event.position.0 ^ event.version.0 ^ u64::from(event.schema_version);
                let raw = event.event_id.as_bytes()[15] ^ event.hash.0[31];
                bytes += texts as u64 ^ numbers ^ event.recorded_at.micros().unsigned_abs() ^ u64::from(raw);
            }
            events += chunk.len() as u64;
            (bench.progress)(chunk.len() as u64);
        }
        std::hint::black_box(bytes);
        Ok(events)
    })
    .await
}

/// Folds all resources in one pass.
///
/// # Errors
/// As the store says; [`OpsError::Invalid`] when not all events came.
pub async fn bench_replay(bench: &mut Bench<'_>, input: ReadBench) -> Result<BenchReport, OpsError> {
    run(bench, input, "replay", async |bench| {
        let folds = replay_all(&bench.store, ReadQuery::all(), AggregateFold::<Resource>::new, bench.progress).await?;
        Ok(folds.values().map(|fold| fold.stream_version().0).sum())
    })
    .await
}

/// Rebuilds the read model of all resources.
///
/// # Errors
/// As the store says; [`OpsError::Invalid`] when not all events came.
pub async fn bench_project(bench: &mut Bench<'_>, input: ReadBench) -> Result<BenchReport, OpsError> {
    run(bench, input, "project", async |bench| {
        let projector = Projector::new(&bench.store, &Resources, bench.clock.clone(), BatchSize(input.batch.max(1)));
        Ok(projector.rebuild(bench.progress).await?.events_applied)
    })
    .await
}

/// Fills the store, then lets the work and a bare scan take turns; the work says how many events it has seen.
async fn run(
    bench: &mut Bench<'_>,
    input: ReadBench,
    what: &'static str,
    work: impl AsyncFn(&mut Bench<'_>) -> Result<u64, OpsError>,
) -> Result<BenchReport, OpsError> {
    let (events, streams, batch) = (input.events.max(1), input.streams.max(1), input.batch.max(1));
    fill(bench, events, streams).await?;
    let mut times = Rounds::default();
    for _ in 0..ROUNDS {
        let (seen, took) = timed(work(bench)).await?;
        let (scanned, bare_took) = timed(async { Ok(bench.bare.scan().await?) }).await?;
        if (seen, scanned) != (events, events) {
            return Err(OpsError::Invalid(format!("of {events} events {seen} were seen by esctl, {scanned} by the bare scan")));
        }
        times.own(took);
        times.bare(bare_took);
    }
    Ok(BenchReport { batch, streams: streams.min(events), ..times.report(what, events) })
}

async fn timed<T>(work: impl Future<Output = Result<T, OpsError>>) -> Result<(T, Duration), OpsError> {
    let start = Instant::now();
    let outcome = work.await?;
    Ok((outcome, start.elapsed()))
}
