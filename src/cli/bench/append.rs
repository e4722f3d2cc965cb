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
    /// Number of events in an append, which is one commit
    #[arg(long, value_name = "N", value_parser = limit, default_value = "1", conflicts_with = "commands")]
    batch: usize,
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
        let streams = self.streams.map_or_else(|| usual_streams(events), |streams| streams as u64);
        let bar = app.out.progress(Some(events), "events");
        let mut progress = |more| bar.advance(more);
        let mut bench =
            Bench { store: scratch.store()?, baseline: scratch.baseline()?, clock: app.clock(), progress: &mut progress };
        let input = AppendBench { events, streams, writers: self.writers, batch: self.batch };
        let measured =
            if self.commands { bench_commands(&mut bench, input).await } else { bench_append(&mut bench, input).await };
        let mut report = measured?;
        drop(bench);
        bar.finish();
        report.store = scratch.name();
        show(app, &report, "bare inserts")
    }
}
