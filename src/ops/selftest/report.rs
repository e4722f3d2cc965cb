//! What a selftest reports.

use serde::Serialize;

use crate::ops::selftest::READERS;
use crate::ops::selftest::WRITERS;
use crate::ops::selftest::check::Verdict;
use crate::ops::selftest::history::Attempt;
use crate::ops::selftest::history::History;
use crate::ops::selftest::promise::Finding;
use crate::ops::selftest::promise::Tried;
use crate::store::Outcome;
use crate::store::StoreError;

/// The promises of a store, tried against this very one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SelftestReport {
    /// The kind of database.
    pub kind: String,
    /// Where the scratch area was.
    pub store: String,
    /// Whether every promise held: there are no findings.
    pub ok: bool,
    /// Events in the scratch area in the end.
    pub events: u64,
    /// Streams they were in.
    pub streams: u64,
    /// How many appended at the same time.
    pub writers: usize,
    /// How many read at the same time.
    pub readers: usize,
    /// What the appends were answered with.
    pub appends: Answers,
    /// Each promise, with how often it was tried and broken.
    pub promises: Vec<Tried>,
    /// The cases in which one did not hold, the first of each promise.
    pub findings: Vec<Finding>,
}

/// How often appends were answered in which way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Answers {
    /// Recorded.
    pub applied: u64,
    /// Known already.
    pub already_applied: u64,
    /// Another version, or an id that is used.
    pub conflicts: u64,
    /// Not done, come back later.
    pub unavailable: u64,
    /// Nobody knows.
    pub unknown: u64,
    /// Anything else.
    pub others: u64,
}

impl Answers {
    fn of(attempts: &[Attempt]) -> Self {
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
    /// The report on a history and what the checker says of it.
    pub(crate) fn of(kind: &str, store: String, history: &History, verdict: Verdict) -> Self {
        Self {
            kind: kind.to_owned(),
            store,
            ok: verdict.is_ok(),
            events: history.events.len() as u64,
            streams: history.streams.len() as u64,
            writers: WRITERS,
            readers: READERS,
            appends: Answers::of(&history.attempts),
            promises: verdict.promises,
            findings: verdict.findings,
        }
    }
}
