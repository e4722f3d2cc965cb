//! Checkpoints as rows of a table.

use crate::cli::output::Cell;
use crate::cli::output::Tone;
use crate::ops::checkpoints::CheckpointState;
use crate::ops::checkpoints::CheckpointStatus;

/// Returns the columns of a table of checkpoints. Those that no checkpoint has are left out.
pub(in crate::cli) fn checkpoint_columns(checkpoints: &[CheckpointStatus]) -> Vec<&'static str> {
    let mut columns = vec!["name", "state"];
    if reads_parts(checkpoints) {
        columns.push("reads");
    }
    columns.extend(["position", "head", "lag events", "lag seconds", "time"]);
    columns
}

/// Returns the cells of a checkpoint.
pub(in crate::cli) fn checkpoint_cells(checkpoint: &CheckpointStatus, all: &[CheckpointStatus]) -> Vec<Cell> {
    let mut cells = vec![checkpoint.name.as_str().into(), state(checkpoint)];
    if reads_parts(all) {
        cells.push(Cell::new(reads(checkpoint)));
    }
    let place = match (checkpoint.position, checkpoint.version) {
        (_, Some(version)) => Cell::number(format!("version {version}")),
        (Some(position), None) => position.into(),
        (None, None) => Cell::none(),
    };
    let seconds = checkpoint.lag_seconds.map(|seconds| Cell::number(format!("{seconds:.1}")));
    cells.extend([
        place,
        checkpoint.head.map_or_else(Cell::none, Cell::from),
        checkpoint.lag_events.map_or_else(Cell::none, Cell::from),
        seconds.unwrap_or_else(Cell::none),
        checkpoint.time.map_or_else(Cell::none, Cell::time),
    ]);
    cells
}

fn reads_parts(checkpoints: &[CheckpointStatus]) -> bool {
    checkpoints.iter().any(|it| it.stream.is_some() || it.category.is_some() || it.event_type.is_some())
}

fn reads(checkpoint: &CheckpointStatus) -> String {
    let CheckpointStatus { stream, category, event_type, .. } = checkpoint;
    let named = [("stream", stream), ("category", category), ("type", event_type)];
    let named = named.into_iter().filter_map(|(what, name)| name.as_ref().map(|name| format!("{what} {name}")));
    let named = named.collect::<Vec<_>>().join(", ");
    if named.is_empty() { "all".to_owned() } else { named }
}

fn state(checkpoint: &CheckpointStatus) -> Cell {
    let name = checkpoint.state.name().replace('_', " ");
    let text = checkpoint.message.as_ref().map_or_else(|| name.clone(), |message| format!("{name}: {message}"));
    let tone = match checkpoint.state {
        CheckpointState::Current | CheckpointState::Idle => Tone::Good,
        state if state.is_broken() => Tone::Bad,
        _ => Tone::Warn,
    };
    Cell::prose(text).tone(tone)
}
