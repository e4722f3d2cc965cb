//! The command `esctl copy`.

mod follow;
mod pass;
mod show;

use clap::Args;
use clap::ValueEnum;

use crate::cli::app::App;
use crate::cli::arg_values::stream;
use crate::cli::copy::follow::follow;
use crate::cli::copy::pass::copied;
use crate::cli::copy::show::differs;
use crate::cli::copy::show::draw;
use crate::cli::error::CliError;
use crate::cli::jq;
use crate::cli::layout_choice::layout_choice;
use crate::cli::layout_hint::fitting;
use crate::cli::layout_hint::with_layout_of;
use crate::cli::name_source::NameSource;
use crate::cli::same_store::is_same;
use crate::cli::same_store::place;
use crate::event::StreamName;
use crate::ops::copy_events::CopyEvents;
use crate::ops::copy_events::LatePolicy;
use crate::store::Store;
use crate::store::StoreUrl;
use crate::store::layout_store::LayoutChoice;
use crate::store::layout_store::open_with_layout;

/// Copy the events of a store, also of another program, into a store of esctl
///
/// A copy that was interrupted goes on when the same command is run again; nothing is copied twice. At the end, the digests of both
/// stores are compared; exit code 8 if they differ. A name that esctl refuses is an error before the first event is written. A copy
/// that has begun leaves its events out, says so, and goes on, as --follow does.
#[derive(Debug, Args)]
pub struct CopyArgs {
    /// Streams to copy [default: all]
    #[arg(value_name = "STREAM", value_parser = stream)]
    streams: Vec<StreamName>,
    /// Store to read
    #[arg(long, value_name = "URL")]
    from: String,
    /// Layout of a store that another program wrote: a name, a file, or auto for the only one that fits
    #[arg(long, value_name = "NAME|FILE|auto", value_hint = clap::ValueHint::FilePath, add = NameSource::Layouts)]
    from_layout: Option<String>,
    /// Store of esctl to write: one that is empty, or an incomplete copy
    #[arg(long, value_name = "URL")]
    to: String,
    /// Only events of this category; repeatable
    #[arg(long, value_name = "C", conflicts_with = "streams")]
    category: Vec<String>,
    /// Change type, data and metadata of each event by this jq program, or the one in @FILE; no result leaves the event out
    #[arg(long, value_name = "JQ", allow_hyphen_values = true)]
    transform: Option<String>,
    /// Change the names by this jq program, or the one in @FILE, from {"stream","type"} to the same
    #[arg(long, value_name = "JQ", allow_hyphen_values = true)]
    rename: Option<String>,
    /// Replace times that are in the future; the original time goes to metadata.original_time
    #[arg(long)]
    retime: bool,
    /// Keep running and copy new events; reconnects if a store is unavailable
    #[arg(short, long, conflicts_with = "dry_run")]
    follow: bool,
    /// Handling of an event that appears after later events of its stream were copied
    #[arg(long, value_name = "HOW", default_value = "stop")]
    late: Late,
    /// Show the changes that a copy would make, and write nothing
    #[arg(long)]
    dry_run: bool,
}

/// The handling of late events.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Late {
    /// Copy no further event of the stream
    Stop,
    /// Append the event at the end of its stream
    Append,
}

impl CopyArgs {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        if self.follow {
            app.out.check_endless("pass -o ndjson")?;
        }
        let (from, to): (StoreUrl, StoreUrl) = (self.from.parse()?, self.to.parse()?);
        let (source, layout) = open_source(app, &from, self.from_layout.as_deref().or(app.layout())).await?;
        let target = app.open(&to)?;
        if is_same(&source, &target, &to) {
            return Err(CliError::usage("a store cannot be copied into itself").code("same_store"));
        }
        let program = |text: &Option<String>| text.as_deref().map(|text| jq::program(&app.out, text)).transpose();
        let input = CopyEvents {
            from: place(&source),
            layout,
            transform: program(&self.transform)?,
            rename: program(&self.rename)?,
            streams: self.streams,
            categories: self.category,
            retime: self.retime,
            late: match self.late {
                Late::Stop => LatePolicy::Stop,
                Late::Append => LatePolicy::Append,
            },
            dry_run: self.dry_run,
            now: app.now(),
        };
        let ran = match self.follow {
            true => follow(app, &source, &target, &input).await,
            false => run(app, &source, &target, &input).await,
        };
        match ran {
            Err(error) if input.layout.is_none() => Err(with_layout_of(app, &from, "--from-layout", error).await),
            result => result,
        }
    }
}

/// Opens the source. Returns the name of its layout, if it has one.
async fn open_source(app: &App, url: &StoreUrl, layout: Option<&str>) -> Result<(Store, Option<String>), CliError> {
    let Some(layout) = layout else { return Ok((app.open_to_read(url)?, None)) };
    let mut choice = layout_choice(layout, app.timeout())?;
    if matches!(choice, LayoutChoice::Auto)
        && let Some(fit) = fitting(app, url, app.timeout()).await
    {
        // Copied events name the layout.
        choice = layout_choice(fit.layout, app.timeout())?;
    }
    let name = match &choice {
        LayoutChoice::Named(name, _) => name.clone(),
        LayoutChoice::Auto => layout.to_owned(),
    };
    Ok((open_with_layout(url, choice, app.open_options())?, Some(name)))
}

async fn run(app: &App, source: &Store, target: &Store, input: &CopyEvents) -> Result<(), CliError> {
    let report = copied(app, source, target, input).await?;
    app.out.one(&report, |sheet| draw(sheet, &report))?;
    if report.ok { Ok(()) } else { Err(differs(&report)) }
}
