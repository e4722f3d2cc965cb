//! One pass of a copy: the names are checked, then the events that the target lacks are copied.

use crate::cli::app::App;
use crate::cli::copy::show::counted;
use crate::cli::copy_interruption::CopyInterruption;
use crate::cli::error::CliError;
use crate::ops::copy_events::CopyEvents;
use crate::ops::copy_events::CopyEventsReport;
use crate::ops::copy_events::EventPlace;
use crate::ops::copy_events::RefusedName;
use crate::ops::copy_events::copy_events;
use crate::ops::copy_events::has_events;
use crate::ops::copy_events::refused_names;
use crate::store::Store;
use crate::store::StoreError;

/// The number of names that are shown.
const SHOWN: usize = 10;

/// Copies the events that the target lacks.
pub(super) async fn copied(app: &App, source: &Store, target: &Store, input: &CopyEvents) -> Result<CopyEventsReport, CliError> {
    // A source that is missing makes no target.
    let head = source.head().await.map_err(|error| match error {
        StoreError::NoStore(_) => CliError::from(error).hint("name an existing store with --from"),
        error => error.into(),
    })?;
    let head = head.position;
    // A copy that has begun leaves out what it cannot copy: a mirror goes on.
    if !has_events(target).await? {
        let refused = refused_names(source, input, &mut |_| {}).await?;
        if !refused.is_empty() {
            return Err(names_refused(app, &refused));
        }
    }
    let bar = app.out.progress(source.abilities().dense.then_some(head.0), "events");
    let mut interrupted = CopyInterruption { out: &app.out, written: false };
    let mut progress = |events| {
        interrupted.written = !input.dry_run;
        bar.advance(events);
    };
    let report = copy_events(source, target, input, &app.clock(), &mut progress).await?;
    interrupted.written = false;
    bar.finish();
    warn_of_quarantined(app, &report);
    Ok(report)
}

/// Warns that the quarantine of events is not in the copy.
pub(super) fn warn_of_quarantined(app: &App, report: &CopyEventsReport) {
    let Some(first) = report.quarantined.first.first() else { return };
    let (events, EventPlace { stream, version, .. }) = (counted(report.quarantined.events), first);
    app.out.warn(&format!(
        "a copy of a part of a store has no quarantine: {events} quarantined in the source, the first version {version} of stream \
         {stream}; run 'esctl quarantine list' on the source, and 'esctl quarantine add' on the copy"
    ));
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
