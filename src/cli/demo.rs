//! The command `esctl demo`.

use clap::Args;
use serde_json::Value;

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::cli::output::Cell;
use crate::cli::output::Sheet;
use crate::cli::output::Tone;
use crate::ops::demo;
use crate::ops::demo::DemoReport;
use crate::ops::demo::DemoStep;
use crate::ops::replay::ReplayReport;

/// Run a demo in a store of its own: lock and allocate, then replay to a moment
#[derive(Debug, Args)]
pub struct DemoArgs {}

impl DemoArgs {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        // The demo never uses the user's store.
        let store = app.open(&crate::store::StoreUrl::SqliteMemory)?;
        let report = demo::demo(&store, &app.clock()).await?;
        app.out.one(&report, |sheet| draw_report(&report, sheet))?;
        if report.verified { Ok(()) } else { Err(CliError::bug("the store of the demo is not as it was written")) }
    }
}

fn draw_report(report: &DemoReport, sheet: &mut Sheet) {
    sheet.line(Cell::new("A resource in an event store of its own").tone(Tone::Strong));
    sheet.line("The server decides. Each change is an event. The state is the fold of the events.");
    for (index, step) in report.steps.iter().enumerate() {
        draw_step(index + 1, step, sheet);
    }
    sheet.heading("The stream resource-gold");
    let rows = report.stream.iter().map(|event| {
        vec![event.version.into(), event.recorded_at.into(), event.event_type.as_str().into(), Cell::prose(facts(&event.data))]
    });
    sheet.table(&["version", "time", "type", "what"], rows.collect());
    sheet.heading("Replayed to a moment while it was locked");
    draw_replay(&report.replay_locked, "esctl replay resource-gold --at", sheet);
    sheet.heading("Replayed to the present");
    draw_replay(&report.replay_now, "esctl replay resource-gold", sheet);
    sheet.heading("Maintained");
    let chain = if report.verified { Cell::new("whole").tone(Tone::Good) } else { Cell::new("broken").tone(Tone::Bad) };
    sheet.field("snapshot", format!("taken at version {} (esctl snapshot take resource-gold)", report.snapshot_version));
    sheet.field("read model", format!("rebuilt from {} events (esctl projection rebuild resources)", report.rebuilt_events));
    sheet.field("hash chain", chain);
    sheet.field("verified", format!("{} events (esctl verify)", report.verified_events));
    sheet.field("head", format!("{}:{}", report.head_position, report.head_hash));
    sheet.blank();
    sheet.line(Cell::new("The demo kept nothing. The commands work as shown.").tone(Tone::Dim));
}

fn draw_step(number: usize, step: &DemoStep, sheet: &mut Sheet) {
    sheet.heading(&format!("{number}. {}", step.title));
    sheet.line(Cell::new(format!("   $ {} --client {}", step.command, step.client_id)).tone(Tone::Dim));
    match (&step.rejected, step.amount) {
        (Some(reason), _) => {
            sheet.line(Cell::new(format!("   refused: {reason}")).tone(Tone::Bad));
        }
        (None, amount) => {
            let amount = amount.map_or_else(String::new, |amount| format!(", {amount} gold"));
            sheet.line(Cell::new(format!("   {} (version {}{amount})", step.events.join(", "), step.version)).tone(Tone::Good));
        }
    }
}

fn draw_replay(replay: &ReplayReport, command: &str, sheet: &mut Sheet) {
    let typed = if command.ends_with("--at") { format!("{command} {}", replay.at) } else { command.to_owned() };
    sheet.line(Cell::new(format!("   $ {typed}")).tone(Tone::Dim));
    let state = &replay.state;
    let locked = match state["lock_reason"].as_str() {
        Some(reason) => format!("locked: {reason}"),
        None => "not locked".to_owned(),
    };
    sheet.line(format!(
        "   version {}: {} gold, {locked} ({} events folded)",
        replay.version, state["amount"], replay.events_applied
    ));
}

/// Returns the most telling fields of an event in one short line.
fn facts(data: &Value) -> String {
    let shown = ["amount", "new_amount", "reason", "expiry"];
    let facts = shown.iter().filter_map(|name| match &data[*name] {
        Value::Null => None,
        Value::String(text) => Some(format!("{name} {text}")),
        other => Some(format!("{name} {other}")),
    });
    facts.collect::<Vec<_>>().join(", ")
}
