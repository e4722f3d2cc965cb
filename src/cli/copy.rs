//! The command `esctl copy`.

use clap::Args;
use clap::ValueEnum;

use crate::cli::app::App;
use crate::cli::arg_values::stream;
use crate::cli::error::CliError;
use crate::cli::jq;
use crate::cli::layout_choice::layout_choice;
use crate::cli::layout_hint::fitting;
use crate::cli::layout_hint::with_layout_of;
use crate::cli::name_source::NameSource;
use crate::cli::output::Cell;
use crate::cli::output::Output;
use crate::cli::output::Sheet;
use crate::cli::output::Tone;
use crate::cli::same_store::is_same;
use crate::cli::same_store::place;
use crate::event::StreamName;
use crate::ops::copy_events::CopyEvents;
use crate::ops::copy_events::CopyEventsReport;
use crate::ops::copy_events::LatePolicy;
use crate::ops::copy_events::ListedEvents;
use crate::ops::copy_events::RefusedName;
use crate::ops::copy_events::copy_events;
use crate::ops::copy_events::refused_names;
use crate::store::Store;
use crate::store::StoreError;
use crate::store::StoreUrl;
use crate::store::layout_store::LayoutChoice;
use crate::store::layout_store::open_with_layout;

/// The number of names and events that a table shows of each kind.
const SHOWN: usize = 10;

/// Copy the events of a store, also of another program, into a store of esctl
///
/// A copy that was interrupted goes on when the same command is run again; nothing is copied twice. At the end, the digests of both
/// stores are compared; exit code 8 if they differ.
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
        match run(app, &source, &target, &input).await {
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
        choice = layout_choice(&fit.layout, app.timeout())?;
    }
    let name = match &choice {
        LayoutChoice::Named(name, _) => name.clone(),
        LayoutChoice::Auto => layout.to_owned(),
    };
    Ok((open_with_layout(url, choice, app.open_options())?, Some(name)))
}

async fn run(app: &App, source: &Store, target: &Store, input: &CopyEvents) -> Result<(), CliError> {
    // A source that is missing makes no target.
    let head = source.head().await.map_err(|error| match error {
        StoreError::NoStore(_) => CliError::from(error).hint("name an existing store with --from"),
        error => error.into(),
    })?;
    let head = head.position;
    let refused = refused_names(source, input, &mut |_| {}).await?;
    if !refused.is_empty() {
        return Err(names_refused(app, &refused));
    }
    let bar = app.out.progress(source.abilities().dense.then_some(head.0), "events");
    let mut interrupted = CopyInterruption { out: &app.out, written: false };
    let mut progress = |events| {
        interrupted.written = !input.dry_run;
        bar.advance(events);
    };
    let report = copy_events(source, target, input, &mut progress).await?;
    interrupted.written = false;
    bar.finish();
    app.out.one(&report, |sheet| draw(sheet, &report))?;
    if report.ok { Ok(()) } else { Err(differs(&report)) }
}

/// Prints how to continue when a copy ends early, also after a signal.
struct CopyInterruption<'a> {
    out: &'a Output,
    written: bool,
}

impl Drop for CopyInterruption<'_> {
    fn drop(&mut self) {
        if self.written {
            self.out.note("the events copied so far stay; run the same command again to continue");
        }
    }
}

/// Returns the error for names that esctl refuses. It lists them.
fn names_refused(app: &App, refused: &[RefusedName]) -> CliError {
    for RefusedName { kind, name, reason, events } in refused.iter().take(SHOWN) {
        app.out.warn(&format!("{kind} {name:?} {reason} ({events} events)"));
    }
    let more = refused.len().saturating_sub(SHOWN);
    if more > 0 {
        app.out.warn(&format!("{more} more names"));
    }
    let names = serde_json::to_value(refused).unwrap_or_default();
    CliError::usage(format!("esctl refuses {} names of the source; nothing was written", refused.len()))
        .code("names_refused")
        .hint("give other names with --rename, for instance --rename '.stream |= ltrimstr(\"$\")'")
        .with("names", names)
}

fn differs(report: &CopyEventsReport) -> CliError {
    let CopyEventsReport { late, not_copied, differing, .. } = report;
    let message = match report {
        _ if not_copied.events > 0 => {
            let (late, left) = (late.events, not_copied.events);
            format!("the copy lacks {left} events: {late} of them appeared after later events of their streams were copied")
        }
        _ if differing.events > 0 => format!("{} events of the source were changed after they were copied", differing.events),
        _ => format!("the digest of {} is not that of {}", report.to, report.from),
    };
    let hint = match not_copied.events {
        0 => "copy into an empty store, or run 'esctl verify' on the target",
        _ => "run the command again with --late append to append them at the end of their streams",
    };
    CliError::integrity(message).code("copy_differs").hint(hint)
}

fn draw(sheet: &mut Sheet, report: &CopyEventsReport) {
    let layout = report.layout.as_ref().map(|layout| format!(" (layout {layout})")).unwrap_or_default();
    sheet.field("from", format!("{}{layout}", report.from));
    sheet.field("to", report.to.as_str());
    sheet.field(if report.dry_run { "events to copy" } else { "events copied" }, report.events_copied.to_string());
    sheet.field("already there", report.already_there.to_string());
    if report.left_out > 0 {
        sheet.field("left out", format!("{} by --transform", report.left_out));
    }
    sheet.field("source", format!("{} events, digest {}", report.source.events, report.source.sum));
    if let Some(target) = &report.target {
        let tone = if report.ok { Tone::Good } else { Tone::Bad };
        sheet.field("target", Cell::new(format!("{} events, digest {}", target.events, target.sum)).tone(tone));
    }
    for (kind, events) in report.changed.kinds() {
        list(sheet, in_words(kind), events);
    }
    list(sheet, "late: appeared after later events of their streams were copied", &report.late);
    list(sheet, "not copied, because an event of the stream is late", &report.not_copied);
    list(sheet, "changed in the source after they were copied", &report.differing);
}

/// Returns the change of a kind, for people.
fn in_words(kind: &str) -> &str {
    match kind {
        "value" => "data that is no object: kept as the member value",
        "replaced" => "values that esctl cannot hold: kept as $number, $text or $json",
        "moved" => "metadata with the names source or original_time: kept in metadata.source.metadata",
        "time" => "no time, or one that does not grow: the original is metadata.original_time",
        _ => "an id that another event has: the original is metadata.source.id",
    }
}

fn list(sheet: &mut Sheet, title: &str, events: &ListedEvents) {
    if events.events == 0 {
        return;
    }
    sheet.heading(&format!("{} events: {title}", events.events));
    let row = |event: &crate::ops::copy_events::EventPlace| {
        vec![event.stream.as_str().into(), event.version.into(), event.position.into()]
    };
    sheet.table(&["stream", "version", "position"], events.first.iter().take(SHOWN).map(row).collect());
    if events.events > SHOWN as u64 {
        sheet.line("…");
    }
}
