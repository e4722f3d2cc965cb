//! `esctl replay --trace`: each event of a stream, and the change that it made.

use serde_json::Value;

use crate::cli::app::App;
use crate::cli::changes;
use crate::cli::error::CliError;
use crate::cli::output::Cell;
use crate::cli::output::Format;
use crate::cli::output::Listing;
use crate::cli::output::OutputSettings;
use crate::cli::output::Tone;
use crate::cli::output::readable;
use crate::cli::replay::show::note_assumed;
use crate::ops::replay::Replay;
use crate::ops::replay::ReplayStep;
use crate::ops::replay::ReplaySteps;
use crate::store::Store;

/// The fields of an item, in their order.
const FIELDS: [&str; 9] = ["position", "version", "type", "recorded_at", "event_id", "client_id", "reducer", "patch", "state"];

/// Prints events as they are folded; `with_states`: with the whole state after each.
pub(super) async fn run(app: &App, store: &Store, input: &Replay, with_states: bool) -> Result<(), CliError> {
    let settings = app.out.settings();
    // States of another program have no fields that esctl knows.
    let category = if store.abilities().domains { input.stream.category() } else { "" };
    app.warn_quarantined(store, input.stream.as_str()).await?;
    let mut trace = ReplaySteps::open(store, input).await?;
    note_assumed(app, store, &input.reducer, input.stream.category());
    let mut columns = vec!["version", "time", "who", "type", "change", "reason"];
    columns.extend(with_states.then_some("state"));
    let mut list = app.out.list(Listing::new(columns).fields(FIELDS).without_header());
    let mut last = None;
    while let Some(entry) = trace.next().await? {
        let more = list.push(&entry, || {
            let mut row = vec![
                format!("#{}", entry.version).into(),
                entry.recorded_at.into(),
                entry.client_id.clone().into(),
                entry.event_type.as_str().into(),
                changed(&entry, category, settings),
                reason(trace.data()),
            ];
            row.extend(with_states.then(|| Cell::prose(&entry.state)));
            row
        })?;
        if !more {
            break;
        }
        last = Some(entry);
    }
    list.finish(None)?;
    match last {
        Some(last) if !with_states => {
            let state =
                changes::state(category, &last.state, last.recorded_at, settings).unwrap_or_else(|| readable::json(&last.state));
            app.out.table_line(&format!("state at #{}: {state}", last.version))?;
            if app.out.settings().format == Format::Table {
                app.out.note("the whole state: --state or -o json");
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

fn changed(entry: &ReplayStep, category: &str, settings: &OutputSettings) -> Cell {
    match entry.quarantined {
        true => Cell::new("quarantined: changes nothing").tone(Tone::Dim),
        false => {
            Cell::cut(changes::changes(category, &entry.changes, &entry.state, entry.recorded_at, settings)).tone(Tone::Warn)
        }
    }
}

/// Returns the text `reason` in the data of an event, in quotes; an empty cell where there is none.
fn reason(data: &str) -> Cell {
    let data: Value = serde_json::from_str(data).unwrap_or_default();
    data["reason"].as_str().map_or_else(Cell::default, |reason| Cell::prose(format!("\"{reason}\"")))
}
