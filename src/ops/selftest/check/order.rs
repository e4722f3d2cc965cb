//! Checks order: positions have no holes and follow the order of acknowledgements, times grow, the hash chain holds, and head and
//! streams agree with the events.

use std::collections::BTreeMap;

use crate::event::Hash;
use crate::event::Position;
use crate::event::Timestamp;
use crate::event::Version;
use crate::event::chain_hash;
use crate::ops::selftest::check::ledger::HistoryIndex;
use crate::ops::selftest::check::ledger::Ledger;
use crate::ops::selftest::history::AppendAttempt;
use crate::ops::selftest::promise::Promise;
use crate::store::Head;
use crate::store::Outcome;

pub(super) fn check(index: &HistoryIndex<'_>, ledger: &mut Ledger) {
    for damage in &index.history.damage {
        ledger.found(Promise::Positions, damage.clone());
    }
    dense(index, ledger);
    times_and_chain(index, ledger);
    head_and_streams(index, ledger);
    later_is_higher(index, ledger);
}

fn dense(index: &HistoryIndex<'_>, ledger: &mut Ledger) {
    ledger.tries(Promise::Positions, index.history.events.len() as u64);
    let mut last = Position::ZERO;
    for event in &index.history.events {
        if event.position > last.next() {
            ledger.found_at(
                Promise::Positions,
                event,
                format!("positions {} to {} are missing", last.0 + 1, event.position.0 - 1),
            );
        } else if event.position <= last {
            ledger.found_at(Promise::Positions, event, format!("read after position {last}"));
        }
        last = event.position;
    }
}

fn times_and_chain(index: &HistoryIndex<'_>, ledger: &mut Ledger) {
    let events = &index.history.events;
    ledger.tries(Promise::Times, events.len() as u64);
    ledger.tries(Promise::HashChain, events.len() as u64);
    let (mut hash, mut time) = (Hash::ZERO, Timestamp::MIN);
    for event in events {
        if event.recorded_at <= time {
            ledger.found_at(Promise::Times, event, format!("recorded at {}, not after {time}", event.recorded_at));
        }
        if event.hash != chain_hash(hash, event.position, event.version, event.recorded_at, event.content) {
            ledger.found_at(Promise::HashChain, event, "the hash does not continue that of the event before".into());
        }
        (hash, time) = (event.hash, event.recorded_at);
    }
}

fn head_and_streams(index: &HistoryIndex<'_>, ledger: &mut Ledger) {
    let StoreEnds { events, head, streams } = StoreEnds::of(index);
    ledger.tries(Promise::HashChain, 1);
    if *head != events {
        let message = format!(
            "the head is at position {} with hash {}, the last event at {} with {}",
            head.position, head.hash, events.position, events.hash
        );
        ledger.found(Promise::HashChain, message);
    }
    ledger.tries(Promise::Reading, 1);
    let listed: BTreeMap<&str, (Version, Position)> =
        index.history.streams.iter().map(|(name, version, position)| (name.as_str(), (*version, *position))).collect();
    for (name, there) in &streams {
        if listed.get(name) != Some(there) {
            let said =
                listed.get(name).map_or_else(|| "does not exist".into(), |(version, _)| format!("is at version {version}"));
            ledger.found(Promise::Reading, format!("the list of streams says that {name} {said}; it is at {}", there.0));
        }
    }
    if let Some(name) = listed.keys().find(|name| !streams.contains_key(*name)) {
        ledger.found(Promise::Reading, format!("the list of streams has {name}, which has no events"));
    }
}

/// The head and streams that the events make, and the head that the store reports.
struct StoreEnds<'h> {
    events: Head,
    head: &'h Head,
    streams: BTreeMap<&'h str, (Version, Position)>,
}

impl<'h> StoreEnds<'h> {
    fn of(index: &HistoryIndex<'h>) -> Self {
        let last = index.history.events.last();
        let events = last.map_or_else(Head::default, |last| Head {
            position: last.position,
            recorded_at: last.recorded_at,
            hash: last.hash,
        });
        let last = |(name, events): (&&'h str, &Vec<&crate::ops::selftest::history::StoredEvent>)| {
            events.last().map(|last| (*name, (last.version, last.position)))
        };
        Self { events, head: &index.history.head, streams: index.by_stream.iter().filter_map(last).collect() }
    }
}

/// Checks that an append which began after the acknowledgement of another one has higher positions.
fn later_is_higher(index: &HistoryIndex<'_>, ledger: &mut Ledger) {
    let places = |attempt: &AppendAttempt| {
        let appended = attempt.acknowledged().filter(|appended| appended.outcome == Outcome::Applied)?;
        Some((appended.events.first()?.position, appended.events.last()?.position))
    };
    let mut reached: BTreeMap<u64, Position> = BTreeMap::new();
    for attempt in &index.history.attempts {
        if let Some((_, last)) = places(attempt) {
            reached.insert(attempt.ended, last);
        }
    }
    let mut highest = Position::ZERO;
    for position in reached.values_mut() {
        highest = highest.max(*position);
        *position = highest;
    }
    for attempt in &index.history.attempts {
        let Some((first, _)) = places(attempt) else { continue };
        let before = reached.range(..attempt.began).next_back().map_or(Position::ZERO, |(_, position)| *position);
        if first <= before {
            let message = format!("appended at position {first}, although {before} had been acknowledged before it was sent");
            ledger.found_in(Promise::Positions, attempt, None, message);
        }
    }
}
