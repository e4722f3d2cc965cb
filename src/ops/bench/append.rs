//! Benchmark of appends: durable, chained and indexed, compared with inserts into the bare database.

use std::time::Duration;
use std::time::Instant;

use tokio::task::JoinSet;

use crate::event::ExpectedVersion;
use crate::event::Version;
use crate::ops::bench::Bench;
use crate::ops::bench::generate;
use crate::ops::bench::generate::baseline_events;
use crate::ops::bench::report::BenchReport;
use crate::ops::bench::report::Latency;
use crate::ops::bench::report::Rounds;
use crate::ops::bench::stream_order::StreamOrder;
use crate::ops::error::OpsError;
use crate::store::AppendRequest;
use crate::store::Store;
use crate::store::baseline::BaselineWork;

/// Minimum number of rounds in which both sides take turns, so that a slow moment of the machine affects both.
const ROUNDS: u64 = 5;
/// Maximum number of events in a round. They are made before it and kept in memory.
const EVENTS_A_ROUND: u64 = 20_000;
/// Maximum number of events in a commit of all writers.
const EVENTS_A_COMMIT: usize = 1_000_000;
/// Maximum number of commits in a round, so that the database does its maintenance in each round.
const COMMITS_A_ROUND: u64 = 1000;
/// The number of streams of the comparison with a few busy ones.
pub(super) const SPREAD: u64 = 1000;

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
    /// The number of appends in a commit of a writer.
    pub group: usize,
    /// The number of events in the store before it is measured, on both sides. The streams then belong to one writer.
    pub existing: u64,
    /// True to give the table of the bare database the unique indexes of the store.
    pub indexed: bool,
}

/// A writer that appends to its streams.
struct AppendWriter {
    /// The number of its first stream, and the distance to each next one.
    first: u64,
    step: u64,
    order: StreamOrder,
    /// The number of this writer, if other writers append to the same streams.
    shared: Option<u64>,
}

/// An append with its place in the bare database.
struct PlacedAppend {
    /// The number of its stream.
    number: u64,
    /// The version before it, if no other writer appends to the stream.
    after: Version,
    request: AppendRequest,
}

impl AppendWriter {
    fn next(&mut self, events: usize) -> Result<PlacedAppend, OpsError> {
        let (number, mut after) = self.order.next(u32::try_from(events).unwrap_or(u32::MAX));
        let number = self.first + number * self.step;
        let mut request = generate::append(generate::stream(number)?, after, events)?;
        if let Some(writer) = self.shared {
            request.expected = ExpectedVersion::Any;
            // Versions of the bare database are unique, but not those of the store.
            after = Version((writer << 32) + after.0);
        }
        Ok(PlacedAppend { number, after, request })
    }

    fn take(&mut self, appends: u64, events: usize) -> Result<Vec<PlacedAppend>, OpsError> {
        (0..appends).map(|_| self.next(events)).collect()
    }
}

/// The size of a benchmark in rounds.
struct Plan {
    rounds: u64,
    /// The number of appends of each writer in a round: whole groups.
    appends: u64,
    /// The number of events of all writers in a round.
    events: u64,
}

impl Plan {
    fn of(input: &AppendBench) -> Result<Self, OpsError> {
        let commit = input.batch.checked_mul(input.group).and_then(|events| events.checked_mul(input.writers));
        let commit = commit.filter(|events| *events <= EVENTS_A_COMMIT).ok_or_else(|| {
            let message = format!("a commit of all writers would have more than {EVENTS_A_COMMIT} events");
            OpsError::Invalid(message)
        })? as u64;
        let commits = input.events.div_ceil(commit).max(1);
        let most = (EVENTS_A_ROUND / commit).clamp(1, COMMITS_A_ROUND);
        let rounds = commits.div_ceil(most).max(ROUNDS.min(commits));
        let commits = commits.div_ceil(rounds);
        Ok(Self { rounds, appends: commits * input.group as u64, events: commits * commit })
    }
}

/// Returns the writers of a number of streams, from a first one on.
fn writers_of(input: &AppendBench, plan: &Plan, first: u64, streams: u64) -> Vec<AppendWriter> {
    let step = input.writers as u64;
    let shared = streams < step;
    let writer = |writer: u64| {
        let first_of_writer = writer % streams;
        // The first one also writes alone in each round.
        let own = plan.appends * plan.rounds * if writer == 0 && step > 1 { 2 } else { 1 };
        let order = StreamOrder::new(input.existing + own, (streams - first_of_writer).div_ceil(step));
        AppendWriter { first: first + first_of_writer, step, order, shared: shared.then_some(writer) }
    };
    (0..step).map(writer).collect()
}

/// Measures appends and inserts of the same events into the bare database, in turn. With several writers, also one of them
/// alone. If they share streams, also appends to 1,000 streams.
pub async fn bench_append(bench: &mut Bench<'_>, input: AppendBench) -> Result<BenchReport, OpsError> {
    let input = AppendBench {
        batch: input.batch.max(1),
        writers: input.writers.max(1),
        group: input.group.max(1),
        streams: input.streams.max(1),
        ..input
    };
    let plan = Plan::of(&input)?;
    let mut writers = writers_of(&input, &plan, 0, input.streams);
    let shared = input.streams < input.writers as u64;
    let mut spread = if shared { writers_of(&input, &plan, input.streams, SPREAD) } else { Vec::new() };
    // Files and tables are created before the first round.
    bench.store.init().await?;
    if let (Some(first), true) = (writers.first_mut(), input.existing > 0) {
        generate::fill_in_order(bench, input.existing, &mut first.order).await?;
    }
    bench.baseline.prepare(input.indexed).await?;
    // The bare database groups as many inserts into a commit as the writers can.
    let commit = input.batch * input.group * input.writers;
    let mut times = Rounds::default();
    let mut latencies = Vec::new();
    for _ in 0..plan.rounds {
        let parts = writers.iter_mut().map(|writer| writer.take(plan.appends, input.batch)).collect::<Result<Vec<_>, _>>()?;
        let baseline = baseline_events(in_turns(&parts, input.group));
        let start = Instant::now();
        write(&bench.store, parts, input.group, &mut latencies).await?;
        times.own(start.elapsed());
        let start = Instant::now();
        bench.baseline.append(baseline, commit).await?;
        times.baseline(start.elapsed());
        if input.writers > 1 {
            let part = writers[0].take(plan.appends, input.batch)?;
            let start = Instant::now();
            write(&bench.store, vec![part], input.group, &mut Vec::new()).await?;
            times.alone(start.elapsed());
        }
        if shared {
            let parts = spread.iter_mut().map(|writer| writer.take(plan.appends, input.batch)).collect::<Result<_, _>>()?;
            let start = Instant::now();
            write(&bench.store, parts, input.group, &mut Vec::new()).await?;
            times.spread(start.elapsed());
        }
        (bench.progress)(plan.events);
    }
    let work = if commit == 1 { BaselineWork::Insert } else { BaselineWork::InsertMany };
    Ok(BenchReport {
        events: plan.events * plan.rounds,
        existing: input.existing,
        indexed: input.indexed,
        batch: input.batch,
        group: input.group,
        writers: input.writers,
        // A writer may end before it has reached all of its streams.
        streams: Some(input.streams.min(input.existing + plan.appends * plan.rounds * input.writers as u64)),
        latency: Latency::of(latencies),
        grouping: times.grouping(plan.events, plan.appends * input.batch as u64),
        spread: times.spread_of(plan.events),
        seconds: times.total().as_secs_f64(),
        ..times.report("append", plan.events, bench.baseline.statement(work))
    })
}

/// Returns the appends of all writers in the order in which they commit if they take turns.
fn in_turns(parts: &[Vec<PlacedAppend>], group: usize) -> impl Iterator<Item = (u64, Version, &AppendRequest)> {
    let appends = parts.first().map_or(0, Vec::len);
    let groups = (0..appends).step_by(group).flat_map(move |start| parts.iter().map(move |part| &part[start..start + group]));
    groups.flatten().map(|append| (append.number, append.after, &append.request))
}

/// Lets each writer append its part, with a number of appends in a commit. A commit begins when the one before is durable.
async fn write(
    store: &Store,
    parts: Vec<Vec<PlacedAppend>>,
    group: usize,
    latencies: &mut Vec<Duration>,
) -> Result<(), OpsError> {
    let mut writers = JoinSet::new();
    for part in parts {
        let store = store.clone();
        writers.spawn(async move {
            let mut latencies = Vec::with_capacity(part.len());
            let mut appends = part.into_iter().map(|append| append.request);
            loop {
                let requests: Vec<AppendRequest> = appends.by_ref().take(group).collect();
                if requests.is_empty() {
                    return Ok::<_, OpsError>(latencies);
                }
                let start = Instant::now();
                for answer in store.append_together(requests).await? {
                    answer?;
                }
                latencies.push(start.elapsed());
            }
        });
    }
    while let Some(writer) = writers.join_next().await {
        let written = writer.map_err(|error| OpsError::Invalid(format!("a writer failed: {error}")))?;
        latencies.extend(written?);
    }
    Ok(())
}
