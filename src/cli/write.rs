//! Sending a command to the command bus, and printing what became of it: what every command that writes has in common.

use serde_json::Value;

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::cli::output::Cell;
use crate::cli::output::Sheet;
use crate::cli::output::Tone;
use crate::cli::values::WriteArgs;
use crate::runtime::CommandOutcome;
use crate::runtime::CommandResult;

/// Sends a command and prints what became of it; `draw_state` adds the state after it to a table.
pub(super) async fn send(
    app: &App,
    write: &WriteArgs,
    command: &str,
    id: &str,
    payload: Value,
    draw_state: fn(&CommandOutcome, &mut Sheet),
) -> Result<(), CliError> {
    let store = if write.dry_run { app.store()? } else { app.store_to_write()? };
    let write = write.clone().keyed(app);
    let bus = app.command_bus(&store, write.snapshot_every);
    let outcome = bus.send(&write.envelope(app, command, id, payload)).await?;
    if let (CommandResult::AlreadyApplied, Some(position)) = (outcome.outcome, outcome.position) {
        app.record.applied_before(&outcome.stream, outcome.version, position, outcome.events.len() as u64);
    }
    app.warn_clock_behind(outcome.clock_behind_micros);
    app.warn_left_out(&outcome.left_out);
    app.out.one(&outcome, |sheet| {
        draw(&outcome, sheet);
        draw_state(&outcome, sheet);
    })
}

fn draw(outcome: &CommandOutcome, sheet: &mut Sheet) {
    let what = match outcome.outcome {
        CommandResult::Applied => Cell::new("applied").tone(Tone::Good),
        CommandResult::AlreadyApplied => Cell::new("applied before; nothing changed").tone(Tone::Warn),
        CommandResult::DryRun => Cell::new("dry run; nothing was appended").tone(Tone::Warn),
        CommandResult::Unchanged => Cell::new("unchanged; there was nothing to change"),
    };
    let position = outcome.position.map_or_else(String::new, |position| format!(", position {position}"));
    sheet.field("outcome", what);
    sheet.field("stream", format!("{}, version {}{position}", outcome.stream, outcome.version));
    for event in &outcome.events {
        sheet.field("event", format!("{} {}", event.event_type, event.data.as_str()));
    }
}
