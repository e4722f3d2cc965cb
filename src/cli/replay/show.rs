//! The replay of one stream: its state, and the result of a comparison.

use serde_json::Value;

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::cli::output::Cell;
use crate::cli::output::Sheet;
use crate::cli::output::Tone;
use crate::ops::Reducer;
use crate::ops::replay;
use crate::ops::replay::Diff;
use crate::ops::replay::Difference;
use crate::ops::replay::EventRef;
use crate::ops::replay::ProjectionCompared;
use crate::ops::replay::Replay;
use crate::ops::replay::ReplayReport;
use crate::ops::replay::Verified;
use crate::ops::replay::replay_and_verify;
use crate::store::Store;

/// Replays the stream and prints the report.
pub(super) async fn run(app: &App, store: &Store, input: &Replay, verify: bool) -> Result<(), CliError> {
    let report = match verify {
        true => replay_and_verify(store, input).await?,
        false => replay::replay(store, input).await?,
    };
    warn_passed_over(app, &report);
    app.warn_left_out(&report.left_out);
    app.out.one(&report, |sheet| draw(sheet, store, input, &report))?;
    match &report.verify {
        Some(verify) if !verify.ok => Err(differs(report.stream.to_string(), verify.differences.len())),
        _ => Ok(()),
    }
}

/// Returns the error for a comparison that found differences.
pub(super) fn differs(what: String, differences: usize) -> CliError {
    let places = if differences == 1 { "1 difference".to_owned() } else { format!("{differences} differences") };
    let error = CliError::check_failed(format!("stored data of {what} differ from the events: {places}"))
        .code("verify_differs")
        .with("differences", differences);
    error.hint(
        "for a snapshot, run 'esctl snapshot delete' and 'esctl snapshot take'; for a read model, run 'esctl projection rebuild'",
    )
}

/// Warns about snapshots that were not trusted.
pub(super) fn warn_passed_over(app: &App, report: &ReplayReport) {
    let of_verify = report.verify.iter().flat_map(|verify| &verify.passed_over);
    for snapshot in report.passed_over.iter().chain(of_verify) {
        let (version, reason) = (snapshot.version, &snapshot.reason);
        app.out.warn(&format!("ignored the snapshot of {} at version {version}: {reason}", report.stream));
    }
}

fn draw(sheet: &mut Sheet, store: &Store, input: &Replay, report: &ReplayReport) {
    sheet.field("stream", report.stream.as_str());
    let position = if report.position.is_some() { format!(", position {}", report.position) } else { String::new() };
    sheet.field("version", format!("{}{position}", report.version));
    sheet.field("as of", report.at);
    sheet.field("reducer", reducer_in_words(store, input, report));
    let applied = match report.snapshot_version {
        Some(version) => format!("{} after the snapshot at version {version}", report.events_applied),
        None => report.events_applied.to_string(),
    };
    sheet.field("events applied", applied);
    if let Some(verify) = &report.verify {
        draw_verify(sheet, verify);
    }
    if let Some(diff) = &report.diff {
        draw_diff(sheet, diff);
    }
    sheet.heading("state");
    sheet.text(&pretty(&report.state));
}

/// Returns the name of the reducer, with the reason if it was assumed.
fn reducer_in_words(store: &Store, input: &Replay, report: &ReplayReport) -> String {
    match input.reducer.assumed_for(store, &report.category) {
        None if input.reducer == Reducer::Own && report.reducer != report.category => {
            format!("{} (copied from the store of another program)", report.reducer)
        }
        None => report.reducer.clone(),
        Some(_) if !store.abilities().domains => format!("{} (another program wrote the events)", report.reducer),
        Some(_) => format!("{} (esctl has no domain for category {})", report.reducer, report.category),
    }
}

/// Notes the reducer that is used for a category without a domain.
pub(super) fn note_assumed(app: &App, store: &Store, reducer: &Reducer, category: &str) {
    if let Some(name) = reducer.assumed_for(store, category) {
        let reason = if store.abilities().domains {
            format!("esctl has no domain for category {category}")
        } else {
            "esctl has no domain for events of another program".to_owned()
        };
        app.out.note(&format!("{reason} and folds its events with reducer {name}; see --reducer"));
    }
}

fn draw_verify(sheet: &mut Sheet, verify: &Verified) {
    let result = if verify.ok { Cell::new("no differences").tone(Tone::Good) } else { Cell::new("differs").tone(Tone::Bad) };
    sheet.field("verified", result);
    sheet.field("read model", read_model(verify));
    for own in &verify.projections {
        sheet.field("projection", own_rows(own));
    }
    sheet.field("snapshots", format!("{} compared", verify.snapshots_compared));
    for difference in &verify.differences {
        sheet.heading(&format!("{} at version {}: {}", difference.kept, difference.version, difference.reason));
        sheet.field("path", place(&difference.path));
        sheet.field("expected", value(difference.expected.as_ref()));
        sheet.field("stored", Cell::new(value(difference.found.as_ref())).tone(Tone::Bad));
        let explained = difference.event.as_ref().map(|found| event(found, &sheet.time(found.recorded_at)));
        sheet.field("explained by", explained.unwrap_or_else(|| "no event".into()));
    }
}

/// Returns the compared read model, in words.
pub(super) fn read_model(verify: &Verified) -> String {
    let words = |model: &replay::ReadModelCompared| format!("{} compared at version {}", model.name, model.version);
    verify.read_model.as_ref().map_or_else(|| "none to compare with".into(), words)
}

/// Returns the compared rows of a stored projection, in words.
pub(super) fn own_rows(own: &ProjectionCompared) -> String {
    let rows = if own.rows == 1 { "row" } else { "rows" };
    format!("{} {rows} of {} at position {}", own.rows, own.name, own.position)
}

fn draw_diff(sheet: &mut Sheet, diff: &Diff) {
    let since = match diff.from_version.0 {
        0 => "changes since before the first event".to_owned(),
        version => format!("changes since version {version}"),
    };
    sheet.heading(&since);
    if diff.changes.is_empty() {
        sheet.line("none");
    }
    let rows = diff.changes.iter().map(|change| {
        vec![place(&change.path).into(), Cell::prose(value(change.before.as_ref())), Cell::prose(value(change.after.as_ref()))]
    });
    sheet.table(&["path", "before", "after"], rows.collect());
}

/// Returns a difference in one line.
pub(super) fn line(it: &Difference) -> String {
    let because = it.event.as_ref().map(|found| event(found, &found.recorded_at.to_string()));
    let because = because.unwrap_or_else(|| "no event explains it".into());
    if it.kept == "state" {
        return format!("the state at version {} breaks a rule of its domain: {} ({because})", it.version, it.reason);
    }
    let (expected, found) = (value(it.expected.as_ref()), value(it.found.as_ref()));
    format!(
        "{} at version {}: {} {}: expected {expected}, stored {found} ({because})",
        it.kept,
        it.version,
        it.reason,
        place(&it.path)
    )
}

fn event(event: &EventRef, time: &str) -> String {
    format!("{}, version {}, position {}, {time}", event.event_type, event.version, event.position)
}

fn place(path: &str) -> &str {
    if path.is_empty() { "(the whole)" } else { path }
}

fn value(value: Option<&Value>) -> String {
    value.map_or_else(|| "-".into(), Value::to_string)
}

fn pretty(state: &Value) -> String {
    serde_json::to_string_pretty(state).unwrap_or_else(|_| state.to_string())
}
