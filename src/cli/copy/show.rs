//! The report of a copy.

use crate::cli::error::CliError;
use crate::cli::output::Cell;
use crate::cli::output::Sheet;
use crate::cli::output::Tone;
use crate::ops::copy_events::CopyEventsReport;
use crate::ops::copy_events::EventPlace;
use crate::ops::copy_events::ListedEvents;
use crate::ops::copy_events::RefusedEvents;
use crate::ops::copy_events::RefusedName;

/// The number of events of each kind that a table shows.
const SHOWN: usize = 10;

const DIFFERS: &str = "copy into an empty store, or run 'esctl verify' on the target";

/// Returns the error for a copy that differs from its source.
pub(super) fn differs(report: &CopyEventsReport) -> CliError {
    let CopyEventsReport { late, not_copied, refused, added, differing, .. } = report;
    let rename = "copy into an empty store with --rename, which gives other names";
    let (message, hint) = match report {
        _ if added.events > 0 => {
            let first =
                added.first.first().map(|event| format!(", the first version {} of stream {}", event.version, event.stream));
            let message =
                format!("the target has {} that the copy did not write{}", counted(added.events), first.unwrap_or_default());
            (message, "another program wrote into the copy; copy into an empty store")
        }
        _ if refused.events > 0 => {
            let after = if not_copied.events > 0 { format!(", and {} after them", not_copied.events) } else { String::new() };
            (format!("the copy lacks {} with names that esctl refuses{after}", counted(refused.events)), rename)
        }
        _ if not_copied.events > 0 => {
            let (late, left) = (late.events, not_copied.events);
            let message =
                format!("the copy lacks {left} events: {late} of them appeared after later events of their streams were copied");
            (message, "run the command again with --late append to append them at the end of their streams")
        }
        _ if differing.events > 0 => {
            let message = format!("{} events of the source were changed after they were copied", differing.events);
            (message, DIFFERS)
        }
        _ => (format!("the digest of {} is not that of {}", report.to, report.from), DIFFERS),
    };
    CliError::integrity(message).code("copy_differs").hint(hint)
}

/// Returns a number of events, in words.
pub(super) fn counted(events: u64) -> String {
    if events == 1 { "1 event".to_owned() } else { format!("{events} events") }
}

/// Draws the report.
pub(super) fn draw(sheet: &mut Sheet, report: &CopyEventsReport) {
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
    list(sheet, "not copied, because of an earlier event of the stream", &report.not_copied);
    list(sheet, "in the target, and no copies: another program appended them", &report.added);
    list(sheet, "quarantined in the source, and not in the copy of a part of it", &report.quarantined);
    names(sheet, &report.refused);
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

fn names(sheet: &mut Sheet, refused: &RefusedEvents) {
    if refused.events == 0 {
        return;
    }
    sheet.heading(&format!("{} events: not copied, because esctl refuses a name", refused.events));
    let row = |it: &RefusedName| vec![it.kind.into(), it.name.as_str().into(), it.events.into(), it.reason.as_str().into()];
    sheet.table(&["kind", "name", "events", "reason"], refused.names.iter().take(SHOWN).map(row).collect());
    if refused.names.len() > SHOWN {
        sheet.line("…");
    }
}

fn list(sheet: &mut Sheet, title: &str, events: &ListedEvents) {
    if events.events == 0 {
        return;
    }
    sheet.heading(&format!("{} events: {title}", events.events));
    let row = |event: &EventPlace| vec![event.stream.as_str().into(), event.version.into(), event.position.into()];
    sheet.table(&["stream", "version", "position"], events.first.iter().take(SHOWN).map(row).collect());
    if events.events > SHOWN as u64 {
        sheet.line("…");
    }
}
