//! The report of a scenario for people.

use serde_json::Value;

use crate::cli::output::Cell;
use crate::cli::output::Sheet;
use crate::cli::output::Tone;
use crate::event::escape_unsafe;
use crate::ops::scenario::Mismatch;
use crate::ops::scenario::ScenarioReport;
use crate::ops::scenario::StepFailure;

/// Draws a line for a scenario that passed. For a failure, also the expected and the found values.
pub(super) fn draw(file: &str, report: &ScenarioReport, sheet: &mut Sheet) {
    let Some(failed) = &report.failed else {
        sheet.line(Cell::new(format!("ok    {}", report.name)).tone(Tone::Good));
        return;
    };
    sheet.line(Cell::new(format!("FAIL  {}", report.name)).tone(Tone::Bad));
    sheet.line(format!("      {}", place(file, failed)));
    let row = |mismatch: &Mismatch| {
        let (expected, found) = (shown(Some(&mismatch.expected)), shown(mismatch.found.as_ref()));
        vec![Cell::new(&mismatch.what), Cell::prose(expected), Cell::prose(found).tone(Tone::Bad)]
    };
    sheet.table(&["what", "expected", "found"], failed.mismatches.iter().map(row).collect());
}

/// Returns `FILE:LINE: step 2, run resource.lock gold`.
pub(super) fn place(file: &str, failed: &StepFailure) -> String {
    format!("{file}:{}: step {}, {}", failed.line, failed.number, failed.step)
}

/// Returns one safe line for each mismatch.
pub(super) fn lines(failed: &StepFailure) -> String {
    let line = |mismatch: &Mismatch| {
        let (expected, found) = (shown(Some(&mismatch.expected)), shown(mismatch.found.as_ref()));
        escape_unsafe(&format!("{}: expected {expected}, found {found}", mismatch.what)).into_owned()
    };
    failed.mismatches.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// Returns a value for people: a text without quotes.
fn shown(value: Option<&Value>) -> String {
    match value {
        None => "nothing".into(),
        Some(Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
    }
}
