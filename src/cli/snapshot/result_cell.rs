//! The result of a check of a snapshot, in a table.

use crate::cli::output::Cell;
use crate::cli::output::Tone;
use crate::ops::snapshots::SnapshotCheck;

/// Returns the result of a check for the table.
pub(super) fn result_cell(result: SnapshotCheck, reason: Option<&str>) -> Cell {
    let reason = reason.unwrap_or_default();
    match result {
        SnapshotCheck::Fits => Cell::new("fits").tone(Tone::Good),
        SnapshotCheck::Differs => Cell::prose(reason).tone(Tone::Bad),
        SnapshotCheck::NotChecked => Cell::prose(format!("not checked: {reason}")).tone(Tone::Warn),
    }
}
