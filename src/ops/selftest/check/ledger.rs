//! Types of all checks: the history with its indexes, and the counts and findings of each promise.

use std::collections::BTreeMap;
use std::collections::HashMap;

use uuid::Uuid;

use crate::ops::selftest::history::AppendAttempt;
use crate::ops::selftest::history::SelftestHistory;
use crate::ops::selftest::history::SentEvent;
use crate::ops::selftest::history::StoredEvent;
use crate::ops::selftest::promise::BrokenPromise;
use crate::ops::selftest::promise::Promise;
use crate::ops::selftest::promise::PromiseResult;

/// Maximum number of findings that are listed for a promise. All are counted.
const MAX_FINDINGS: u64 = 10;

/// A history, with indexes of its events.
pub(super) struct HistoryIndex<'h> {
    pub(super) history: &'h SelftestHistory,
    /// The indexes in `events` of each event id; more than one if the id is stored twice.
    pub(super) by_id: HashMap<Uuid, Vec<usize>>,
    /// The append that an event id was acknowledged for.
    pub(super) acknowledged: HashMap<Uuid, &'h AppendAttempt>,
    /// The events of each stream, by position.
    pub(super) by_stream: BTreeMap<&'h str, Vec<&'h StoredEvent>>,
}

impl<'h> HistoryIndex<'h> {
    pub(super) fn of(history: &'h SelftestHistory) -> Self {
        let mut by_id: HashMap<Uuid, Vec<usize>> = HashMap::with_capacity(history.events.len());
        let mut by_stream: BTreeMap<&str, Vec<&StoredEvent>> = BTreeMap::new();
        for (index, event) in history.events.iter().enumerate() {
            by_id.entry(event.event_id).or_default().push(index);
            by_stream.entry(&event.stream).or_default().push(event);
        }
        let mut acknowledged = HashMap::new();
        for attempt in history.attempts.iter().filter(|attempt| attempt.acknowledged().is_some()) {
            acknowledged.extend(attempt.events.iter().map(|sent| (sent.event_id, attempt)));
        }
        Self { history, by_id, acknowledged, by_stream }
    }

    /// Returns true if an append reused an acknowledged id and was not the same batch. It must leave no event behind.
    pub(super) fn is_forged(&self, attempt: &AppendAttempt) -> bool {
        let owner = |sent: &SentEvent| self.acknowledged.get(&sent.event_id).is_some_and(|owner| owner.events != attempt.events);
        attempt.events.iter().any(owner)
    }

    /// Returns the event with an id, the first if there are several.
    pub(super) fn event(&self, id: Uuid) -> Option<&'h StoredEvent> {
        self.by_id.get(&id).and_then(|places| self.history.events.get(*places.first()?))
    }

    /// Returns the number of events of a stream.
    pub(super) fn version_of(&self, stream: &str) -> u64 {
        self.by_stream.get(stream).map_or(0, |events| events.len() as u64)
    }
}

/// The counts and findings of each promise.
pub(super) struct Ledger {
    tried: BTreeMap<Promise, (u64, u64)>,
    findings: Vec<BrokenPromise>,
}

impl Ledger {
    pub(super) fn new() -> Self {
        Self { tried: Promise::ALL.into_iter().map(|promise| (promise, (0, 0))).collect(), findings: Vec::new() }
    }

    /// Counts checked cases of a promise.
    pub(super) fn tries(&mut self, promise: Promise, times: u64) {
        self.tried.entry(promise).or_default().0 += times;
    }

    fn broken(&mut self, finding: BrokenPromise) {
        let broken = &mut self.tried.entry(finding.promise).or_default().1;
        *broken += 1;
        if *broken <= MAX_FINDINGS {
            self.findings.push(finding);
        }
    }

    /// Adds a finding that is not about a single event.
    pub(super) fn found(&mut self, promise: Promise, message: String) {
        self.broken(BrokenPromise { promise, position: None, event_id: None, stream: None, message });
    }

    /// Adds a finding about an event in the store.
    pub(super) fn found_at(&mut self, promise: Promise, event: &StoredEvent, message: String) {
        let (position, event_id, stream) = (Some(event.position), Some(event.event_id), Some(event.stream.to_string()));
        self.broken(BrokenPromise { promise, position, event_id, stream, message });
    }

    /// Adds a finding about an event of an append.
    pub(super) fn found_in(&mut self, promise: Promise, attempt: &AppendAttempt, event_id: Option<Uuid>, message: String) {
        let event_id = event_id.or_else(|| attempt.events.first().map(|sent| sent.event_id));
        self.broken(BrokenPromise { promise, position: None, event_id, stream: Some(attempt.stream.to_string()), message });
    }

    pub(super) fn close(mut self) -> (Vec<PromiseResult>, Vec<BrokenPromise>) {
        let line = |(promise, (tried, broken)): (&Promise, &(u64, u64))| PromiseResult {
            promise: *promise,
            text: promise.text(),
            tried: *tried,
            broken: *broken,
        };
        self.findings.sort_by_key(|finding| finding.promise);
        (self.tried.iter().map(line).collect(), self.findings)
    }
}
