//! Benchmark of appends: durable, chained and indexed, compared with inserts into the bare database.

use std::time::Duration;
use std::time::Instant;

use tokio::task::JoinSet;

use crate::event::ExpectedVersion;
use crate::event::NewEvent;
use crate::ops::bench::Bench;
use crate::ops::bench::generate;
use crate::ops::bench::report::BenchReport;
use crate::ops::bench::report::Latency;
use crate::ops::bench::report::Rounds;
use crate::ops::bench::stream_order::StreamOrder;
use crate::ops::error::OpsError;
use crate::store::AppendRequest;
use crate::store::Store;

/// Minimum number of rounds in which both sides take turns, so that a slow moment of the machine affects both.
const ROUNDS: u64 = 5;
/// Maximum number of events in a round. They are made before it and kept in memory.
const EVENTS_A_ROUND: u64 = 20_000;
/// Maximum number of appends in a round, so that the database does its maintenance in each round.
const APPENDS_A_ROUND: u64 = 1000;

/// The input of a benchmark of appends or commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AppendBench {
    /// The number of events.
    pub events: u64,
    /// The number of streams. Writers that share a stream append with any expected version.
    pub streams: u64,
    /// The number of concurrent writers.
    pub writers: usize,
    /// The number of events in an append.
    pub batch: usize,
}

/// A writer that appends to its streams.
struct AppendWriter {
    /// The number of its first stream, and the distance to each next one.
    first: u64,
    step: u64,
    order: StreamOrder,
    /// True if other writers append to the same streams.
    shared: bool,
}

impl AppendWriter {
    fn next(&mut self, events: usize) -> Result<AppendRequest, OpsError> {
        let (number, version) = self.order.next(u32::try_from(events).unwrap_or(u32::MAX));
        let mut request = generate::append(generate::stream(self.first + number * self.step)?, version, events)?;
        if self.shared {
            request.expected = ExpectedVersion::Any;
        }
        Ok(request)
    }
}

/// Measures appends and inserts of the same events into the bare database, in turn. With several writers, also one of them alone.
pub async fn bench_append(bench: &mut Bench<'_>, input: AppendBench) -> Result<BenchReport, OpsError> {
    let (batch, writers) = (input.batch.max(1), input.writers.max(1));
    let streams = input.streams.max(1);
    let shared = streams < writers as u64;
    // Each round has the same number of whole appends for each writer.
    let appends = input.events.div_ceil((batch * writers) as u64).max(1);
    let most = (EVENTS_A_ROUND / (batch * writers) as u64).clamp(1, APPENDS_A_ROUND);
    let rounds = appends.div_ceil(most).max(ROUNDS.min(appends));
    let appends_a_round = appends.div_ceil(rounds);
    let events_a_round = appends_a_round * (batch * writers) as u64;
    let mut all: Vec<AppendWriter> = (0..writers as u64)
        .map(|writer| {
            let (first, step) = (writer % streams, writers as u64);
            // The first one also writes alone in each round.
            let own = appends_a_round * rounds * if writer == 0 && writers > 1 { 2 } else { 1 };
            AppendWriter { first, step, order: StreamOrder::new(own, (streams - first).div_ceil(step)), shared }
        })
        .collect();
    // Files and tables are created before the first round.
    bench.store.init().await?;
    bench.baseline.append(Vec::new(), batch).await?;
    let mut times = Rounds::default();
    let mut latencies = Vec::new();
    for _ in 0..rounds {
        let parts = all.iter_mut().map(|writer| (0..appends_a_round).map(|_| writer.next(batch)).collect::<Result<Vec<_>, _>>());
        let parts = parts.collect::<Result<Vec<_>, _>>()?;
        let baseline: Vec<NewEvent> = parts.iter().flatten().flat_map(|append| append.events.iter().cloned()).collect();
        let start = Instant::now();
        write(&bench.store, parts, &mut latencies).await?;
        times.own(start.elapsed());
        let start = Instant::now();
        bench.baseline.append(baseline, batch).await?;
        times.baseline(start.elapsed());
        if writers > 1 {
            let part = (0..appends_a_round).map(|_| all[0].next(batch)).collect::<Result<Vec<_>, _>>()?;
            let start = Instant::now();
            write(&bench.store, vec![part], &mut Vec::new()).await?;
            times.alone(start.elapsed());
        }
        (bench.progress)(events_a_round);
    }
    let latency = Latency::of(latencies);
    let events = events_a_round * rounds;
    let seconds = times.total().as_secs_f64();
    let grouping = times.grouping(events_a_round, appends_a_round * batch as u64);
    // A writer may end before it has reached all of its streams.
    let written = streams.min(appends_a_round * rounds * writers as u64);
    Ok(BenchReport {
        events,
        batch,
        writers,
        streams: written,
        latency,
        grouping,
        seconds,
        ..times.report("append", events_a_round)
    })
}

/// Lets each writer append its part. An append begins when the one before is durable.
async fn write(store: &Store, parts: Vec<Vec<AppendRequest>>, latencies: &mut Vec<Duration>) -> Result<(), OpsError> {
    let mut writers = JoinSet::new();
    for part in parts {
        let store = store.clone();
        writers.spawn(async move {
            let mut latencies = Vec::with_capacity(part.len());
            for append in part {
                let start = Instant::now();
                store.append(append).await?;
                latencies.push(start.elapsed());
            }
            Ok::<_, OpsError>(latencies)
        });
    }
    while let Some(writer) = writers.join_next().await {
        let written = writer.map_err(|error| OpsError::Invalid(format!("a writer failed: {error}")))?;
        latencies.extend(written?);
    }
    Ok(())
}
