//! Time grows with position, whatever the clocks do, so the store at a moment is exactly a prefix of it.

use std::time::Duration;

use esctl::event::Position;
use esctl::event::Timestamp;
use esctl::store::RecordTime;
use esctl::store::StoreError;

use crate::assert_fails;
use crate::conformance::kit::Subject;
use crate::conformance::kit::put;
use crate::conformance::kit::timed;
use crate::conformance::kit::whole;

const HOUR: Duration = Duration::from_secs(3600);
const HOUR_MICROS: i64 = 3_600_000_000;

fn at(micros: i64) -> Timestamp {
    Timestamp::from_micros(micros).unwrap()
}

pub async fn events_of_a_batch_are_a_microsecond_apart_at_least<S: Subject>(subject: S) {
    let store = subject.store();
    let moment = at(HOUR_MICROS);
    store.append(timed("thing-1", 5, RecordTime::Clock(moment))).await.unwrap();
    let times: Vec<i64> = whole(&store).await.iter().map(|event| event.recorded_at.micros()).collect();
    assert_eq!(times, (0..5).map(|n| HOUR_MICROS + n).collect::<Vec<_>>());
}

pub async fn time_grows_also_when_the_callers_clock_goes_back<S: Subject>(subject: S) {
    let store = subject.store();
    for (clock, recorded) in [(1000, 1000), (400, 1001), (1001, 1002), (1, 1003), (5000, 5000)] {
        let answer = store.append(timed("thing-1", 1, RecordTime::Clock(at(clock)))).await.unwrap();
        assert_eq!(answer.events[0].recorded_at, at(recorded));
    }
    whole(&store).await;
}

pub async fn a_store_clock_that_is_behind_is_reported_and_time_still_grows<S: Subject>(subject: S) {
    let store = subject.store();
    let ahead = put(&store, "thing-1", 1).await.events[0].recorded_at.plus(HOUR);
    store.append(timed("thing-1", 1, RecordTime::Clock(ahead))).await.unwrap();
    let answer = put(&store, "thing-1", 2).await;
    let behind = answer.clock_behind_micros;
    assert!((3_000_000_000..=3_600_000_000).contains(&behind), "{behind}");
    assert_eq!(answer.events[1].recorded_at.micros(), ahead.micros() + 2);
    whole(&store).await;
}

pub async fn the_store_clock_is_that_of_now<S: Subject>(subject: S) {
    let store = subject.store();
    let now = i64::try_from(std::time::UNIX_EPOCH.elapsed().unwrap().as_micros()).unwrap();
    let answer = put(&store, "thing-1", 1).await;
    assert!((answer.events[0].recorded_at.micros() - now).abs() < HOUR_MICROS);
    assert_eq!(answer.clock_behind_micros, 0);
}

pub async fn given_times_are_kept_to_the_microsecond<S: Subject>(subject: S) {
    let store = subject.store();
    let times: Vec<Timestamp> = [1, 2, 1_700_000_000_123_457].into_iter().map(at).collect();
    store.append(timed("thing-1", 3, RecordTime::Given(times.clone()))).await.unwrap();
    let recorded: Vec<Timestamp> = whole(&store).await.iter().map(|event| event.recorded_at).collect();
    assert_eq!(recorded, times);
}

pub async fn given_times_that_do_not_grow_are_refused<S: Subject>(subject: S) {
    let store = subject.store();
    store.append(timed("thing-1", 2, RecordTime::Given(vec![at(10), at(20)]))).await.unwrap();
    for times in [vec![20], vec![19], vec![10, 30], vec![30, 30], vec![30, 29], vec![], vec![30], vec![30, 31, 32]] {
        let given = times.iter().map(|micros| at(*micros)).collect();
        let count = if times.len() == 1 && times[0] < 30 { 1 } else { 2 };
        assert_fails!(store.append(timed("thing-1", count, RecordTime::Given(given))).await, StoreError::Invalid(_));
    }
    store.append(timed("thing-2", 2, RecordTime::Given(vec![at(21), at(22)]))).await.unwrap();
    assert_eq!(whole(&store).await.len(), 4);
}

pub async fn the_store_at_a_moment_is_exactly_a_prefix_of_it<S: Subject>(subject: S) {
    let store = subject.store();
    let times: Vec<i64> = (1..=33_i64).map(|n| n * n * 10).collect();
    store.append(timed("thing-1", 33, RecordTime::Given(times.iter().map(|micros| at(*micros)).collect()))).await.unwrap();
    for moment in times.iter().flat_map(|micros| [micros - 1, *micros, micros + 1]).chain([0, 1_000_000]) {
        let wanted = times.iter().filter(|micros| **micros <= moment).count() as u64;
        assert_eq!(store.position_at(at(moment)).await.unwrap(), Position(wanted), "at {moment} µs");
    }
    assert_eq!(store.position_at(Timestamp::MAX).await.unwrap(), Position(33));
    assert_eq!(store.position_at(Timestamp::MIN).await.unwrap(), Position(0));
}

pub async fn an_empty_store_is_empty_at_every_moment<S: Subject>(subject: S) {
    let store = subject.store();
    store.init().await.unwrap();
    for moment in [Timestamp::MIN, at(1), Timestamp::MAX] {
        assert_eq!(store.position_at(moment).await.unwrap(), Position(0));
    }
}

pub async fn appends_that_share_a_transaction_do_not_make_the_clock_look_behind<S: Subject>(subject: S) {
    let store = subject.store();
    for _ in 0..10 {
        let together = (0..10).map(|n| timed(&format!("thing-{n}"), 30, RecordTime::StoreClock)).collect();
        for outcome in store.append_together(together).await.unwrap() {
            assert_eq!(outcome.unwrap().clock_behind_micros, 0);
        }
    }
    whole(&store).await;
}

pub async fn a_time_after_which_none_could_grow_is_refused<S: Subject>(subject: S) {
    let store = subject.store();
    put(&store, "thing-1", 1).await;
    for time in [RecordTime::Clock(Timestamp::MAX), RecordTime::Given(vec![Timestamp::MAX])] {
        assert_fails!(store.append(timed("thing-1", 1, time)).await, StoreError::Invalid(_));
    }
    let late: Timestamp = "9998-12-31T23:59:59Z".parse().unwrap();
    store.append(timed("thing-1", 2, RecordTime::Clock(late))).await.unwrap();
    put(&store, "thing-1", 2).await;
    assert_eq!(whole(&store).await.len(), 5);
}

pub async fn nothing_is_recorded_at_the_first_moment_there_is<S: Subject>(subject: S) {
    let store = subject.store();
    match store.append(timed("thing-1", 1, RecordTime::Given(vec![Timestamp::MIN]))).await {
        Err(StoreError::Invalid(message)) => assert!(!message.contains("last event"), "{message}"),
        other => panic!("{other:?}"),
    }
    store.append(timed("thing-1", 1, RecordTime::Given(vec![at(1)]))).await.unwrap();
    assert_eq!(store.position_at(Timestamp::MIN).await.unwrap(), Position(0));
}
