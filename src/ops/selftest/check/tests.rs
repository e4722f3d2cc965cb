//! A history without faults has no findings. Each planted violation is found under its promise.

use std::collections::BTreeMap;
use std::sync::Arc;

use uuid::Uuid;

use crate::event::ExpectedVersion;
use crate::event::Hash;
use crate::event::Position;
use crate::event::StreamName;
use crate::event::Timestamp;
use crate::event::Version;
use crate::event::chain_hash;
use crate::event::text_hash;
use crate::ops::selftest::check::check;
use crate::ops::selftest::history::AppendAttempt;
use crate::ops::selftest::history::ReaderLog;
use crate::ops::selftest::history::Reread;
use crate::ops::selftest::history::SelftestHistory;
use crate::ops::selftest::history::SentEvent;
use crate::ops::selftest::history::StoredEvent;
use crate::ops::selftest::promise::Promise;
use crate::ops::selftest::trail::Trail;
use crate::store::Appended;
use crate::store::AppendedEvent;
use crate::store::Checkpoint;
use crate::store::Head;
use crate::store::IdConflict;
use crate::store::Outcome;
use crate::store::StoreError;

fn sent(number: u64) -> SentEvent {
    SentEvent { event_id: Uuid::from_u128(u128::from(number)), content: text_hash(&number.to_string()) }
}

fn attempt(stream: &str, expected: &str, numbers: &[u64], moment: u64) -> AppendAttempt {
    AppendAttempt {
        writer: 0,
        stream: StreamName::parse(stream).unwrap(),
        expected: expected.parse().unwrap(),
        events: numbers.iter().map(|number| sent(*number)).collect(),
        began: moment,
        ended: moment + 1,
        answer: None,
    }
}

/// Adds the events of an attempt to the end of the store and returns the answer of the store.
fn record(history: &mut SelftestHistory, attempt: &AppendAttempt) -> Appended {
    let mut events = Vec::new();
    for sent in &attempt.events {
        let last = history.events.last().map(|last| (last.position, last.recorded_at, last.hash));
        let (position, time, hash) = last.unwrap_or((Position::ZERO, Timestamp::from_micros(1000).unwrap(), Hash::ZERO));
        let stream: Arc<str> = attempt.stream.as_str().into();
        let version = Version(history.events.iter().filter(|event| event.stream == stream).count() as u64 + 1);
        let (position, recorded_at) = (position.next(), Timestamp::from_micros(time.micros() + 1).unwrap());
        let hash = chain_hash(hash, position, version, recorded_at, sent.content);
        history.events.push(StoredEvent {
            position,
            event_id: sent.event_id,
            stream,
            version,
            recorded_at,
            content: sent.content,
            hash,
        });
        events.push(AppendedEvent { position, version, recorded_at, hash });
    }
    Appended { outcome: Outcome::Applied, events, clock_behind_micros: 0 }
}

fn conflict(attempt: &AppendAttempt, actual: u64) -> StoreError {
    StoreError::Conflict { stream: attempt.stream.clone(), expected: attempt.expected, actual: Version(actual) }
}

fn unavailable() -> StoreError {
    StoreError::Unavailable { message: "not now".into(), source: None }
}

fn unknown() -> StoreError {
    StoreError::OutcomeUnknown { message: "who knows".into(), source: None }
}

/// Returns a history without faults, with each kind of append.
fn honest() -> SelftestHistory {
    let mut history = SelftestHistory::default();
    let applied = |history: &mut SelftestHistory, mut one: AppendAttempt| {
        one.answer = Some(Ok(record(history, &one)));
        history.attempts.push(one);
    };
    applied(&mut history, attempt("a-1", "none", &[1, 2, 3], 1));
    applied(&mut history, attempt("b-1", "any", &[4], 3));
    applied(&mut history, attempt("a-1", "3", &[5, 6], 5));
    let mut lost_race = attempt("a-1", "3", &[7], 5);
    lost_race.answer = Some(Err(conflict(&lost_race, 5)));
    let mut again = attempt("b-1", "none", &[4], 9);
    let first = history.attempts[1].acknowledged().unwrap().clone();
    again.answer = Some(Ok(Appended { outcome: Outcome::AlreadyApplied, ..first }));
    let mut forged = attempt("b-1", "any", &[4, 8], 11);
    forged.answer =
        Some(Err(StoreError::IdConflict { event_id: sent(4).event_id, reason: IdConflict::PartOfBatch { known: 1, of: 2 } }));
    let mut there = attempt("b-1", "any", &[9, 10], 13);
    record(&mut history, &there);
    there.answer = Some(Err(unknown()));
    let not_there = attempt("b-1", "any", &[11], 15);
    let mut refused = attempt("b-1", "any", &[12], 17);
    refused.answer = Some(Err(unavailable()));
    history.attempts.extend([lost_race, again, forged, there, not_there, refused]);
    seen(&mut history);
    history
}

/// Makes readers, lists and the read model agree with the events.
fn seen(history: &mut SelftestHistory) {
    let all: Vec<_> = history.events.iter().map(|event| (event.position, event.event_id)).collect();
    history.readings = (0..2).map(|reader| ReaderLog { reader, seen: all.clone(), damage: Vec::new() }).collect();
    let last = history.events.last().unwrap();
    history.head = Head { position: last.position, recorded_at: last.recorded_at, hash: last.hash };
    history.checkpoint = Some(Checkpoint { position: last.position, event_id: Some(last.event_id) });
    let mut streams: BTreeMap<String, (Version, Position, Trail)> = BTreeMap::new();
    for event in &history.events {
        let stream = streams.entry(event.stream.to_string()).or_default();
        (stream.0, stream.1) = (event.version, event.position);
        stream.2.add(event.event_id);
    }
    history.rows = streams.iter().map(|(name, (.., row))| (name.clone(), serde_json::to_string(row).unwrap())).collect();
    history.streams = streams.into_iter().map(|(name, (version, position, _))| (name, version, position)).collect();
    let backwards = all.into_iter().rev().filter(|(position, _)| position.0 <= 6).collect();
    history.rereads = vec![Reread { stream: None, from: 1, to: 6, backwards: true, found: backwards, damage: None }];
}

/// Returns the promises that a changed history breaks.
fn broken(change: impl FnOnce(&mut SelftestHistory)) -> Vec<Promise> {
    let mut history = honest();
    change(&mut history);
    let result = check(&history);
    let broken: Vec<Promise> = result.promises.iter().filter(|tried| tried.broken > 0).map(|tried| tried.promise).collect();
    assert_eq!(result.is_ok(), broken.is_empty());
    for finding in &result.findings {
        assert!(broken.contains(&finding.promise), "{finding:?}");
    }
    broken
}

/// Asserts that a change breaks this promise, whatever else it breaks.
fn breaks(promise: Promise, change: impl FnOnce(&mut SelftestHistory)) {
    let broken = broken(change);
    assert!(broken.contains(&promise), "{promise:?} is not among {broken:?}");
}

/// Asserts that a change breaks this promise and no other.
fn breaks_only(promise: Promise, change: impl FnOnce(&mut SelftestHistory)) {
    assert_eq!(broken(change), [promise]);
}

#[test]
fn an_honest_history_has_no_findings_and_each_promise_was_tried() {
    let result = check(&honest());
    assert_eq!(result.findings, []);
    assert!(result.promises.iter().all(|tried| tried.tried > 0 && tried.broken == 0), "{result:?}");
}

#[test]
fn a_lost_event_is_found_and_named() {
    let lose_last = |history: &mut SelftestHistory| {
        let mut one = attempt("c-1", "any", &[20], 30);
        one.answer = Some(Ok(record(history, &one)));
        history.attempts.push(one);
        history.events.pop();
        seen(history);
    };
    breaks_only(Promise::Appends, lose_last);
    let mut history = honest();
    lose_last(&mut history);
    assert_eq!(check(&history).findings[0].event_id, Some(sent(20).event_id));
}

#[test]
fn an_event_that_is_there_twice_is_found() {
    breaks(Promise::EventIds, |history| {
        let again = attempt("b-1", "any", &[4], 30);
        record(history, &again);
        seen(history);
    });
}

#[test]
fn a_torn_changed_or_moved_append_is_found() {
    breaks(Promise::Appends, |history| {
        history.events.remove(1);
    });
    breaks(Promise::Appends, |history| history.events[1].content = Hash::ZERO);
    breaks(Promise::Appends, |history| history.events[3].stream = "a-1".into());
    breaks(Promise::Appends, |history| history.events[0].position = Position(99));
    breaks(Promise::Appends, |history| {
        let answer = history.attempts[0].answer.as_mut().unwrap().as_mut().unwrap();
        answer.events.pop();
    });
}

#[test]
fn an_event_that_was_never_sent_or_was_refused_is_found() {
    breaks_only(Promise::Appends, |history| {
        record(history, &attempt("b-1", "any", &[99], 30));
        seen(history);
    });
    breaks_only(Promise::Appends, |history| {
        record(history, &attempt("a-1", "any", &[7], 30));
        seen(history);
    });
    breaks_only(Promise::UnknownOutcomes, |history| {
        record(history, &attempt("b-1", "any", &[12], 30));
        seen(history);
    });
}

#[test]
fn an_answer_that_no_store_should_give_is_found() {
    breaks_only(Promise::Appends, |history| {
        history.attempts.last_mut().unwrap().answer = Some(Err(StoreError::integrity("torn")));
    });
}

#[test]
fn an_unknown_outcome_that_is_there_in_part_or_twice_is_found() {
    breaks(Promise::UnknownOutcomes, |history| {
        history.events.pop();
        seen(history);
    });
    breaks(Promise::UnknownOutcomes, |history| {
        record(history, &attempt("b-1", "any", &[9, 10], 30));
        seen(history);
    });
    // The outcome is also unknown if the writer was killed.
    breaks(Promise::UnknownOutcomes, |history| {
        record(history, &attempt("b-1", "any", &[11], 30));
        record(history, &attempt("b-1", "any", &[11], 30));
        seen(history);
    });
    assert_eq!(
        broken(|history| {
            record(history, &attempt("b-1", "any", &[11], 30));
            seen(history);
        }),
        [],
        "once is as good as not at all"
    );
}

#[test]
fn other_content_under_a_known_id_leaves_nothing_even_where_its_outcome_is_unknown() {
    let forged = |history: &mut SelftestHistory| history.attempts[5].answer = None;
    assert_eq!(broken(forged), []);
    breaks_only(Promise::Appends, |history| {
        forged(history);
        record(history, &attempt("b-1", "any", &[8], 30));
        seen(history);
    });
}

#[test]
fn two_winners_of_one_version_are_found() {
    breaks(Promise::ExpectedVersions, |history| {
        let mut winner = attempt("a-1", "3", &[20], 5);
        winner.answer = Some(Ok(record(history, &winner)));
        history.attempts.push(winner);
        seen(history);
    });
}

#[test]
fn a_conflict_that_is_none_is_found() {
    let changed = |actual: u64| {
        move |history: &mut SelftestHistory| {
            let lost = &mut history.attempts[3];
            lost.answer = Some(Err(conflict(lost, actual)));
        }
    };
    // The expected version, a version that the stream never reached, and one older than an acknowledged one.
    for actual in [3, 6] {
        breaks_only(Promise::ExpectedVersions, changed(actual));
    }
    breaks_only(Promise::ExpectedVersions, |history| {
        let mut late = attempt("a-1", "1", &[30], 40);
        late.answer = Some(Err(conflict(&late, 3)));
        history.attempts.push(late);
    });
    breaks_only(Promise::ExpectedVersions, |history| {
        for number in [30, 31] {
            let mut loser = attempt("a-1", "5", &[number], 40);
            loser.answer = Some(Err(conflict(&loser, 6)));
            history.attempts.push(loser);
        }
    });
}

#[test]
fn a_gap_in_the_versions_of_a_stream_is_found() {
    breaks(Promise::ExpectedVersions, |history| history.events[5].version = Version(7));
}

#[test]
fn an_append_against_what_it_expected_is_found() {
    // Acknowledged, and of unknown outcome.
    for index in [0, 2, 6] {
        breaks_only(Promise::ExpectedVersions, |history| {
            history.attempts[index].expected = ExpectedVersion::Exact(Version(77));
        });
    }
}

#[test]
fn a_repeat_that_was_refused_moved_or_taken_for_new_is_found() {
    breaks_only(Promise::EventIds, |history| {
        let again = &mut history.attempts[4];
        again.answer = Some(Err(conflict(again, 1)));
    });
    breaks(Promise::EventIds, |history| {
        let again = history.attempts[4].answer.as_mut().unwrap().as_mut().unwrap();
        again.events[0].position = Position(1);
    });
    breaks(Promise::EventIds, |history| {
        history.attempts[4].answer.as_mut().unwrap().as_mut().unwrap().outcome = Outcome::Applied;
    });
}

#[test]
fn other_content_under_a_known_id_that_was_taken_is_found() {
    breaks(Promise::EventIds, |history| {
        let mut forged = history.attempts[5].clone();
        forged.answer = Some(Ok(Appended { outcome: Outcome::Applied, events: Vec::new(), clock_behind_micros: 0 }));
        history.attempts[5] = forged;
    });
}

#[test]
fn a_gap_in_the_positions_is_found() {
    breaks(Promise::Positions, |history| {
        history.events.remove(3);
    });
    breaks(Promise::Positions, |history| history.events.swap(3, 4));
    breaks_only(Promise::Positions, |history| history.damage.push("positions 3 to 3 are missing".into()));
}

#[test]
fn an_append_before_what_was_acknowledged_earlier_is_found() {
    breaks_only(Promise::Positions, |history| {
        let first = &mut history.attempts[0];
        (first.began, first.ended) = (50, 51);
        // The others of these events are no repeats then.
        history.attempts.retain(|one| one.began != 9 && one.began != 11);
    });
}

#[test]
fn a_reader_that_skipped_doubled_or_stopped_short_is_found() {
    breaks_only(Promise::Positions, |history| {
        history.readings[1].seen.remove(2);
    });
    breaks_only(Promise::Positions, |history| {
        let twice = history.readings[1].seen[2];
        history.readings[1].seen.insert(3, twice);
    });
    breaks_only(Promise::Positions, |history| {
        history.readings[0].seen.pop();
    });
    breaks_only(Promise::Positions, |history| history.readings[0].seen.swap(2, 3));
    breaks_only(Promise::Positions, |history| history.readings[0].seen[2].1 = Uuid::nil());
    breaks_only(Promise::Positions, |history| history.readings[0].seen.push((Position(99), Uuid::nil())));
    breaks_only(Promise::Positions, |history| history.readings[0].damage.push("positions 3 to 3 are missing".into()));
}

#[test]
fn a_part_that_reads_otherwise_another_way_is_found() {
    breaks_only(Promise::Reading, |history| history.rereads[0].found.swap(0, 1));
    breaks_only(Promise::Reading, |history| {
        history.rereads[0].found.pop();
    });
    breaks_only(Promise::Reading, |history| history.rereads[0].damage = Some("versions 1 to 2 are missing".into()));
    breaks_only(Promise::Reading, |history| history.streams[0].1 = Version(1));
    breaks_only(Promise::Reading, |history| {
        history.streams.pop();
    });
    breaks_only(Promise::Reading, |history| history.streams.push(("z-1".into(), Version(1), Position(1))));
}

#[test]
fn a_time_that_repeats_or_goes_back_is_found() {
    breaks(Promise::Times, |history| history.events[4].recorded_at = history.events[3].recorded_at);
}

#[test]
fn a_link_or_a_head_that_does_not_follow_is_found() {
    breaks(Promise::HashChain, |history| history.events[7].hash = Hash::ZERO);
    breaks_only(Promise::HashChain, |history| history.head.hash = Hash::ZERO);
    breaks_only(Promise::HashChain, |history| history.head.position = Position(1));
}

#[test]
fn a_read_model_that_missed_doubled_or_stopped_short_is_found() {
    let row = |numbers: &[u64]| {
        let mut trail = Trail::default();
        numbers.iter().for_each(|number| trail.add(sent(*number).event_id));
        serde_json::to_string(&trail).unwrap()
    };
    assert_eq!(honest().rows[0].1, row(&[1, 2, 3, 5, 6]));
    for other in [row(&[1, 2, 3, 5]), row(&[1, 2, 3, 5, 5, 6]), row(&[1, 2, 3, 6, 5]), "{}".into()] {
        breaks_only(Promise::ReadModels, |history| history.rows[0].1 = other);
    }
    breaks_only(Promise::ReadModels, |history| {
        history.rows.pop();
    });
    breaks_only(Promise::ReadModels, |history| history.rows.push(("z-1".into(), row(&[1]))));
    breaks_only(Promise::ReadModels, |history| history.checkpoint = None);
    breaks_only(Promise::ReadModels, |history| history.checkpoint.as_mut().unwrap().position = Position(2));
    breaks_only(Promise::ReadModels, |history| history.read_model_damage.push("not of this store".into()));
}

#[test]
fn findings_are_counted_all_and_listed_in_part() {
    let mut history = honest();
    for number in 100..150 {
        record(&mut history, &attempt("b-1", "any", &[number], 30));
    }
    seen(&mut history);
    let result = check(&history);
    assert_eq!(result.promises[0].broken, 50);
    assert_eq!(result.findings.len(), 10);
}
