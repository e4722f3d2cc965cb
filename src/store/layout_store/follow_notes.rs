//! Notes of a follower, each once, and the pause between its polls.

use std::time::Duration;

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
}

impl Notes {
    /// Returns the notes about a poll that were not given before.
    pub(super) fn of(&mut self, writers: &Writers, forgotten: u64) -> Vec<String> {
        let mut notes = Vec::new();
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
}

/// Returns the pause after a poll that took some time: at least twice as long, so that a slow poll does not keep the database busy.
pub(super) fn pause(elapsed: Duration, is_held: bool) -> Duration {
    let shortest = if is_held { HELD } else { SHORTEST };
    (elapsed * 2).clamp(shortest, LONGEST)
}
