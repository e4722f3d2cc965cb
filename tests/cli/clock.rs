//! A store whose last event lies in the future: time still grows, and one warning says so.

use esctl::event::EventType;
use esctl::event::ExpectedVersion;
use esctl::event::JsonObject;
use esctl::event::NewEvent;
use esctl::event::StreamName;
use esctl::event::Timestamp;
use esctl::store::AppendRequest;
use esctl::store::RecordTime;
use esctl::store::open;

use crate::backend::Backend;
use crate::support::EVENT_ID;
use crate::support::Home;

crate::on_every_backend! {
    the_clock_an_hour_back
}

fn the_clock_an_hour_back(on: Backend) {
    let home = Home::new(on);
    ahead(&home, 3600);
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

/// Appends an event through the library, by a clock that is ahead.
fn ahead(home: &Home, seconds: u64) {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let time = RecordTime::Clock(Timestamp::MIN.plus(now + std::time::Duration::from_secs(seconds)));
    let event = NewEvent {
        event_id: EVENT_ID.parse().unwrap(),
        event_type: EventType::parse("t").unwrap(),
        schema_version: 1,
        data: JsonObject::empty(),
        metadata: JsonObject::empty(),
    };
    let stream = StreamName::parse("future-1").unwrap();
    let request = AppendRequest { stream, expected: ExpectedVersion::Any, events: vec![event], time };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let store = open(&home.store().parse().unwrap(), std::time::Duration::from_secs(30)).unwrap();
        store.append(request).await.unwrap();
    });
}
