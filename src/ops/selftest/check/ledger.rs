//! What the checks share: the history with its indexes, and the book of what was tried and found.

use std::collections::BTreeMap;
use std::collections::HashMap;

use uuid::Uuid;

use crate::ops::selftest::history::Attempt;
use crate::ops::selftest::history::History;
use crate::ops::selftest::history::Recorded;
use crate::ops::selftest::history::Sent;
use crate::ops::selftest::promise::Finding;
use crate::ops::selftest::promise::Promise;
use crate::ops::selftest::promise::Tried;

/// So many findings of one promise are listed; more of them say nothing new, but are counted.
const MAX_FINDINGS: u64 = 10;

/// A history, and where in it each event is.
pub(super) struct Index<'h> {
    pub(super) history: &'h History,
    /// Where an event id is in the store: indexes into `events`, more than one only where it is doubled.
    pub(super) by_id: HashMap<Uuid, Vec<usize>>,
    /// The append that an event id was acknowledged for.
    pub(super) acknowledged: HashMap<Uuid, &'h Attempt>,
    /// Each stream's events, by position.
    pub(super) by_stream: BTreeMap<&'h str, Vec<&'h Recorded>>,
}

impl<'h> Index<'h> {
    pub(super) fn of(history: &'h History) -> Self {
        let mut by_id: HashMap<Uuid, Vec<usize>> = HashMap::with_capacity(history.events.len());
        let mut by_stream: BTreeMap<&str, Vec<&Recorded>> = BTreeMap::new();
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

    /// Whether an append came under an id that another one had been acknowledged for, and was not the same batch: then it
    /// must leave nothing behind.
    pub(super) fn is_forged(&self, attempt: &Attempt) -> bool {
        let owner = |sent: &Sent| self.acknowledged.get(&sent.event_id).is_some_and(|owner| owner.events != attempt.events);
        attempt.events.iter().any(owner)
    }

    /// The event of an id; the first where it is doubled.
    pub(super) fn event(&self, id: Uuid) -> Option<&'h Recorded> {
        self.by_id.get(&id).and_then(|places| self.history.events.get(*places.first()?))
    }

    /// How many events a stream has.
    pub(super) fn version_of(&self, stream: &str) -> u64 {
        self.by_stream.get(stream).map_or(0, |events| events.len() as u64)
    }
}

/// What was tried and found.
pub(super) struct Ledger {
    tried: BTreeMap<Promise, (u64, u64)>,
    findings: Vec<Finding>,
}

impl Ledger {
    pub(super) fn new() -> Self {
        Self { tried: Promise::ALL.into_iter().map(|promise| (promise, (0, 0))).collect(), findings: Vec::new() }
    }

    /// So many single cases of a promise are looked at.
    pub(super) fn tries(&mut self, promise: Promise, times: u64) {
        self.tried.entry(promise).or_default().0 += times;
    }

    fn broken(&mut self, finding: Finding) {
        let broken = &mut self.tried.entry(finding.promise).or_default().1;
        *broken += 1;
        if *broken <= MAX_FINDINGS {
            self.findings.push(finding);
        }
    }

    /// A promise does not hold, and no single event shows it.
    pub(super) fn found(&mut self, promise: Promise, message: String) {
        self.broken(Finding { promise, position: None, event_id: None, stream: None, message });
    }

    /// A promise does not hold for an event that is in the store.
    pub(super) fn found_at(&mut self, promise: Promise, event: &Recorded, message: String) {
        let (position, event_id, stream) = (Some(event.position), Some(event.event_id), Some(event.stream.to_string()));
        self.broken(Finding { promise, position, event_id, stream, message });
    }

    /// A promise does not hold for an event of an append.
    pub(super) fn found_in(&mut self, promise: Promise, attempt: &Attempt, event_id: Option<Uuid>, message: String) {
        let event_id = event_id.or_else(|| attempt.events.first().map(|sent| sent.event_id));
        self.broken(Finding { promise, position: None, event_id, stream: Some(attempt.stream.to_string()), message });
    }

    pub(super) fn close(mut self) -> (Vec<Tried>, Vec<Finding>) {
        let line = |(promise, (tried, broken)): (&Promise, &(u64, u64))| Tried {
            promise: *promise,
            text: promise.text(),
            tried: *tried,
            broken: *broken,
        };
        self.findings.sort_by_key(|finding| finding.promise);
        (self.tried.iter().map(line).collect(), self.findings)
    }
}
