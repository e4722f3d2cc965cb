//! Every rule and every rejection: given events, when a command at a second, then an event or a code.

use esctl::aggregate::DecideError;
use esctl::aggregate::Decider;
use serde_json::Value;
use serde_json::json;

use crate::domain_resource::support::given;
use crate::domain_resource::support::only;
use crate::domain_resource::support::second;

type Event = (i64, &'static str, Value);
type When = (i64, &'static str, Value);

/// 150 of 1000, made at second 0; nothing comes back.
fn created() -> Event {
    let data = json!({"owner_id": "ann", "resource_type": "currency", "amount": 150, "max_amount": 1000, "regeneration_rate": 0.0,
        "metadata": {}, "last_regenerated": second(0)});
    (0, "resource.created", data)
}

fn regenerating(amount: i64, rate: f64) -> Event {
    let mut event = created();
    event.2["amount"] = amount.into();
    event.2["regeneration_rate"] = rate.into();
    event
}

/// Locked at second 10 until second 70.
fn locked() -> Event {
    (10, "resource.locked", json!({"reason": "maintenance", "expiry": second(70)}))
}

fn unlocked() -> Event {
    (20, "resource.unlocked", json!({}))
}

fn accepts(name: &str, past: &[Event], when: When, then: (&str, Value)) {
    let fold = given(past);
    let decided = fold.decide(when.1, &when.2, second(when.0)).unwrap_or_else(|error| panic!("{name}: {error}"));
    let (event_type, data) = only(&decided);
    assert_eq!((event_type, data), then, "{name}");
}

fn rejects(name: &str, past: &[Event], when: When, code: &str, message: &str, details: Value) {
    match given(past).decide(when.1, &when.2, second(when.0)) {
        Err(DecideError::Rejected(rejection)) => {
            assert_eq!((rejection.code, rejection.message.as_str()), (code, message), "{name}");
            assert_eq!(Value::Object(rejection.details), details, "{name}");
        }
        other => panic!("{name}: {other:?}"),
    }
}

#[test]
fn create_makes_a_resource_once() {
    let payload = json!({"id": "x", "owner_id": "ann", "resource_type": "currency", "initial_amount": 0, "max_amount": i64::MAX});
    let mut data = json!({"owner_id": "ann", "resource_type": "currency", "amount": 0, "max_amount": i64::MAX,
        "regeneration_rate": 0.0, "metadata": {}, "last_regenerated": second(5)});
    accepts("least", &[], (5, "resource.create", payload.clone()), ("resource.created", data.clone()));
    let mut full = payload.clone();
    full["regeneration_rate"] = json!(2);
    full["metadata"] = json!({"realm": {"name": "eu"}});
    data["regeneration_rate"] = json!(2.0);
    data["metadata"] = json!({"realm": {"name": "eu"}});
    accepts("all fields", &[], (5, "resource.create", full), ("resource.created", data));
    let message = "resource gold exists already";
    rejects("again", &[created()], (5, "resource.create", payload), "resource_exists", message, json!({"id": "gold"}));
}

#[test]
fn create_refuses_values_that_make_no_sense() {
    let cases = [
        (-5, 10, "initial_amount is -5 for resource gold; it must be 0 or more", "initial_amount"),
        (0, 0, "max_amount is 0 for resource gold; it must be 1 or more", "max_amount"),
        (0, -1, "max_amount is -1 for resource gold; it must be 1 or more", "max_amount"),
        (11, 10, "initial_amount is 11 for resource gold; it must not be above max_amount, 10", "initial_amount"),
    ];
    for (amount, max, message, field) in cases {
        let payload = json!({"owner_id": "a", "resource_type": "t", "initial_amount": amount, "max_amount": max});
        let details = match message.contains("above") {
            true => json!({"id": "gold", "field": field, "value": amount, "max_amount": max}),
            false if field == "max_amount" => json!({"id": "gold", "field": field, "value": max, "least": 1}),
            false => json!({"id": "gold", "field": field, "value": amount, "least": 0}),
        };
        rejects(message, &[], (0, "resource.create", payload), "invalid_amount", message, details);
    }
    let payload = json!({"owner_id": "a", "resource_type": "t", "initial_amount": 1, "max_amount": 1, "regeneration_rate": -0.5});
    let message = "regeneration_rate is -0.5 for resource gold; it must be a number of 0 or more";
    let details = json!({"id": "gold", "value": -0.5});
    rejects("rate", &[], (0, "resource.create", payload), "invalid_regeneration_rate", message, details);
}

#[test]
fn a_resource_that_does_not_exist_does_nothing() {
    for (command, payload) in [
        ("resource.allocate", json!({"amount": 0})),
        ("resource.add", json!({"amount": 1})),
        ("resource.lock", json!({"for": "0s"})),
        ("resource.unlock", json!({})),
    ] {
        let message = "there is no resource gold";
        rejects(command, &[], (0, command, payload), "resource_not_found", message, json!({"id": "gold"}));
    }
}

#[test]
fn allocate_takes_what_there_is() {
    let data = |amount, new_amount, regenerated, remainder: u64, at| {
        json!({"amount": amount, "new_amount": new_amount, "regenerated": regenerated, "regeneration_remainder": remainder,
            "last_regenerated": second(at)})
    };
    let take = |at, amount| (at, "resource.allocate", json!({"amount": amount}));
    accepts("all", &[created()], take(9, 150), ("resource.allocated", data(150, 0, 0, 0, 9)));
    let mut with_reason = data(1, 149, 0, 0, 9);
    with_reason["reason"] = "rent".into();
    let when = (9, "resource.allocate", json!({"amount": 1, "reason": "rent"}));
    accepts("reason", &[created()], when, ("resource.allocated", with_reason));
    let half = 500_000_000_000_000_000;
    accepts("after regeneration", &[regenerating(150, 0.5)], take(3, 151), ("resource.allocated", data(151, 0, 1, half, 3)));
    accepts("from full", &[regenerating(998, 0.5)], take(3600, 10), ("resource.allocated", data(10, 990, 2, 0, 3600)));
    accepts("the clock went back", &[regenerating(150, 0.5)], take(-9, 10), ("resource.allocated", data(10, 140, 0, 0, 0)));
    accepts("once the lock ran out", &[created(), locked()], take(70, 150), ("resource.allocated", data(150, 0, 0, 0, 70)));
    accepts("unlocked", &[created(), locked(), unlocked()], take(21, 1), ("resource.allocated", data(1, 149, 0, 0, 21)));
    let details = json!({"id": "gold", "requested": 200, "available": 150});
    let message = "resource gold has 150, requested 200";
    rejects("too much", &[created()], take(1, 200), "insufficient_amount", message, details);
    let details = json!({"id": "gold", "requested": 153, "available": 152});
    let message = "resource gold has 152, requested 153";
    rejects("more than came back", &[regenerating(150, 0.5)], take(5, 153), "insufficient_amount", message, details);
}

#[test]
fn add_stops_at_the_maximum() {
    let data = |amount, requested: i64, new_amount, regenerated, remainder: u64, at| {
        json!({"amount": amount, "requested": requested, "new_amount": new_amount, "regenerated": regenerated,
            "regeneration_remainder": remainder, "last_regenerated": second(at)})
    };
    let put = |at, amount: i64| (at, "resource.add", json!({"amount": amount}));
    let half = 500_000_000_000_000_000;
    accepts("room", &[created()], put(9, 50), ("resource.added", data(50, 50, 200, 0, 0, 9)));
    accepts("capped", &[created()], put(9, 851), ("resource.added", data(850, 851, 1000, 0, 0, 9)));
    accepts("2^63", &[created()], put(9, i64::MAX), ("resource.added", data(850, i64::MAX, 1000, 0, 0, 9)));
    accepts("full already", &[regenerating(999, 0.5)], put(9, 7), ("resource.added", data(0, 7, 1000, 1, 0, 9)));
    accepts("a part stays", &[regenerating(150, 0.5)], put(3, 7), ("resource.added", data(7, 7, 158, 1, half, 3)));
    accepts("filled, a part goes", &[regenerating(998, 0.5)], put(3, 7), ("resource.added", data(1, 7, 1000, 1, 0, 3)));
}

#[test]
fn amounts_come_before_locks_and_locks_before_what_there_is() {
    let past = [created(), locked()];
    for command in ["resource.allocate", "resource.add"] {
        for amount in [0, -5, i64::MIN] {
            let message = format!("amount is {amount} for resource gold; it must be 1 or more");
            let details = json!({"id": "gold", "field": "amount", "value": amount, "least": 1});
            rejects(command, &past, (20, command, json!({"amount": amount})), "invalid_amount", &message, details);
        }
        let message = "resource gold is locked until 2025-12-03T16:01:10.000000Z: maintenance";
        let details = json!({"id": "gold", "reason": "maintenance", "expiry": "2025-12-03T16:01:10.000000Z"});
        rejects(command, &past, (69, command, json!({"amount": 9999})), "resource_locked", message, details);
    }
}

#[test]
fn lock_holds_for_its_time() {
    let lock = |at, payload| (at, "resource.lock", payload);
    let until = |at| ("resource.locked", json!({"expiry": second(at)}));
    accepts("5m by default", &[created()], lock(0, json!({})), until(300));
    accepts("for", &[created()], lock(1, json!({"for": "1h30m", "reason": null})), until(5401));
    accepts("seconds", &[created()], lock(1, json!({"for": "90s"})), until(91));
    accepts("after one that ran out", &[created(), locked()], lock(70, json!({"for": "1m"})), until(130));
    let last = ("resource.locked", json!({"expiry": "9999-12-30T21:59:59.999999Z", "reason": "ever"}));
    accepts("for ever", &[created()], lock(0, json!({"for": "9223372036854775807s", "reason": "ever"})), last);
    let message = "resource gold is locked until 2025-12-03T16:01:10.000000Z: maintenance";
    let details = json!({"id": "gold", "reason": "maintenance", "expiry": "2025-12-03T16:01:10.000000Z"});
    rejects("twice", &[created(), locked()], lock(69, json!({})), "resource_locked", message, details);
    for (text, shown) in [("0s", "0s"), ("-5m", "-5m"), ("999ns", "999ns")] {
        let message = format!("resource gold cannot be locked for {shown}; the time must be 1µs or more");
        let details = json!({"id": "gold", "duration": shown});
        rejects(text, &[created(), locked()], lock(20, json!({"for": text})), "invalid_duration", &message, details);
    }
}

#[test]
fn unlock_needs_a_lock() {
    let unlock = |at| (at, "resource.unlock", json!({}));
    accepts("locked", &[created(), locked()], unlock(69), ("resource.unlocked", json!({})));
    let cases = [
        ("never locked", vec![created()]),
        ("ran out", vec![created(), locked()]),
        ("twice", vec![created(), locked(), unlocked()]),
    ];
    for (name, past) in cases {
        rejects(name, &past, unlock(70), "resource_not_locked", "resource gold is not locked", json!({"id": "gold"}));
    }
}
