//! What was acknowledged is there, whole, once and as it was sent; what was refused is not; what is unknown is there
//! whole or not at all.

use std::collections::HashSet;

use uuid::Uuid;

use crate::ops::selftest::check::ledger::Index;
use crate::ops::selftest::check::ledger::Ledger;
use crate::ops::selftest::history::Attempt;
use crate::ops::selftest::promise::Promise;
use crate::store::Appended;
use crate::store::StoreError;

pub(super) fn check(index: &Index<'_>, ledger: &mut Ledger) {
    for attempt in &index.history.attempts {
        match &attempt.answer {
            Some(Ok(appended)) => acknowledged(index, ledger, attempt, appended),
            Some(Err(error)) if !may_be_answered(error) => {
                ledger.tries(Promise::Appends, 1);
                ledger.found_in(Promise::Appends, attempt, None, format!("an append was answered with: {error}"));
            }
            // What it brought besides what is known is among what must not be there.
            _ if index.is_forged(attempt) => {}
            _ if attempt.is_unknown() => unknown(index, ledger, attempt),
            _ => {}
        }
    }
    nothing_else(index, ledger);
}

/// What a store may say to an append that is in order.
fn may_be_answered(error: &StoreError) -> bool {
    matches!(
        error,
        StoreError::Conflict { .. }
            | StoreError::IdConflict { .. }
            | StoreError::Unavailable { .. }
            | StoreError::OutcomeUnknown { .. }
    )
}

fn acknowledged(index: &Index<'_>, ledger: &mut Ledger, attempt: &Attempt, appended: &Appended) {
    ledger.tries(Promise::Appends, attempt.events.len() as u64);
    if appended.events.len() != attempt.events.len() {
        let message = format!("{} events were sent, {} were acknowledged", attempt.events.len(), appended.events.len());
        ledger.found_in(Promise::Appends, attempt, None, message);
        return;
    }
    for (sent, told) in attempt.events.iter().zip(&appended.events) {
        let Some(there) = index.event(sent.event_id) else {
            let message = format!("an acknowledged event is lost: it was to be at position {}", told.position);
            ledger.found_in(Promise::Appends, attempt, Some(sent.event_id), message);
            continue;
        };
        let mut differs = |what: &str| {
            ledger.found_at(Promise::Appends, there, format!("{what} of an acknowledged event is not what was acknowledged"));
        };
        if there.position != told.position {
            differs("the position");
        } else if *there.stream != *attempt.stream.as_str() || there.version != told.version {
            differs("the stream or the version");
        } else if there.content != sent.content {
            differs("the content");
        } else if there.recorded_at != told.recorded_at || there.hash != told.hash {
            differs("the time or the hash");
        }
    }
    together(index, ledger, attempt, Promise::Appends);
}

/// The events of one append stand one behind the other, in their order.
fn together(index: &Index<'_>, ledger: &mut Ledger, attempt: &Attempt, promise: Promise) {
    let there: Vec<_> = attempt.events.iter().filter_map(|sent| index.event(sent.event_id)).collect();
    for pair in there.windows(2) {
        if pair[1].position != pair[0].position.next() || pair[1].version != pair[0].version.next() {
            let message = format!("the events of one append are torn apart: this one does not follow on {}", pair[0].position);
            ledger.found_at(promise, pair[1], message);
        }
    }
}

fn unknown(index: &Index<'_>, ledger: &mut Ledger, attempt: &Attempt) {
    ledger.tries(Promise::UnknownOutcomes, 1);
    let there = attempt.events.iter().filter(|sent| index.event(sent.event_id).is_some()).count();
    if there > 0 && there < attempt.events.len() {
        let message = format!("of an append whose outcome was unknown {there} of {} events are there", attempt.events.len());
        ledger.found_in(Promise::UnknownOutcomes, attempt, None, message);
    }
    for sent in &attempt.events {
        let places = index.by_id.get(&sent.event_id).map_or(0, Vec::len);
        if places > 1 {
            let message = format!("an event whose outcome was unknown is there {places} times");
            ledger.found_in(Promise::UnknownOutcomes, attempt, Some(sent.event_id), message);
        }
        if let Some(there) = index.event(sent.event_id)
            && there.content != sent.content
        {
            ledger.found_at(Promise::UnknownOutcomes, there, "the content is not what was sent".into());
        }
    }
    together(index, ledger, attempt, Promise::UnknownOutcomes);
}

/// No event is there that was refused, or that nobody sent.
fn nothing_else(index: &Index<'_>, ledger: &mut Ledger) {
    let attempts = &index.history.attempts;
    let ids = |attempt: &Attempt| attempt.events.iter().map(|sent| sent.event_id).collect::<Vec<_>>();
    let possible = |attempt: &&Attempt| attempt.acknowledged().is_some() || (attempt.is_unknown() && !index.is_forged(attempt));
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
        for there in new.iter().filter_map(|id| index.event(*id)) {
            if refused.insert(there.event_id) {
                let answer = attempt.answer.as_ref().and_then(|answer| answer.as_ref().err());
                let answer = answer.map_or_else(String::new, ToString::to_string);
                ledger.found_at(promise, there, format!("its append was refused, and yet it is there: {answer}"));
            }
        }
    }
    for event in &index.history.events {
        if !possible.contains(&event.event_id) && !refused.contains(&event.event_id) {
            ledger.found_at(Promise::Appends, event, "nobody sent this event".into());
        }
    }
}
