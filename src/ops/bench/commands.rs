//! Benchmark of commands: decided on the state of their stream and appended durably, compared with bare inserts.

use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;

use serde_json::Value;
use serde_json::json;
use tokio::task::JoinSet;

use crate::event::Version;
use crate::ops::bench::Bench;
use crate::ops::bench::append::AppendBench;
use crate::ops::bench::append::SPREAD;
use crate::ops::bench::generate;
use crate::ops::bench::generate::baseline_events;
use crate::ops::bench::report::BenchReport;
use crate::ops::bench::report::Commands;
use crate::ops::bench::report::Latency;
use crate::ops::bench::report::Rounds;
use crate::ops::error::OpsError;
use crate::runtime::CommandBus;
use crate::runtime::CommandEnvelope;
use crate::runtime::RuntimeError;
use crate::runtime::SnapshotPolicy;
use crate::store::StoreError;
use crate::store::baseline::BaselineWork;

/// The number of rounds in which the sides take turns, so that a slow moment of the machine affects all of them.
const ROUNDS: u64 = 5;
/// The number of the first stream of the comparison with a few busy ones, beyond those.
const FIRST_SPREAD: u64 = 500_000;

/// The writers, and the streams of their commands.
struct Load {
    bus: CommandBus,
    /// The number of the first stream.
    first: u64,
    streams: u64,
    writers: u64,
}

/// The results of the commands of a round.
#[derive(Default)]
struct CommandTimes {
    latencies: Vec<Duration>,
    refused: u64,
}

/// Measures commands to resources and inserts into the bare database, in turn. If writers share streams, also commands to 1,000
/// streams. A command that is refused with a conflict is counted.
pub async fn bench_commands(bench: &mut Bench<'_>, input: AppendBench) -> Result<BenchReport, OpsError> {
    let (writers, streams) = (input.writers.max(1) as u64, input.streams.max(1));
    let bus = CommandBus::new(bench.store.clone(), bench.clock.clone(), SnapshotPolicy::default());
    let load = Arc::new(Load { bus: bus.clone(), first: 0, streams, writers });
    let spread = Arc::new(Load { bus, first: FIRST_SPREAD, streams: SPREAD, writers });
    let shared = streams < writers;
    let each = input.events.div_ceil(writers * ROUNDS).max(1);
    load.create().await?;
    if shared {
        spread.create().await?;
    }
    bench.baseline.prepare(false).await?;
    // The bare database groups as many inserts into a commit as the writers can.
    let commit = input.writers.max(1);
    let mut times = Rounds::default();
    let mut sent = CommandTimes::default();
    for round in 0..ROUNDS {
        let start = Instant::now();
        sent.add(load.send(round * each, each).await?);
        times.own(start.elapsed());
        if shared {
            let start = Instant::now();
            spread.send(round * each, each).await?;
            times.spread(start.elapsed());
        }
        let after = Version(1 + round * each * writers);
        let request = generate::append(generate::stream(0)?, after, events_of(each * writers))?;
        let baseline = baseline_events([(0, after, &request)].into_iter());
        let start = Instant::now();
        bench.baseline.append(baseline, commit).await?;
        times.baseline(start.elapsed());
        (bench.progress)(each * writers);
    }
    let commands = Some(Commands { refused: sent.refused });
    let spread = times.spread_of(each * writers);
    let events = each * writers * ROUNDS;
    let latency = Latency::of(sent.latencies);
    let (writers, seconds) = (input.writers.max(1), times.total().as_secs_f64());
    let work = if commit == 1 { BaselineWork::Insert } else { BaselineWork::InsertMany };
    let report = times.report("append", each * writers as u64, bench.baseline.statement(work));
    Ok(BenchReport { events, writers, streams: Some(streams), latency, spread, commands, seconds, ..report })
}

fn events_of(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

impl Load {
    /// Creates the resources.
    async fn create(&self) -> Result<(), OpsError> {
        for number in self.first..self.first + self.streams {
            self.bus.send(&command("resource.create", number, generate::creation())).await?;
        }
        Ok(())
    }

    /// Lets each writer send a number of commands to its streams in turn.
    async fn send(self: &Arc<Self>, from: u64, each: u64) -> Result<CommandTimes, OpsError> {
        let mut writers = JoinSet::new();
        for writer in 0..self.writers {
            let load = Arc::clone(self);
            writers.spawn(async move { load.send_as(writer, from, each).await });
        }
        let mut sent = CommandTimes::default();
        while let Some(writer) = writers.join_next().await {
            let written = writer.map_err(|error| OpsError::Invalid(format!("a writer failed: {error}")))?;
            sent.add(written?);
        }
        Ok(sent)
    }

    async fn send_as(&self, writer: u64, from: u64, each: u64) -> Result<CommandTimes, OpsError> {
        let mut sent = CommandTimes::default();
        for turn in from..from + each {
            let number = self.first + (writer + turn * self.writers) % self.streams;
            let name = if (writer + turn).is_multiple_of(2) { "resource.allocate" } else { "resource.add" };
            let start = Instant::now();
            match self.bus.send(&command(name, number, json!({ "amount": 25 }))).await {
                Ok(_) => sent.latencies.push(start.elapsed()),
                Err(RuntimeError::RetriesExhausted { .. } | RuntimeError::Store(StoreError::Conflict { .. })) => {
                    sent.refused += 1;
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(sent)
    }
}

impl CommandTimes {
    fn add(&mut self, more: Self) {
        self.latencies.extend(more.latencies);
        self.refused += more.refused;
    }
}

fn command(name: &str, number: u64, payload: Value) -> CommandEnvelope {
    CommandEnvelope::new(name, generate::id(number), payload, "bench")
}
