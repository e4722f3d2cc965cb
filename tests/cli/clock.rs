//! A clock that is wrong, and a store whose last events lie in the future.

use esctl::event::EventType;
use esctl::event::ExpectedVersion;
use esctl::event::NewEvent;
use esctl::event::StreamName;
use esctl::event::Timestamp;
use esctl::store::AppendRequest;
use esctl::store::RecordTime;
use esctl::store::open;
use serde_json::Value;

use crate::cli::support::Answer;
use crate::cli::support::Home;
use crate::cli::support::start;
use crate::common::backend::Backend;

crate::on_every_backend! {
    the_clock_an_hour_back
    a_clock_a_year_after_the_last_event_is_refused_where_there_is_no_server
    events_from_the_future_are_named_wherever_one_looks
    a_command_decides_by_the_clock_and_not_by_the_last_event
    now_is_the_head
    a_copy_with_other_times_is_the_way_out
    a_copy_with_other_times_is_gone_on_with
}

const DAY: i64 = 24 * 3600;

fn a_clock_a_year_after_the_last_event_is_refused_where_there_is_no_server(on: Backend) {
    let home = Home::new(on);
    ahead(&home, "old-1", -400 * DAY);
    let last = home.run("stream read --all -o ndjson").ok().lines()[0]["recorded_at"].as_str().unwrap().to_owned();
    let appended = home.run("stream append a-1 --type t --data {} -o json");
    if on != Backend::Sqlite {
        // The clock of the server is the reference.
        appended.ok();
        return;
    }
    let error = appended.clone().fails(9, "").error();
    assert_eq!((&error["code"], &error["details"]["reference"]), (&"clock_refused".into(), &last.into()), "{error}");
    let clock = error["details"]["clock"].as_str().unwrap();
    assert!(error["message"].as_str().unwrap().contains(clock), "{error}");
    assert!(error["hint"].as_str().unwrap().contains("--accept-clock"), "{error}");
    home.run("resource create r --owner o --type t --amount 5 --max 5").fails(9, "the clock of this machine");
    home.feed("stream append a-1 --batch -", b"{\"type\":\"t\",\"data\":{}}\n").fails(9, "the clock of this machine");
    assert_eq!(home.head().0, 1, "a refused append must change nothing");
    let mut command = home.command();
    command.env("ESCTL_ACCEPT_CLOCK", "1").args(["stream", "append", "a-1", "--type", "t", "--data", "{}"]);
    let answer = Answer::of(start(&mut command), b"").ok();
    assert_eq!(answer.err.matches("warning: the clock").count(), 1, "{}", answer.err);
    home.run("stream append a-1 --type t --data {}").ok();
    assert_eq!(home.head().0, 3);
}

fn events_from_the_future_are_named_wherever_one_looks(on: Backend) {
    let home = Home::seeded(on);
    let looks = ["verify", "stats", "projection status"];
    for look in looks {
        assert!(!home.run(look).ok().err.contains("future"), "{look}");
    }
    ahead(&home, "future-1", 10 * DAY);
    home.run("stream append future-1 --type t --data {}").ok();
    for look in looks {
        let answer = home.run(look).ok();
        let warning = answer.err.lines().find(|line| line.contains("future")).unwrap_or_else(|| panic!("{look}: {}", answer.err));
        assert!(warning.contains("2 events") && warning.contains("position 4") && warning.contains("--retime"), "{warning}");
    }
    for look in ["verify", "stats"] {
        let future = &home.run(&format!("{look} -o json")).ok().json()["future"];
        assert_eq!((future["events"].as_u64(), future["first_position"].as_u64()), (Some(2), Some(4)), "{look}");
    }
    assert_eq!(home.run("projection status -o json").ok().items()[0]["future_events"], 2);
}

fn a_command_decides_by_the_clock_and_not_by_the_last_event(on: Backend) {
    let home = Home::new(on);
    ahead(&home, "future-1", 10 * DAY);
    home.run("resource create r --owner o --type t --amount 5 --max 500 --regen 0.001").ok();
    let locked = home.run("resource lock r --for 5m -o json").ok().json();
    assert_eq!(locked["state"]["is_locked"], true, "{locked}");
    let expiry: Timestamp = locked["events"][0]["data"]["expiry"].as_str().unwrap().parse().unwrap();
    assert!(expiry < in_seconds(600) && expiry > in_seconds(0), "{locked}");
    home.run("resource allocate r 1").fails(5, "locked");
    home.run("resource unlock r").ok();
    let after = home.run("resource allocate r 1 -o json").ok().json();
    let regenerated: Timestamp = after["events"][0]["data"]["last_regenerated"].as_str().unwrap().parse().unwrap();
    assert!(regenerated < in_seconds(600), "{after}");
    assert_eq!(home.run("replay resource-r --verify -o json").ok().json()["verify"]["ok"], true);
}

fn now_is_the_head(on: Backend) {
    let home = Home::new(on);
    ahead(&home, "future-1", 10 * DAY);
    home.run("resource create r --owner o --type t --amount 5 --max 5").ok();
    home.run("resource lock r --for 1h").ok();
    home.run("doc create d --data '{\"a\":1}'").ok();
    let replayed = home.run("replay resource-r --at now -o json").ok().json();
    assert_eq!((&replayed["version"], &replayed["state"]["is_locked"]), (&2.into(), &true.into()), "{replayed}");
    let at: Timestamp = replayed["at"].as_str().unwrap().parse().unwrap();
    assert!(at < in_seconds(60), "shown as of the clock: {replayed}");
    assert_eq!(home.run("replay --category resource --at NOW -o json").ok().items()[0]["version"], 2);
    assert_eq!(home.run("doc get d --at now -o json").ok().json()["version"], 1);
    assert_eq!(home.run("bisect resource-r --where '.amount == 5' --at now -o json").ok().json()["found"], true);
    home.run("replay resource-r --at '1s ago'").fails(3, "did not exist yet");
}

/// Events that are past, from the future, and appended after those.
fn with_future(on: Backend) -> Home {
    let home = Home::seeded(on);
    ahead(&home, "future-1", 70 * 365 * DAY);
    home.run("resource allocate gold 1 --accept-clock").ok();
    home.run("stream append order-1 --type order.sent --data {} --accept-clock").ok();
    home
}

fn a_copy_with_other_times_is_the_way_out(on: Backend) {
    let home = with_future(on);
    let copy = Home::new(on);
    let report = home.run(&format!("replay --all --into {} --retime -o json", copy.store())).ok().json();
    assert_eq!((&report["events_copied"], &report["events_retimed"]), (&6.into(), &3.into()), "{report}");
    let (before, after) = (events(&home), events(&copy));
    assert_eq!(before.len(), after.len());
    for (index, (before, after)) in before.iter().zip(&after).enumerate() {
        for name in ["position", "event_id", "stream", "version", "type", "data"] {
            assert_eq!(before[name], after[name]);
        }
        let original = &after["metadata"]["original_time"];
        if index < 3 {
            assert_eq!((&before["recorded_at"], &before["hash"]), (&after["recorded_at"], &after["hash"]));
            assert!(original.is_null());
        } else {
            assert_eq!(original, &before["recorded_at"]);
        }
    }
    let micros = |event: &Value| event["recorded_at"].as_str().unwrap().parse::<Timestamp>().unwrap().micros();
    assert!(after.windows(2).skip(2).all(|pair| micros(&pair[1]) == micros(&pair[0]) + 1), "{after:?}");
    assert_eq!(report["head_hash"], after[5]["hash"]);
    let verified = copy.run("verify").ok();
    assert!(!verified.err.contains("future"), "{}", verified.err);
    copy.run("resource allocate gold 1").ok();
    copy.run("replay --category resource --verify").ok();
    // Without it the times stay.
    let plain = Home::new(on);
    home.run(&format!("replay --all --into {}", plain.store())).ok();
    assert_eq!(events(&plain), before);
}

fn a_copy_with_other_times_is_gone_on_with(on: Backend) {
    let home = with_future(on);
    let copy = Home::new(on);
    let line = format!("replay --all --into {} --retime -o json", copy.store());
    home.run(&line).ok();
    let first = events(&copy);
    home.run("stream append order-1 --type order.done --data {} --accept-clock").ok();
    let report = home.run(&line).ok().json();
    assert_eq!((&report["already_there"], &report["events_copied"]), (&6.into(), &1.into()), "{report}");
    assert_eq!(events(&copy)[..6], first[..]);
    copy.run("verify").ok();
    let other = Home::seeded(on);
    home.run(&format!("replay --all --into {} --retime", other.store())).fails(4, "holds other events");
    assert_eq!(events(&other).len(), 3);
}

fn events(home: &Home) -> Vec<Value> {
    home.run("stream read --all -o ndjson").ok().lines()
}

fn in_seconds(seconds: i64) -> Timestamp {
    let now = i64::try_from(std::time::UNIX_EPOCH.elapsed().unwrap().as_micros()).unwrap();
    Timestamp::from_micros(now + seconds * 1_000_000).unwrap()
}

fn the_clock_an_hour_back(on: Backend) {
    let home = Home::new(on);
    ahead(&home, "future-1", 3600);
    let answer = home.run("stream append a-1 --type t --data {}").ok();
    assert_eq!(answer.err.matches("warning: the clock is").count(), 1, "{}", answer.err);
    let batch = "{\"type\":\"t\",\"data\":{}}\n".repeat(50);
    let answer = home.feed("stream append a-1 --batch -", batch.as_bytes()).ok();
    assert_eq!(answer.err.matches("warning: the clock is").count(), 1, "{}", answer.err);
    let answer = home.run("resource create r --owner o --type t --amount 5 --max 5").ok();
    assert_eq!(answer.err.matches("warning: the clock is").count(), 1, "{}", answer.err);
    assert_eq!(home.run("-q resource allocate r 1").ok().err, "");
    let times: Vec<String> =
        home.run("stream read --all -o ndjson").ok().lines().iter().map(|event| event["recorded_at"].to_string()).collect();
    assert!(times.len() == 54 && times.windows(2).all(|pair| pair[0] < pair[1]), "{times:?}");
    home.run("verify").ok();
}

/// Appends an event through the library, by a clock that is ahead by seconds, or behind.
fn ahead(home: &Home, stream: &str, seconds: i64) {
    let event = NewEvent::new(EventType::parse("t").unwrap(), &serde_json::json!({})).unwrap();
    let (stream, time) = (StreamName::parse(stream).unwrap(), RecordTime::Clock(in_seconds(seconds)));
    let request = AppendRequest { stream, expected: ExpectedVersion::Any, events: vec![event], time };
    crate::common::backend::run(async {
        let store = open(&home.store().parse().unwrap(), std::time::Duration::from_secs(30)).unwrap();
        store.append(request).await.unwrap();
    });
}
