//! The report of a selftest.

use serde::Serialize;

use crate::ops::selftest::READERS;
use crate::ops::selftest::WRITERS;
use crate::ops::selftest::check::CheckResult;
use crate::ops::selftest::history::AppendAttempt;
use crate::ops::selftest::history::SelftestHistory;
use crate::ops::selftest::promise::BrokenPromise;
use crate::ops::selftest::promise::PromiseResult;
use crate::store::Outcome;
use crate::store::StoreError;

/// The outcome of a selftest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SelftestReport {
    /// The kind of database.
    pub kind: String,
    /// The scratch area.
    pub store: String,
    /// True if every promise held.
    pub ok: bool,
    /// The number of events in the scratch area at the end.
    pub events: u64,
    /// The number of streams of these events.
    pub streams: u64,
    /// The number of concurrent writers.
    pub writers: usize,
    /// The number of concurrent readers.
    pub readers: usize,
    /// The number of appends for each answer.
    pub appends: AnswerCounts,
    /// Each promise, with the number of times that it was tried and broken.
    pub promises: Vec<PromiseResult>,
    /// The first cases of each promise in which it did not hold.
    pub findings: Vec<BrokenPromise>,
}

/// The number of appends for each answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct AnswerCounts {
    /// Appends that were applied.
    pub applied: u64,
    /// Appends that had been applied before.
    pub already_applied: u64,
    /// Appends that were refused for the version or a used id.
    pub conflicts: u64,
    /// Appends that were not applied because the store was unavailable.
    pub unavailable: u64,
    /// Appends with an unknown outcome.
    pub unknown: u64,
    /// Appends with any other answer.
    pub others: u64,
}

impl AnswerCounts {
    fn of(attempts: &[AppendAttempt]) -> Self {
        let mut answers = Self::default();
        for attempt in attempts {
            *match &attempt.answer {
                Some(Ok(appended)) if appended.outcome == Outcome::Applied => &mut answers.applied,
                Some(Ok(_)) => &mut answers.already_applied,
                Some(Err(StoreError::Conflict { .. } | StoreError::IdConflict { .. })) => &mut answers.conflicts,
                Some(Err(StoreError::Unavailable { .. })) => &mut answers.unavailable,
                None | Some(Err(StoreError::OutcomeUnknown { .. })) => &mut answers.unknown,
                Some(Err(_)) => &mut answers.others,
            } += 1;
        }
        answers
    }
}

impl SelftestReport {
    /// Returns the report on a history and the result of its check.
    pub(crate) fn of(kind: &str, store: String, history: &SelftestHistory, result: CheckResult) -> Self {
        Self {
            kind: kind.to_owned(),
            store,
            ok: result.is_ok(),
            events: history.events.len() as u64,
            streams: history.streams.len() as u64,
            writers: WRITERS,
            readers: READERS,
            appends: AnswerCounts::of(&history.attempts),
            promises: result.promises,
            findings: result.findings,
        }
    }
}
