//! The answer of a command that wrote, in one line: `applied: resource-gold #7   amount 15 → 12 of 200`.

use serde_json::Value;
use uuid::Uuid;

use crate::cli::changes;
use crate::cli::output::Cell;
use crate::cli::output::OutputSettings;
use crate::cli::output::Sheet;
use crate::cli::output::Tone;
use crate::cli::output::readable;
use crate::event::Position;
use crate::event::StreamName;
use crate::event::Timestamp;
use crate::event::Version;
use crate::ops;
use crate::ops::append_events::AppendReport;
use crate::ops::append_events::EventInput;
use crate::runtime::CommandOutcome;
use crate::runtime::CommandResult;
use crate::runtime::OutcomeEvent;

/// The separator of the parts of a line.
const GAP: &str = "   ";
/// Maximum number of event types that a line names.
const TYPES: usize = 5;

/// Draws the outcome of a command: the change of the state. A dry run also shows its events, `-v` the ids of the events.
pub(super) fn draw_command(outcome: &CommandOutcome, settings: &OutputSettings, now: Timestamp, sheet: &mut Sheet) {
    let mut parts = Vec::new();
    match outcome.outcome {
        CommandResult::AlreadyApplied => parts.push("nothing changed".to_owned()),
        CommandResult::Unchanged => parts.push("there was nothing to change".to_owned()),
        CommandResult::Applied | CommandResult::DryRun => {
            parts.extend(counted(outcome.events.len()));
            parts.push(changes_of(outcome, settings, now));
            parts.extend(outcome.notes.iter().map(|note| format!("({})", note.message)));
        }
    }
    draw_line(outcome.outcome, &outcome.stream, outcome.version, outcome.events.len(), parts, sheet);
    match (outcome.outcome, outcome.position) {
        (CommandResult::DryRun, _) => outcome.events.iter().for_each(|event| draw_dry(event, sheet)),
        (_, Some(last)) if settings.verbose > 0 => {
            for event in &outcome.events {
                // The events of one command have consecutive positions.
                let position = Position(last.0.saturating_sub(outcome.version.0.saturating_sub(event.version.0)));
                draw_event(event.version, &event.event_type, position, event.event_id, sheet);
            }
        }
        _ => {}
    }
}

/// Returns the text for the events of an append: type and data of one event, the types of several.
pub(super) fn appended_text(batch: &[EventInput]) -> Vec<String> {
    if let [event] = batch {
        return vec![event.event_type.to_string(), data_text(event.data.as_str())];
    }
    let mut types: Vec<&str> = Vec::new();
    for event in batch {
        let event_type = event.event_type.as_str();
        if types.contains(&event_type) {
            continue;
        }
        if types.len() == TYPES {
            types.push("...");
            break;
        }
        types.push(event_type);
    }
    vec![types.join(", ")]
}

/// Draws the outcome of an append.
pub(super) fn draw_append(report: &AppendReport, text: &[String], settings: &OutputSettings, sheet: &mut Sheet) {
    let mut parts = Vec::new();
    match report.outcome {
        CommandResult::AlreadyApplied => parts.push("nothing changed".to_owned()),
        _ => {
            parts.extend(counted(report.events.len()));
            parts.extend_from_slice(text);
        }
    }
    draw_line(report.outcome, &report.stream, report.version, report.events.len(), parts, sheet);
    if settings.verbose > 0 {
        for event in &report.events {
            draw_event(event.version, event.event_type.as_str(), event.position, event.event_id, sheet);
        }
    }
}

fn draw_line(
    outcome: CommandResult,
    stream: &StreamName,
    last: Version,
    events: usize,
    mut parts: Vec<String>,
    sheet: &mut Sheet,
) {
    let (word, tone) = match outcome {
        CommandResult::Applied => ("applied", Tone::Good),
        CommandResult::AlreadyApplied => ("applied before", Tone::Warn),
        CommandResult::DryRun => ("dry run", Tone::Warn),
        CommandResult::Unchanged => ("unchanged", Tone::Plain),
    };
    let versions = match events as u64 {
        0 | 1 => format!("#{last}"),
        events => format!("#{}-{last}", last.0.saturating_sub(events - 1)),
    };
    parts.retain(|part| !part.is_empty());
    let text: String = parts.iter().map(|part| format!("{GAP}{part}")).collect();
    sheet.cut_line(Cell::new(word).tone(tone), format!(": {stream} {versions}{text}"));
}

/// Returns the number of events where it is not one.
fn counted(events: usize) -> Option<String> {
    (events > 1).then(|| format!("{events} events"))
}

/// Returns the change that a command made to the state of its stream.
fn changes_of(outcome: &CommandOutcome, settings: &OutputSettings, now: Timestamp) -> String {
    let before = outcome.state_before.as_ref().unwrap_or(&Value::Null);
    let found = ops::changes(before, &outcome.state);
    changes::written(outcome.stream.category(), &found, &outcome.state, now, settings)
}

fn draw_dry(event: &OutcomeEvent, sheet: &mut Sheet) {
    let text = format!("{GAP}{}", data_text(event.data.as_str()));
    sheet.cut_line(format!("  #{}  {}", event.version, event.event_type), text);
}

/// Draws an event with its position and id, as `-v` shows it.
pub(super) fn draw_event(version: Version, event_type: &str, position: Position, event_id: Uuid, sheet: &mut Sheet) {
    sheet.line(Cell::new(format!("  #{version}  {event_type}  position {position}  event {event_id}")).tone(Tone::Dim));
}

fn data_text(data: &str) -> String {
    serde_json::from_str(data).map_or_else(|_| data.to_owned(), |data: Value| readable::json(&data))
}
