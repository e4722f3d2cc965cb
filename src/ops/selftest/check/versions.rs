//! Checks expected versions: accepted appends met them, refused ones did not, and of several appends with the same one exactly one
//! succeeded.

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::collections::HashSet;

use uuid::Uuid;

use crate::event::ExpectedVersion;
use crate::event::Version;
use crate::ops::selftest::check::ledger::HistoryIndex;
use crate::ops::selftest::check::ledger::Ledger;
use crate::ops::selftest::history::AppendAttempt;
use crate::ops::selftest::promise::Promise;
use crate::store::Outcome;
use crate::store::StoreError;

const PROMISE: Promise = Promise::ExpectedVersions;

pub(super) fn check(index: &HistoryIndex<'_>, ledger: &mut Ledger) {
    contiguous(index, ledger);
    let reached = Reached::of(index.history.attempts.iter());
    for attempt in &index.history.attempts {
        match &attempt.answer {
            Some(Ok(appended)) if appended.outcome == Outcome::Applied => accepted(index, ledger, attempt),
            Some(Err(StoreError::Conflict { actual, .. })) => refused(index, ledger, &reached, attempt, *actual),
            _ if attempt.is_unknown() && !index.is_forged(attempt) => accepted(index, ledger, attempt),
            _ => {}
        }
    }
    races(index, ledger);
}

fn contiguous(index: &HistoryIndex<'_>, ledger: &mut Ledger) {
    for (stream, events) in &index.by_stream {
        ledger.tries(PROMISE, 1);
        for (expected, event) in (1..).zip(events) {
            if event.version != Version(expected) {
                let message = format!("stream {stream} has version {} where {expected} must be", event.version);
                ledger.found_at(PROMISE, event, message);
                break;
            }
        }
    }
}

/// Checks that the events of an append follow the version that it expected.
fn accepted(index: &HistoryIndex<'_>, ledger: &mut Ledger, attempt: &AppendAttempt) {
    let Some(first) = attempt.events.first().and_then(|sent| index.event(sent.event_id)) else { return };
    ledger.tries(PROMISE, 1);
    let before = Version(first.version.0.saturating_sub(1));
    // A repeated append is answered regardless of its expected version.
    if !attempt.expected.holds(before) && !is_repeat(index, before, first.event_id) {
        let message = format!("appended after version {before}, expected {}", attempt.expected);
        ledger.found_at(PROMISE, first, message);
    }
}

/// Returns true if another append of the same events expected the version.
fn is_repeat(index: &HistoryIndex<'_>, before: Version, first: Uuid) -> bool {
    let same = |other: &AppendAttempt| other.events.first().is_some_and(|sent| sent.event_id == first);
    index.history.attempts.iter().any(|other| other.expected.holds(before) && same(other))
}

/// Checks that a conflict names a version that does not match, that the stream has reached, and that is not older than the last
/// acknowledged one.
fn refused(index: &HistoryIndex<'_>, ledger: &mut Ledger, reached: &Reached<'_>, attempt: &AppendAttempt, actual: Version) {
    ledger.tries(PROMISE, 1);
    let expected = attempt.expected;
    let mut found = |message: String| ledger.found_in(PROMISE, attempt, None, message);
    if expected.holds(actual) {
        found(format!("refused although version {actual} matches the expected version {expected}"));
    }
    let last = index.version_of(attempt.stream.as_str());
    if actual.0 > last {
        found(format!("refused for version {actual}, which the stream has never reached: it is at {last}"));
    }
    let least = reached.before(attempt.stream.as_str(), attempt.began);
    if actual.0 < least {
        found(format!("refused for version {actual}, although version {least} had been acknowledged before"));
    }
}

/// The acknowledged version of each stream at each moment.
struct Reached<'h>(HashMap<&'h str, BTreeMap<u64, u64>>);

impl<'h> Reached<'h> {
    fn of(attempts: impl Iterator<Item = &'h AppendAttempt>) -> Self {
        let mut reached: HashMap<&str, BTreeMap<u64, u64>> = HashMap::new();
        for attempt in attempts {
            let last = attempt.acknowledged().and_then(|appended| appended.events.last());
            if let Some(last) = last {
                reached.entry(attempt.stream.as_str()).or_default().insert(attempt.ended, last.version.0);
            }
        }
        for moments in reached.values_mut() {
            let mut highest = 0;
            for version in moments.values_mut() {
                highest = highest.max(*version);
                *version = highest;
            }
        }
        Self(reached)
    }

    fn before(&self, stream: &str, moment: u64) -> u64 {
        let moments = self.0.get(stream);
        moments.and_then(|moments| moments.range(..moment).next_back()).map_or(0, |(_, version)| *version)
    }
}

/// Checks that of several appends with the same expected version exactly one succeeded.
fn races(index: &HistoryIndex<'_>, ledger: &mut Ledger) {
    let mut races: BTreeMap<(&str, u64), Vec<&AppendAttempt>> = BTreeMap::new();
    for attempt in &index.history.attempts {
        let version = match attempt.expected {
            ExpectedVersion::NoStream => 0,
            ExpectedVersion::Exact(version) => version.0,
            ExpectedVersion::Any | ExpectedVersion::Exists => continue,
        };
        races.entry((attempt.stream.as_str(), version)).or_default().push(attempt);
    }
    for ((stream, version), attempts) in races {
        // The same batch twice is one append.
        let batch = |attempt: &AppendAttempt| attempt.events.first().map(|sent| sent.event_id);
        if attempts.iter().filter_map(|attempt| batch(attempt)).collect::<HashSet<_>>().len() < 2 {
            continue;
        }
        ledger.tries(PROMISE, 1);
        let won = |attempt: &&&AppendAttempt| attempt.acknowledged().is_some_and(|appended| appended.outcome == Outcome::Applied);
        let winners: HashSet<_> = attempts.iter().filter(won).filter_map(|attempt| batch(attempt)).collect();
        if winners.len() > 1 {
            let message = format!("{} appends that expected version {version} of stream {stream} succeeded", winners.len());
            ledger.found_in(PROMISE, attempts[0], winners.iter().copied().max(), message);
        }
        let conflict = |attempt: &&AppendAttempt| matches!(&attempt.answer, Some(Err(StoreError::Conflict { actual, .. })) if actual.0 > version);
        if attempts.iter().all(conflict) && index.version_of(stream) <= version {
            let message =
                format!("all appends that expected version {version} of stream {stream} were refused, and none succeeded");
            ledger.found_in(PROMISE, attempts[0], None, message);
        }
    }
}
