//! A sequence of numbers in whose order rows are handed out: the positions of a store, or the versions of a stream.

use crate::event::Timestamp;
use crate::store::follow::follower::FollowWait;
use crate::store::follow::passed_holes::AskedHoles;
use crate::store::follow::passed_holes::PassedHoles;
use crate::store::follow::seen_heads::SeenHeads;
use crate::store::follow::token::SavedSequence;
use crate::store::follow::writers::Writers;

/// The place in a sequence, with what is known of its holes.
#[derive(Debug, Clone)]
pub struct Sequence {
    /// The last number that was handed out or passed.
    last: i64,
    /// Holes up to here are passed without waiting: those between rows that were there before the following began.
    existing: i64,
    heads: SeenHeads,
    passed: PassedHoles,
    /// The first number of the hole at which rows wait, and the time since then.
    held: Option<(i64, Timestamp)>,
}

/// The answers of a database to one poll.
#[derive(Debug, Clone, Copy)]
pub struct Poll<'a> {
    /// The present time.
    pub now: Timestamp,
    /// The open transactions, read before the rows.
    pub writers: &'a Writers,
    /// The highest visible number.
    pub head: Option<i64>,
    /// The numbers of the next rows after the last one, ascending. No visible row between two of them is left out.
    pub rows: &'a [i64],
}

/// The effect of a poll.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Step {
    /// The number of rows to hand out, from the first one.
    pub count: usize,
    /// The hole at which the other rows wait.
    pub waiting: Option<WaitingAt>,
}

/// A hole at which rows wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingAt {
    /// Its first number.
    pub first: i64,
    /// Its last number.
    pub last: i64,
    /// The time since when rows wait.
    pub since: Timestamp,
    /// The open transactions for which they wait, in words. None are known in the first poll of a hole.
    pub writers: Vec<String>,
}

impl WaitingAt {
    /// Returns the hole in words, with the noun for its numbers and the stream that they are of.
    pub fn shown(self, noun: &str, stream: Option<&str>) -> FollowWait {
        let range = if self.first == self.last {
            format!("{noun} {}", self.first)
        } else {
            format!("{noun}s {} to {}", self.first, self.last)
        };
        let at = stream.map_or(range.clone(), |stream| format!("{range} of stream {stream}"));
        FollowWait { at, since: self.since, writers: self.writers }
    }
}

impl Sequence {
    /// Returns the place after a number. Holes up to `existing` are passed without waiting.
    pub fn after(last: i64, existing: i64) -> Self {
        Self { last, existing, heads: SeenHeads::new(), passed: PassedHoles::default(), held: None }
    }

    /// Returns the place that was saved.
    pub fn of_saved(saved: &SavedSequence) -> Self {
        let mut sequence = Self::after(saved.last, i64::MIN);
        for (first, last, passed_at) in &saved.passed {
            sequence.passed.add(*first, *last, Timestamp::from_micros_saturating(*passed_at));
        }
        sequence
    }

    /// Returns the place for saving. Holes at which rows wait are found again.
    pub fn to_saved(&self) -> SavedSequence {
        let passed = self.passed.iter().map(|(first, last, passed_at)| (first, last, passed_at.micros())).collect();
        SavedSequence { last: self.last, passed, row: None }
    }

    /// Returns the last number that was handed out or passed.
    pub fn last(&self) -> i64 {
        self.last
    }

    /// Returns true while rows wait at a hole.
    pub fn is_held(&self) -> bool {
        self.held.is_some()
    }

    /// Returns true while rows wait at a hole, or passed holes are remembered.
    pub fn has_holes(&self) -> bool {
        self.is_held() || !self.passed.is_empty()
    }

    /// Remembers the holes between numbers, ascending, that were there before the following began.
    pub fn remember_holes(&mut self, numbers: &[i64], now: Timestamp) {
        for pair in numbers.windows(2) {
            if pair[0] + 1 < pair[1] {
                self.passed.add(pair[0] + 1, pair[1] - 1, now);
            }
        }
    }

    /// Goes to another number, where rows got other numbers. Passed holes are forgotten.
    pub fn renumber(&mut self, last: i64) {
        *self = Self::after(last, self.existing);
        self.passed.clear();
    }

    /// Goes back to a number, after the rows beyond it were deleted. Each number beyond it may be one of a new row.
    pub fn back_to(&mut self, last: i64) {
        self.last = last;
        self.existing = self.existing.min(last);
        self.passed.cut_after(last);
        self.held = None;
    }

    /// Takes the answers to a poll.
    pub fn step(&mut self, poll: &Poll<'_>) -> Step {
        let dead_to = self.heads.poll(poll.writers, poll.now).max(self.existing);
        let mut step = Step::default();
        for number in poll.rows {
            let first = self.last.saturating_add(1);
            if *number > first {
                let dead = dead_to.min(number - 1);
                if first <= dead {
                    self.passed.add(first, dead, poll.now);
                    self.last = dead;
                }
                if dead < number - 1 {
                    step.waiting = Some(self.wait(self.last + 1, number - 1, poll.now));
                    break;
                }
            }
            self.last = self.last.max(*number);
            step.count += 1;
        }
        if step.waiting.is_none() {
            self.held = None;
        }
        if let Some(head) = poll.head.max(poll.rows.last().copied()) {
            self.heads.note(head, poll.now);
        }
        step
    }

    fn wait(&mut self, first: i64, last: i64, now: Timestamp) -> WaitingAt {
        let since = match self.held {
            // The hole may be filled from its beginning while a later number of it is missing.
            Some((held, since)) if held == first => since,
            _ => now,
        };
        self.held = Some((first, since));
        WaitingAt { first, last, since, writers: self.heads.waits_for(first) }
    }

    /// Returns the passed holes to ask for now.
    pub fn due(&self, now: Timestamp) -> AskedHoles {
        self.passed.due(now)
    }

    /// Takes the answer for passed holes: the numbers of the rows that are there now, which are late. `complete` is false if there
    /// may be more.
    pub fn answered(&mut self, asked: &AskedHoles, found: &[i64], complete: bool, now: Timestamp) {
        self.passed.answered(asked, found, complete, now);
    }

    /// Returns the number of passed holes that were forgotten within the hour because there were too many, since the last call.
    pub fn take_forgotten(&mut self) -> u64 {
        self.passed.take_forgotten()
    }
}
