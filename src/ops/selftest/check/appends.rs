//! Checks appends: acknowledged events are stored as they were sent, refused ones are not, and those with an unknown outcome are
//! stored completely or not at all.

use std::collections::HashSet;

use uuid::Uuid;

use crate::ops::selftest::check::ledger::HistoryIndex;
use crate::ops::selftest::check::ledger::Ledger;
use crate::ops::selftest::history::AppendAttempt;
use crate::ops::selftest::promise::Promise;
use crate::store::Appended;
use crate::store::StoreError;

pub(super) fn check(index: &HistoryIndex<'_>, ledger: &mut Ledger) {
    for attempt in &index.history.attempts {
        match &attempt.answer {
            Some(Ok(appended)) => acknowledged(index, ledger, attempt, appended),
            Some(Err(error)) if !may_be_answered(error) => {
                ledger.tries(Promise::Appends, 1);
                ledger.found_in(Promise::Appends, attempt, None, format!("unexpected answer to an append: {error}"));
            }
            // Its new events are among those that must not be stored.
            _ if index.is_forged(attempt) => {}
            _ if attempt.is_unknown() => unknown(index, ledger, attempt),
            _ => {}
        }
    }
    nothing_else(index, ledger);
}

/// Returns true for the answers that a store may give to a correct append.
fn may_be_answered(error: &StoreError) -> bool {
    matches!(
        error,
        StoreError::Conflict { .. }
            | StoreError::IdConflict { .. }
            | StoreError::Unavailable { .. }
            | StoreError::OutcomeUnknown { .. }
    )
}

fn acknowledged(index: &HistoryIndex<'_>, ledger: &mut Ledger, attempt: &AppendAttempt, appended: &Appended) {
    ledger.tries(Promise::Appends, attempt.events.len() as u64);
    if appended.events.len() != attempt.events.len() {
        let message = format!("{} events were sent, {} were acknowledged", attempt.events.len(), appended.events.len());
        ledger.found_in(Promise::Appends, attempt, None, message);
        return;
    }
    for (sent, answered) in attempt.events.iter().zip(&appended.events) {
        let Some(stored) = index.event(sent.event_id) else {
            let message = format!("an acknowledged event is missing at position {}", answered.position);
            ledger.found_in(Promise::Appends, attempt, Some(sent.event_id), message);
            continue;
        };
        let mut differs = |what: &str| {
            ledger.found_at(Promise::Appends, stored, format!("{what} of an event differs from the acknowledged one"));
        };
        if stored.position != answered.position {
            differs("the position");
        } else if *stored.stream != *attempt.stream.as_str() || stored.version != answered.version {
            differs("the stream or the version");
        } else if stored.content != sent.content {
            differs("the content");
        } else if stored.recorded_at != answered.recorded_at || stored.hash != answered.hash {
            differs("the time or the hash");
        }
    }
    together(index, ledger, attempt, Promise::Appends);
}

/// Checks that the events of an append are next to each other, in their order.
fn together(index: &HistoryIndex<'_>, ledger: &mut Ledger, attempt: &AppendAttempt, promise: Promise) {
    let stored: Vec<_> = attempt.events.iter().filter_map(|sent| index.event(sent.event_id)).collect();
    for pair in stored.windows(2) {
        if pair[1].position != pair[0].position.next() || pair[1].version != pair[0].version.next() {
            let message =
                format!("the events of an append are separated: this one does not follow position {}", pair[0].position);
            ledger.found_at(promise, pair[1], message);
        }
    }
}

fn unknown(index: &HistoryIndex<'_>, ledger: &mut Ledger, attempt: &AppendAttempt) {
    ledger.tries(Promise::UnknownOutcomes, 1);
    let stored = attempt.events.iter().filter(|sent| index.event(sent.event_id).is_some()).count();
    if stored > 0 && stored < attempt.events.len() {
        let message = format!("{stored} of {} events of an append with an unknown outcome are stored", attempt.events.len());
        ledger.found_in(Promise::UnknownOutcomes, attempt, None, message);
    }
    for sent in &attempt.events {
        let places = index.by_id.get(&sent.event_id).map_or(0, Vec::len);
        if places > 1 {
            let message = format!("an event of an append with an unknown outcome is stored {places} times");
            ledger.found_in(Promise::UnknownOutcomes, attempt, Some(sent.event_id), message);
        }
        if let Some(stored) = index.event(sent.event_id)
            && stored.content != sent.content
        {
            ledger.found_at(Promise::UnknownOutcomes, stored, "the content differs from what was sent".into());
        }
    }
    together(index, ledger, attempt, Promise::UnknownOutcomes);
}

/// Checks that no event is stored that was refused or never sent.
fn nothing_else(index: &HistoryIndex<'_>, ledger: &mut Ledger) {
    let attempts = &index.history.attempts;
    let ids = |attempt: &AppendAttempt| attempt.events.iter().map(|sent| sent.event_id).collect::<Vec<_>>();
    let possible =
        |attempt: &&AppendAttempt| attempt.acknowledged().is_some() || (attempt.is_unknown() && !index.is_forged(attempt));
    let possible: HashSet<Uuid> = attempts.iter().filter(possible).flat_map(ids).collect();
    let mut refused = HashSet::new();
    for attempt in attempts {
        let not_done = matches!(&attempt.answer, Some(Err(StoreError::Unavailable { .. })));
        let promise = if not_done { Promise::UnknownOutcomes } else { Promise::Appends };
        let new: Vec<Uuid> = ids(attempt).into_iter().filter(|id| !possible.contains(id)).collect();
        if new.is_empty() {
            continue;
        }
        ledger.tries(promise, 1);
        for stored in new.iter().filter_map(|id| index.event(*id)) {
            if refused.insert(stored.event_id) {
                let answer = attempt.answer.as_ref().and_then(|answer| answer.as_ref().err());
                let answer = answer.map_or_else(String::new, ToString::to_string);
                ledger.found_at(promise, stored, format!("the event is stored although its append was refused: {answer}"));
            }
        }
    }
    for event in &index.history.events {
        if !possible.contains(&event.event_id) && !refused.contains(&event.event_id) {
            ledger.found_at(Promise::Appends, event, "the event was never sent".into());
        }
    }
}
