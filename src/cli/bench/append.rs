//! The command `esctl bench append`.

use clap::Args;

use crate::cli::app::App;
use crate::cli::arg_values::limit;
use crate::cli::bench::scratch::Scratch;
use crate::cli::bench::scratch::ScratchArgs;
use crate::cli::bench::show::show;
use crate::cli::error::CliError;
use crate::ops::bench::AppendBench;
use crate::ops::bench::Bench;
use crate::ops::bench::bench_append;
use crate::ops::bench::bench_commands;
use crate::ops::bench::usual_streams;

/// Append events to a scratch store, durably, beside bare inserts into the same database
///
/// The benchmark never touches the user's store.
#[derive(Debug, Args)]
pub struct BenchAppendArgs {
    /// Number of events
    #[arg(long, value_name = "N", value_parser = limit, default_value = "20000")]
    events: usize,
    /// Number of streams to append to [default: a tenth of the events]
    #[arg(long, value_name = "N", value_parser = limit)]
    streams: Option<usize>,
    /// Number of concurrent writers
    #[arg(long, value_name = "N", value_parser = limit, default_value = "1")]
    writers: usize,
    /// Number of events in an append
    #[arg(long, value_name = "N", value_parser = limit, default_value = "1", conflicts_with = "commands")]
    batch: usize,
    /// Number of appends of a writer that share a commit, each with an outcome of its own
    #[arg(long, value_name = "N", value_parser = limit, default_value = "1", conflicts_with = "commands")]
    group: usize,
    /// Number of events in the store before it is measured
    #[arg(long, value_name = "N", value_parser = limit, conflicts_with_all = ["commands", "writers"])]
    existing: Option<usize>,
    /// Give the bare table the two unique indexes of the store
    #[arg(long, conflicts_with = "commands")]
    indexed: bool,
    /// Send commands: each is decided on the state of its stream and leads to one event. With fewer streams than writers, the rate
    /// on 1,000 streams is measured as well
    #[arg(long)]
    commands: bool,
    #[command(flatten)]
    scratch: ScratchArgs,
}

impl BenchAppendArgs {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        let scratch = Scratch::make(app, &self.scratch)?;
        let events = self.events as u64;
        let existing = self.existing.unwrap_or(0) as u64;
        let streams = self.streams.map_or_else(|| usual_streams(existing + events), |streams| streams as u64);
        let bar = app.out.progress(Some(existing + events), "events");
        let mut progress = |more| bar.advance(more);
        let mut bench =
            Bench { store: scratch.store()?, baseline: scratch.baseline()?, clock: app.clock(), progress: &mut progress };
        let (writers, batch, group, indexed) = (self.writers, self.batch, self.group, self.indexed);
        let input = AppendBench { events, streams, writers, batch, group, existing, indexed };
        let measured =
            if self.commands { bench_commands(&mut bench, input).await } else { bench_append(&mut bench, input).await };
        let mut report = measured?;
        drop(bench);
        bar.finish();
        report.store = scratch.name();
        show(app, &report, "bare inserts")
    }
}
