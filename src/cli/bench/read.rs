//! The commands `esctl bench read`, `replay` and `project`.

use clap::Args;

use crate::cli::app::App;
use crate::cli::arg_values::limit;
use crate::cli::arg_values::size;
use crate::cli::bench::scratch::Scratch;
use crate::cli::bench::scratch::ScratchArgs;
use crate::cli::bench::show::show;
use crate::cli::bench::show::show_kept;
use crate::cli::bench::show::show_sweep;
use crate::cli::error::CliError;
use crate::cli::layout_tables::layout_tables;
use crate::ops::bench::Bench;
use crate::ops::bench::BenchReport;
use crate::ops::bench::PASSES;
use crate::ops::bench::ReadBench;
use crate::ops::bench::bench_layout;
use crate::ops::bench::bench_project;
use crate::ops::bench::bench_read;
use crate::ops::bench::bench_replay;
use crate::ops::bench::usual_streams;

/// Minimum number of events in a stream, on average, when several numbers of streams are measured.
const FEWEST_EVENTS_A_STREAM: u64 = 5;

/// The number of events unless another is wanted.
const DEFAULT_EVENTS: usize = 1_000_000;

/// The memory for rows unless another is wanted, in bytes.
const DEFAULT_MEMORY: usize = 256 << 20;

/// The kind of benchmark.
#[derive(Clone, Copy)]
pub(super) enum BenchKind {
    Read,
    Replay,
    Project,
}

/// Read a scratch store that is filled first, beside the bare database reading the same
///
/// The benchmark never touches the user's store. With --layout it reads the store of another program five times, beside its database
/// handing out the same columns, and writes nothing.
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
    /// Number of events [default: 1000000]
    #[arg(long, value_name = "N", value_parser = limit)]
    events: Option<usize>,
    /// Number of streams [default: a tenth of the events]
    #[arg(long, value_name = "N", value_parser = limit)]
    streams: Option<usize>,
    /// Measure these numbers of streams one after the other, with at least 5 events a stream [default: 1000 to 1000000]
    #[arg(
        long,
        value_name = "N,…",
        value_parser = limit,
        value_delimiter = ',',
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "1000,10000,100000,1000000",
        conflicts_with = "streams"
    )]
    sweep: Option<Vec<usize>>,
    /// Number of events whose rows go into one commit, when a read model is rebuilt [default: each row is written once]
    #[arg(long, value_name = "N", value_parser = limit)]
    batch: Option<usize>,
    /// Memory for rows, when a read model is rebuilt [default: 256MiB]
    #[arg(long, value_name = "SIZE", value_parser = size, conflicts_with = "batch")]
    memory: Option<usize>,
    #[command(flatten)]
    scratch: ScratchArgs,
}

impl BenchReadArgs {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        let Some(tables) = layout_tables(app)? else {
            return self.work.measure(app, BenchKind::Read, self.by_stream).await;
        };
        if self.by_stream || self.work.describes_a_scratch_store() {
            let message = "with a layout the store is read as it is: only --layout, --store and the global options are possible";
            return Err(CliError::usage(message));
        }
        let bar = app.out.progress(None, "events");
        let mut report = bench_layout(&tables.store(app.open_options()), &tables, &mut |more| bar.advance(more)).await?;
        bar.finish();
        report.store = app.store_url()?.to_string();
        show_kept(app, &report, "same columns")
    }
}

impl BenchWorkArgs {
    /// Returns true if an argument is about a scratch store.
    fn describes_a_scratch_store(&self) -> bool {
        self.events.is_some()
            || self.streams.is_some()
            || self.sweep.is_some()
            || self.batch.is_some()
            || self.memory.is_some()
            || self.scratch.is_given()
    }

    pub(super) async fn run(self, app: &App, what: BenchKind) -> Result<(), CliError> {
        self.measure(app, what, false).await
    }

    async fn measure(self, app: &App, what: BenchKind, by_stream: bool) -> Result<(), CliError> {
        let bare = match what {
            BenchKind::Project => "bare scan and insert of the rows",
            _ if by_stream => "bare query",
            _ => "bare scan",
        };
        let events = self.events.unwrap_or(DEFAULT_EVENTS) as u64;
        let Some(sweep) = &self.sweep else {
            let streams = self.streams.map_or_else(|| usual_streams(events), |streams| streams as u64);
            return show(app, &self.run_one(app, what, by_stream, events, streams).await?, bare);
        };
        let mut reports = Vec::new();
        for streams in sweep.iter().map(|streams| *streams as u64) {
            let events = events.max(streams.saturating_mul(FEWEST_EVENTS_A_STREAM));
            reports.push(self.run_one(app, what, by_stream, events, streams).await?);
        }
        show_sweep(app, &reports, bare)
    }

    async fn run_one(
        &self,
        app: &App,
        what: BenchKind,
        by_stream: bool,
        events: u64,
        streams: u64,
    ) -> Result<BenchReport, CliError> {
        let scratch = Scratch::make(app, &self.scratch)?;
        let input = ReadBench { events, streams, batch: self.batch, memory: self.memory.unwrap_or(DEFAULT_MEMORY), by_stream };
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
        Ok(report)
    }
}
