//! The command `esctl replay`.

mod category;
mod copy;
mod show;
mod trace;

pub(super) use category::broken;

use clap::ArgGroup;
use clap::Args;

use crate::cli::app::App;
use crate::cli::arg_values::place;
use crate::cli::arg_values::stream;
use crate::cli::as_of::note_future;
use crate::cli::error::CliError;
use crate::cli::name_source::NameSource;
use crate::cli::reducer_arg::reducer;
use crate::cli::reducer_arg::reducer_help;
use crate::cli::write_record::Effect;
use crate::event::Position;
use crate::event::StreamName;
use crate::event::Version;
use crate::ops::replay::PointInTime;
use crate::ops::replay::Replay;
use crate::ops::replay::ReplayCategory;

/// Show the state of a stream, a category or the whole store at any moment
#[derive(Debug, Args)]
#[command(
    after_help = "TIME: RFC 3339, '2025-12-03 16:46' (local time), a date, 'yesterday 16:46', 'monday 9:00', now, '10m ago', @UNIXSECONDS; a zone in brackets counts. \
                        A replay includes the events that were recorded at or before TIME."
)]
#[command(group = ArgGroup::new("which").required(true).args(["stream", "category", "all"]))]
pub struct ReplayArgs {
    /// Name of the stream
    #[arg(value_parser = stream, conflicts_with = "into", add = NameSource::STREAMS)]
    stream: Option<StreamName>,
    /// Replay every stream of this category
    #[arg(long, value_name = "C", conflicts_with = "into", add = NameSource::CATEGORIES)]
    category: Option<String>,
    /// Copy the whole store into another one
    #[arg(long, requires = "into")]
    all: bool,
    /// Target of --all: a store that is empty, or an incomplete copy
    #[arg(long, value_name = "URL", requires = "all")]
    into: Option<String>,
    /// Replace times that are in the future or do not grow; the original time goes to metadata.original_time
    #[arg(long, requires = "into")]
    retime: bool,
    /// Replay up to this time
    #[arg(long, value_name = "TIME", conflicts_with_all = ["version", "position"])]
    at: Option<String>,
    /// Replay up to this version of the stream
    #[arg(long, value_name = "N", value_parser = place, conflicts_with_all = ["position", "category", "all"])]
    version: Option<u64>,
    /// Replay up to this position of the store
    #[arg(long, value_name = "P", value_parser = place, conflicts_with = "all")]
    position: Option<u64>,
    /// Show the changes since this time or version
    #[arg(long, value_name = "TIME|VERSION", conflicts_with_all = ["category", "all"])]
    diff: Option<String>,
    /// Show each event and its changes to the state
    #[arg(long, conflicts_with_all = ["category", "all", "diff", "verify"])]
    trace: bool,
    /// Show the whole state after each event
    #[arg(long, requires = "trace")]
    state: bool,
    /// Rebuild in memory and compare with the read model and the snapshots; exit code 1 if they differ
    #[arg(long, conflicts_with = "all")]
    verify: bool,
    /// Fold every event, without a snapshot
    #[arg(long, conflicts_with = "all")]
    no_snapshot: bool,
    #[arg(
        long,
        value_name = "R",
        conflicts_with = "all",
        add = NameSource::Reducers,
        help = reducer_help("the category's own, else merge")
    )]
    reducer: Option<String>,
}

impl ReplayArgs {
    /// Returns the effect of the command.
    pub(in crate::cli) fn effect(&self) -> Effect {
        if self.into.is_some() { Effect::Repeatable } else { Effect::Reads }
    }

    /// Returns true for the replay of a stream or category that is compared with nothing.
    pub(in crate::cli) fn reads_only_events(&self) -> bool {
        self.into.is_none() && !self.all && !self.verify
    }

    pub(super) async fn run(mut self, app: &App) -> Result<(), CliError> {
        if let Some(url) = self.into.take() {
            return copy::run(app, &url, self.at.as_deref(), self.retime).await;
        }
        let reducer = reducer(app, self.reducer.as_deref())?;
        let until = self.until(app)?;
        let store = app.store()?;
        if let PointInTime::Time(moment) = until {
            note_future(app, &store, moment).await?;
        }
        if let Some(category) = self.category.take() {
            let (snapshots, verify, now) = (!self.no_snapshot, self.verify, app.now());
            return category::run(app, &store, ReplayCategory { category, until, reducer, snapshots, verify, now }).await;
        }
        // clap requires it.
        let Some(stream) = self.stream.take() else { return Err(CliError::usage("missing the name of a stream")) };
        let diff = self.diff.as_deref().map(|text| from(app, text)).transpose()?;
        let input = Replay { stream, until, diff, reducer, snapshots: !self.no_snapshot, now: app.now() };
        match (self.trace, self.verify) {
            (true, _) => trace::run(app, &store, &input, self.state).await,
            (false, verify) => show::run(app, &store, &input, verify).await,
        }
    }

    fn until(&self, app: &App) -> Result<PointInTime, CliError> {
        Ok(match (&self.at, self.version, self.position) {
            (Some(text), ..) => app.until(text)?,
            (None, Some(version), _) => PointInTime::Version(Version(version)),
            (None, None, Some(position)) => PointInTime::Position(Position(position)),
            (None, None, None) => PointInTime::Head,
        })
    }
}

/// Parses a version (a whole number) or a time.
fn from(app: &App, text: &str) -> Result<PointInTime, CliError> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse::<i64>() {
        Ok(version) if digits => Ok(PointInTime::Version(Version(version.unsigned_abs()))),
        Err(_) if digits => Err(CliError::usage(format!("--diff: {text} is too large for a version")).code("bad_version")),
        _ => app.until(text),
    }
}
