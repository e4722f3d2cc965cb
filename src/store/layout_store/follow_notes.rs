//! Notes of a follower, each once, and the pause between its polls.

use std::time::Duration;

use crate::store::error::StoreError;
use crate::store::follow::Writers;

/// The shortest pause between two polls.
const SHORTEST: Duration = Duration::from_millis(50);
/// The pause while rows wait for a long time.
const HELD: Duration = Duration::from_millis(250);
/// The longest pause between two polls.
const LONGEST: Duration = Duration::from_secs(5);

/// The notes that were given.
#[derive(Debug, Default)]
pub(super) struct Notes {
    standby: bool,
    forgotten: bool,
    /// The damage that was reported.
    strays: Vec<String>,
    /// Further notes.
    added: Vec<String>,
}

impl Notes {
    /// Returns the notes about a poll that were not given before.
    pub(super) fn of(&mut self, writers: &Writers, forgotten: u64) -> Vec<String> {
        let mut notes = std::mem::take(&mut self.added);
        if matches!(writers, Writers::Horizon { .. }) && !std::mem::replace(&mut self.standby, true) {
            notes.push(
                "this server is a standby, which does not show all transactions of its primary: \
                 an event that becomes visible after its successors is marked as late"
                    .to_owned(),
            );
        }
        if forgotten > 0 && !std::mem::replace(&mut self.forgotten, true) {
            notes.push(
                "more than 10000 numbers are missing between the events: \
                 an event that comes later for one of the oldest of them is not shown"
                    .to_owned(),
            );
        }
        notes
    }

    /// Adds a note to the next ones.
    pub(super) fn add(&mut self, note: String) {
        self.added.push(note);
    }

    /// Adds notes on rows without a usable number.
    pub(super) fn strays(&mut self, damage: impl Iterator<Item = String>) {
        for damage in damage {
            if !self.strays.contains(&damage) {
                self.added.push(format!("{damage}; this event is not shown, and further ones like it are not either"));
                self.strays.push(damage);
            }
        }
    }
}

/// Returns the note on rows that may come twice.
pub(super) fn replaced(last: &str, found: &str) -> String {
    format!("{last} has another event or other values than before: the events after {found} are shown once more, as new ones")
}

/// Returns the error of a store whose followed rows are gone.
pub(super) fn lost(last: &str, highest: &str) -> StoreError {
    StoreError::integrity(format!(
        "none of the last events that were followed, up to {last}, is there any more, but there are events up to {highest}: \
         the store was restored, is another one, or the events were deleted or changed; \
         begin again without the earlier place, at the beginning or after {highest}"
    ))
}

/// Returns the pause after a poll that took some time: twice as long, so that a slow poll does not keep the database busy, but no
/// longer than five seconds.
pub(super) fn pause(elapsed: Duration, is_held: bool) -> Duration {
    let shortest = if is_held { HELD } else { SHORTEST };
    (elapsed * 2).clamp(shortest, LONGEST)
}
