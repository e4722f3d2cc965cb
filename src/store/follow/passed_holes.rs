//! The holes that were passed. They are asked for again, since an earlier transaction may have taken a number in them.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::event::Timestamp;

/// The maximum number of remembered holes. A hole is a range of numbers.
const REMEMBERED: usize = 10_000;
/// The time for which a hole is remembered.
const MEMORY: Duration = Duration::from_secs(3600);
/// The longest time between two questions for a hole. A young one is asked for more often.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// The maximum number of numbers that are asked for one by one, in one statement.
const ASKED_NUMBERS: usize = 2000;
/// The maximum number of longer holes that are asked for at once, each in a statement of its own.
const ASKED_RANGES: usize = 16;
/// The length from which a hole is asked for as a range.
const LONG: i64 = 9;

/// The holes that were passed.
#[derive(Debug, Clone, Default)]
pub(super) struct PassedHoles {
    /// The holes, by their first numbers.
    holes: BTreeMap<i64, PassedHole>,
    /// The number of holes that were forgotten within the hour.
    forgotten: u64,
}

#[derive(Debug, Clone, Copy)]
struct PassedHole {
    last: i64,
    passed_at: Timestamp,
    asked_at: Timestamp,
}

/// The holes to ask for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AskedHoles {
    /// Single numbers.
    pub numbers: Vec<i64>,
    /// Ranges, with their first and last numbers.
    pub ranges: Vec<(i64, i64)>,
    /// The first numbers of these holes.
    holes: Vec<i64>,
}

impl AskedHoles {
    /// Returns true if nothing is asked for.
    pub fn is_empty(&self) -> bool {
        self.holes.is_empty()
    }
}

impl PassedHoles {
    /// Remembers a hole from its first to its last number.
    pub(super) fn add(&mut self, first: i64, last: i64, passed_at: Timestamp) {
        self.holes.insert(first, PassedHole { last, passed_at, asked_at: passed_at });
        while self.holes.len() > REMEMBERED {
            // The lowest one is the oldest, but for one whose first numbers were filled late.
            self.holes.pop_first();
            self.forgotten += 1;
        }
    }

    /// Returns the holes, each with its first and last number and the time at which it was passed.
    pub(super) fn iter(&self) -> impl Iterator<Item = (i64, i64, Timestamp)> {
        self.holes.iter().map(|(first, hole)| (*first, hole.last, hole.passed_at))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.holes.is_empty()
    }

    pub(super) fn clear(&mut self) {
        self.holes.clear();
    }

    /// Removes what is after a number.
    pub(super) fn cut_after(&mut self, number: i64) {
        drop(self.holes.split_off(&number.saturating_add(1)));
        if let Some((_, hole)) = self.holes.iter_mut().next_back() {
            hole.last = hole.last.min(number);
        }
    }

    /// Returns the number of holes that were forgotten within the hour, since the last call.
    pub(super) fn take_forgotten(&mut self) -> u64 {
        std::mem::take(&mut self.forgotten)
    }

    /// Returns the holes to ask for now: those that were not asked for the longest time come first.
    pub(super) fn due(&self, now: Timestamp) -> AskedHoles {
        let mut due: Vec<(Timestamp, i64, i64)> = self
            .holes
            .iter()
            .filter(|(_, hole)| hole.is_due(now))
            .map(|(first, hole)| (hole.asked_at, *first, hole.last))
            .collect();
        due.sort_unstable();
        let mut asked = AskedHoles::default();
        for (_, first, last) in due {
            if last.saturating_sub(first) >= LONG - 1 {
                if asked.ranges.len() < ASKED_RANGES {
                    asked.ranges.push((first, last));
                    asked.holes.push(first);
                }
            } else if asked.numbers.len() < ASKED_NUMBERS {
                asked.numbers.extend(first..=last);
                asked.holes.push(first);
            }
        }
        asked
    }

    /// Takes the answer to a question: the numbers of the rows that are there now. `complete` is false if there may be more.
    pub(super) fn answered(&mut self, asked: &AskedHoles, found: &[i64], complete: bool, now: Timestamp) {
        for first in asked.holes.iter().filter(|_| complete) {
            if let Some(hole) = self.holes.get_mut(first) {
                hole.asked_at = now;
            }
        }
        found.iter().for_each(|number| self.fill(*number));
        self.holes.retain(|_, hole| {
            let is_old = |moment: Timestamp| Duration::from_micros(moment.micros_since(hole.passed_at)) >= MEMORY;
            // Once more after the hour, so that no row of that time is missed.
            !is_old(now) || !is_old(hole.asked_at)
        });
    }

    /// Removes a number, which is a row now.
    fn fill(&mut self, number: i64) {
        let Some((&first, &hole)) = self.holes.range(..=number).next_back() else { return };
        if hole.last < number {
            return;
        }
        self.holes.remove(&first);
        if first < number {
            self.holes.insert(first, PassedHole { last: number - 1, ..hole });
        }
        if number < hole.last {
            self.holes.insert(number + 1, hole);
        }
    }
}

impl PassedHole {
    fn is_due(&self, now: Timestamp) -> bool {
        let since = |moment: Timestamp| Duration::from_micros(now.micros_since(moment));
        since(self.asked_at) >= (since(self.passed_at) / 10).min(LONGEST_PAUSE)
    }
}
