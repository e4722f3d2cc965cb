//! A copy that is kept up to date: each new event of the source is copied.

use std::collections::HashSet;

use crate::cli::app::App;
use crate::cli::copy::pass::copied;
use crate::cli::error::CliError;
use crate::cli::follow_wait::in_words;
use crate::cli::output::Cell;
use crate::cli::output::ListWriter;
use crate::cli::output::Listing;
use crate::ops::copy_events::CopyEvents;
use crate::ops::copy_events::CopyEventsReport;
use crate::ops::copy_events::EventPlace;
use crate::ops::copy_events::Mirror;
use crate::ops::copy_events::MirrorUpdate;
use crate::ops::copy_events::RefusedName;
use crate::ops::copy_events::keeps_place;
use crate::store::Store;

const FIELDS: [&str; 8] = ["events_copied", "already_there", "late", "not_copied", "refused", "added", "differing", "source"];

/// Copies events until the program is interrupted. Each step is a row.
pub(super) async fn follow(app: &App, source: &Store, target: &Store, input: &CopyEvents) -> Result<(), CliError> {
    let columns = ["events copied", "already there", "late", "not copied", "refused", "changed"];
    let mut list = app.out.list(Listing::new(columns).fields(FIELDS).unlimited());
    let mut warned = HashSet::new();
    let head = source.head().await?.position;
    // A mirror that keeps its place has been copied before.
    if !keeps_place(target).await? {
        let report = copied(app, source, target, input).await?;
        push(app, &mut list, &mut warned, &report)?;
    }
    let mut mirror = Mirror::open(source, target, input, head, app.clock()).await?;
    app.out.note("following new events; press Ctrl-C to end");
    loop {
        let update = tokio::select! {
            update = mirror.next() => update?,
            () = app.out.reader_gone() => return Err(CliError::closed_pipe()),
        };
        match update {
            MirrorUpdate::Events(report) => push(app, &mut list, &mut warned, &report)?,
            MirrorUpdate::Nothing => {}
            MirrorUpdate::Waiting(wait) => app.out.warn(&in_words(&wait)),
            MirrorUpdate::Note(text) => app.out.note(&text),
            MirrorUpdate::Unavailable(error) => app.warn_unavailable(&error),
            MirrorUpdate::Available => app.note_available(),
        }
    }
}

/// Prints a step. `warned` has the names about which there was a warning.
fn push(app: &App, list: &mut ListWriter<'_>, warned: &mut HashSet<String>, report: &CopyEventsReport) -> Result<(), CliError> {
    let mut stopped = Vec::new();
    for EventPlace { stream, version, .. } in report.late.first.iter().filter(|_| report.not_copied.events > 0) {
        stopped.push((
            stream.as_str(),
            format!("version {version} of stream {stream} appeared after later ones were copied"),
            "run again with --late append",
        ));
    }
    for EventPlace { stream, version, .. } in &report.added.first {
        let added = format!("version {version} of stream {stream} in the mirror is no copy: another program appended it");
        stopped.push((stream, added, "begin a new mirror"));
    }
    for (stream, reason, remedy) in stopped {
        if warned.insert(stream.to_owned()) {
            app.out.warn(&format!("{reason}: the stream is not copied any further; {remedy}"));
        }
    }
    for RefusedName { kind, name, reason, .. } in &report.refused.names {
        if warned.insert(format!("{kind} {name}")) {
            let left = if *kind == "stream" { "its events are" } else { "the event and the later ones of its stream are" };
            app.out.warn(&format!("{kind} {name:?} {reason}: {left} not copied; begin a new mirror with --rename to have them"));
        }
    }
    let counts = [
        report.events_copied,
        report.already_there,
        report.late.events,
        report.not_copied.events,
        report.refused.events,
        report.differing.events,
    ];
    list.push(report, || counts.into_iter().map(Cell::number).collect())?;
    list.flush()
}
