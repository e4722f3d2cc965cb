//! The commands `esctl bench read`, `replay` and `project`.

use clap::Args;

use crate::cli::app::App;
use crate::cli::arg_values::limit;
use crate::cli::bench::scratch::Scratch;
use crate::cli::bench::scratch::ScratchArgs;
use crate::cli::bench::show::show;
use crate::cli::error::CliError;
use crate::ops::bench::Bench;
use crate::ops::bench::PASSES;
use crate::ops::bench::ReadBench;
use crate::ops::bench::bench_project;
use crate::ops::bench::bench_read;
use crate::ops::bench::bench_replay;

/// The kind of benchmark.
#[derive(Clone, Copy)]
pub(super) enum BenchKind {
    Read,
    Replay,
    Project,
}

/// Read a scratch store that is filled first, beside the bare database reading the same
///
/// The benchmark never touches the user's store.
#[derive(Debug, Args)]
pub struct BenchReadArgs {
    /// Read the streams one after the other instead of all events at once; --streams 1 measures one long stream
    #[arg(long)]
    by_stream: bool,
    #[command(flatten)]
    work: BenchWorkArgs,
}

/// Benchmark a scratch store that is filled first, beside a scan of it and a bare scan
///
/// The benchmark never touches the user's store.
#[derive(Debug, Args)]
pub struct BenchWorkArgs {
    /// Number of events
    #[arg(long, value_name = "N", value_parser = limit, default_value = "1000000")]
    events: usize,
    /// Number of streams
    #[arg(long, value_name = "N", value_parser = limit, default_value = "1000")]
    streams: usize,
    /// Number of events whose rows go into one commit, when a read model is rebuilt
    #[arg(long, value_name = "N", value_parser = limit, default_value = "10000")]
    batch: usize,
    #[command(flatten)]
    scratch: ScratchArgs,
}

impl BenchReadArgs {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        self.work.measure(app, BenchKind::Read, self.by_stream).await
    }
}

impl BenchWorkArgs {
    pub(super) async fn run(self, app: &App, what: BenchKind) -> Result<(), CliError> {
        self.measure(app, what, false).await
    }

    async fn measure(self, app: &App, what: BenchKind, by_stream: bool) -> Result<(), CliError> {
        let scratch = Scratch::make(app, &self.scratch)?;
        let (events, streams) = (self.events as u64, self.streams as u64);
        let input = ReadBench { events, streams, batch: self.batch, by_stream };
        let bar = app.out.progress(Some(input.events * PASSES), "events");
        let mut progress = |more| bar.advance(more);
        let mut bench =
            Bench { store: scratch.store()?, baseline: scratch.baseline()?, clock: app.clock(), progress: &mut progress };
        let mut report = match what {
            BenchKind::Read => bench_read(&mut bench, input).await?,
            BenchKind::Replay => bench_replay(&mut bench, input).await?,
            BenchKind::Project => bench_project(&mut bench, input).await?,
        };
        drop(bench);
        bar.finish();
        report.store = scratch.name();
        show(app, &report, if by_stream { "bare query" } else { "bare scan" })
    }
}
