//! Checks that each reader has seen each event once and in order, and that every way of reading gives the same events.

use crate::ops::selftest::check::ledger::HistoryIndex;
use crate::ops::selftest::check::ledger::Ledger;
use crate::ops::selftest::history::ReaderLog;
use crate::ops::selftest::history::Reread;
use crate::ops::selftest::promise::Promise;

pub(super) fn check(index: &HistoryIndex<'_>, ledger: &mut Ledger) {
    for reading in &index.history.readings {
        one(index, ledger, reading);
    }
    for reread in &index.history.rereads {
        again(index, ledger, reread);
    }
}

fn one(index: &HistoryIndex<'_>, ledger: &mut Ledger, reading: &ReaderLog) {
    let (reader, events) = (reading.reader, &index.history.events);
    ledger.tries(Promise::Positions, reading.seen.len() as u64);
    for damage in &reading.damage {
        ledger.found(Promise::Positions, format!("reader {reader}: {damage}"));
    }
    let mut last = 0;
    let mut next = events.iter().peekable();
    for (position, id) in &reading.seen {
        if position.0 <= last {
            let message = format!("reader {reader} saw event {id} at position {position} after position {last}: it came twice");
            ledger.found(Promise::Positions, message);
            continue;
        }
        while let Some(missed) = next.next_if(|event| event.position < *position) {
            ledger.found_at(
                Promise::Positions,
                missed,
                format!("reader {reader} missed the event: it went from {last} to {position}"),
            );
        }
        match next.next_if(|event| event.position == *position) {
            Some(event) if event.event_id == *id => {}
            Some(event) => ledger.found_at(Promise::Positions, event, format!("reader {reader} saw event {id} at this position")),
            None => ledger
                .found(Promise::Positions, format!("reader {reader} saw event {id} at position {position}, which is not there")),
        }
        last = position.0;
    }
    for missed in next {
        ledger.found_at(Promise::Positions, missed, format!("reader {reader} missed the event: it ended at position {last}"));
    }
}

/// Checks that a part that was read in another way has the same events.
fn again(index: &HistoryIndex<'_>, ledger: &mut Ledger, reread: &Reread) {
    let range = reread.from..=reread.to;
    let mut expected: Vec<_> = match &reread.stream {
        None => {
            let inside = index.history.events.iter().filter(|event| range.contains(&event.position.0));
            inside.map(|event| (event.position, event.event_id)).collect()
        }
        Some(stream) => {
            let events = index.by_stream.get(&**stream).map(Vec::as_slice).unwrap_or_default();
            let inside = events.iter().filter(|event| range.contains(&event.version.0));
            inside.map(|event| (event.position, event.event_id)).collect()
        }
    };
    if reread.backwards {
        expected.reverse();
    }
    ledger.tries(Promise::Reading, expected.len() as u64);
    let what = reread.stream.as_deref().unwrap_or("the store");
    let way = if reread.backwards { "backwards" } else { "forwards" };
    if let Some(damage) = &reread.damage {
        ledger.found(Promise::Reading, format!("{what} read {way}: {damage}"));
    } else if reread.found != expected {
        let differs =
            expected.iter().zip(&reread.found).position(|(a, b)| a != b).unwrap_or(expected.len().min(reread.found.len()));
        let first = expected.get(differs).or_else(|| reread.found.get(differs));
        let first = first.map_or_else(String::new, |(position, id)| format!(", first at position {position}, event {id}"));
        let (there, found) = (expected.len(), reread.found.len());
        let message =
            format!("{what} read {way} from {} to {} returned {found} events, expected {there}{first}", reread.from, reread.to);
        ledger.found(Promise::Reading, message);
    }
}
