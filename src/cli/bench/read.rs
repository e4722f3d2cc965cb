//! `esctl bench read`, `replay` and `project`

use clap::Args;

use crate::cli::app::App;
use crate::cli::bench::scratch::Scratch;
use crate::cli::bench::scratch::ScratchArgs;
use crate::cli::bench::show::show;
use crate::cli::error::CliError;
use crate::cli::values::limit;
use crate::ops::bench::Bench;
use crate::ops::bench::PASSES;
use crate::ops::bench::ReadBench;
use crate::ops::bench::bench_project;
use crate::ops::bench::bench_read;
use crate::ops::bench::bench_replay;

/// Which of the three.
#[derive(Clone, Copy)]
pub(super) enum What {
    Read,
    Replay,
    Project,
}

/// Read a scratch store that is filled first, beside the bare database reading the same
///
/// The store of the user is never touched.
#[derive(Debug, Args)]
pub struct Read {
    /// Read one stream after the other instead of everything at once: --streams 1 measures one long stream
    #[arg(long)]
    by_stream: bool,
    #[command(flatten)]
    work: Work,
}

/// Work through a scratch store that is filled first, beside a scan of it and a bare scan
///
/// The store of the user is never touched.
#[derive(Debug, Args)]
pub struct Work {
    /// How many events
    #[arg(long, value_name = "N", value_parser = limit, default_value = "1000000")]
    events: usize,
    /// Of how many streams
    #[arg(long, value_name = "N", value_parser = limit, default_value = "1000")]
    streams: usize,
    /// Events whose rows go into one commit, where a read model is rebuilt
    #[arg(long, value_name = "N", value_parser = limit, default_value = "10000")]
    batch: usize,
    #[command(flatten)]
    scratch: ScratchArgs,
}

impl Read {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        self.work.measure(app, What::Read, self.by_stream).await
    }
}

impl Work {
    pub(super) async fn run(self, app: &App, what: What) -> Result<(), CliError> {
        self.measure(app, what, false).await
    }

    async fn measure(self, app: &App, what: What, by_stream: bool) -> Result<(), CliError> {
        let scratch = Scratch::make(app, &self.scratch)?;
        let (events, streams) = (self.events as u64, self.streams as u64);
        let input = ReadBench { events, streams, batch: self.batch, by_stream };
        let bar = app.out.progress(Some(input.events * PASSES), "events");
        let mut progress = |more| bar.advance(more);
        let mut bench = Bench { store: scratch.store()?, bare: scratch.bare()?, clock: app.clock(), progress: &mut progress };
        let mut report = match what {
            What::Read => bench_read(&mut bench, input).await?,
            What::Replay => bench_replay(&mut bench, input).await?,
            What::Project => bench_project(&mut bench, input).await?,
        };
        drop(bench);
        bar.finish();
        report.store = scratch.name();
        show(app, &report, if by_stream { "bare query" } else { "bare scan" })
    }
}
