//! Checks event ids: each is stored once, a repeated batch gets the same answer, and other content under a known id is refused.

use std::collections::HashMap;

use uuid::Uuid;

use crate::ops::selftest::check::ledger::HistoryIndex;
use crate::ops::selftest::check::ledger::Ledger;
use crate::ops::selftest::history::AppendAttempt;
use crate::ops::selftest::promise::Promise;
use crate::store::Outcome;
use crate::store::StoreError;

const PROMISE: Promise = Promise::EventIds;

pub(super) fn check(index: &HistoryIndex<'_>, ledger: &mut Ledger) {
    ledger.tries(PROMISE, index.by_id.len() as u64);
    for places in index.by_id.values().filter(|places| places.len() > 1) {
        for event in places.iter().skip(1).filter_map(|place| index.history.events.get(*place)) {
            let first = index.event(event.event_id).map_or(event.position, |first| first.position);
            ledger.found_at(PROMISE, event, format!("the event is stored twice, first at position {first}"));
        }
    }
    let known = first_acknowledged(&index.history.attempts);
    for attempt in &index.history.attempts {
        let earlier =
            attempt.events.iter().find_map(|sent| known.get(&sent.event_id).filter(|earlier| earlier.ended < attempt.began));
        if let Some(earlier) = earlier {
            ledger.tries(PROMISE, 1);
            if earlier.stream == attempt.stream && earlier.events == attempt.events {
                same_again(ledger, earlier, attempt);
            } else {
                other_content(ledger, attempt);
            }
        }
    }
}

/// Returns the first acknowledged append for each event id.
fn first_acknowledged(attempts: &[AppendAttempt]) -> HashMap<Uuid, &AppendAttempt> {
    let mut known: HashMap<Uuid, &AppendAttempt> = HashMap::new();
    for attempt in attempts.iter().filter(|attempt| attempt.acknowledged().is_some()) {
        for sent in &attempt.events {
            let first = known.entry(sent.event_id).or_insert(attempt);
            if attempt.ended < first.ended {
                *first = attempt;
            }
        }
    }
    known
}

fn same_again(ledger: &mut Ledger, earlier: &AppendAttempt, attempt: &AppendAttempt) {
    let mut found = |message: String| ledger.found_in(PROMISE, attempt, None, message);
    match (&attempt.answer, earlier.acknowledged()) {
        (Some(Ok(again)), Some(first)) => {
            if again.events != first.events {
                found("a repeated batch was answered differently than the first one".into());
            } else if again.outcome == Outcome::Applied {
                found("a repeated batch was answered as newly applied".into());
            }
        }
        (Some(Err(StoreError::Conflict { .. } | StoreError::IdConflict { .. })), _) => {
            found("a repeated batch was refused".into());
        }
        _ => {}
    }
}

fn other_content(ledger: &mut Ledger, attempt: &AppendAttempt) {
    let said = match &attempt.answer {
        Some(Ok(_)) => "was accepted".to_owned(),
        Some(Err(error @ StoreError::Conflict { .. })) => format!("was refused for its version only: {error}"),
        _ => return,
    };
    ledger.found_in(PROMISE, attempt, None, format!("an append with a known event id that is not the same batch {said}"));
}
