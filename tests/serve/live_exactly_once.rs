//! Exactly once, and in order, across reconnection: clients that are cut off at random come back to another instance with
//! the last version they have seen, while others write.
//!
//! `ESCTL_TEST_SECONDS` sets the duration in seconds; a few by default.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::time::Duration;
use std::time::Instant;

use esctl::event::EventType;
use esctl::event::ExpectedVersion;
use esctl::event::NewEvent;
use esctl::event::StreamName;
use esctl::store::AppendRequest;
use esctl::store::RecordTime;
use esctl::store::Store;
use esctl::store::StoreError;
use futures_util::StreamExt;
use serde_json::Value;
use serde_json::json;
use tokio::sync::watch;
use tokio_tungstenite::tungstenite::Message;
use uuid::Uuid;

use crate::common::backend::Backend;
use crate::common::proxy::Mode;
use crate::common::proxy::Proxy;
use crate::common::proxy::anything;
use crate::serve::live_client::Client;
use crate::serve::support::Served;

crate::on_every_backend! { async:
    clients_that_are_cut_off_see_every_event_once_on_two_instances
    clients_see_every_event_once_when_the_server_is_killed_and_started_again
    server_sent_events_resume_where_they_were
}

const STREAMS: usize = 3;
const CLIENTS: usize = 6;

pub fn how_long() -> Duration {
    let seconds = std::env::var("ESCTL_TEST_SECONDS").ok().and_then(|seconds| seconds.parse().ok());
    Duration::from_secs_f64(seconds.unwrap_or(3.0))
}

/// Something between 0 and `below`, different each time.
pub fn any(below: u64) -> u64 {
    Uuid::new_v4().as_u64_pair().0 % below
}

/// The instances that clients can reach now, each behind a proxy that can cut them off.
#[derive(Clone)]
pub struct Instances(pub watch::Receiver<Vec<SocketAddr>>);

impl Instances {
    fn any(&self) -> Option<SocketAddr> {
        let all = self.0.borrow();
        (!all.is_empty()).then(|| all[any(all.len() as u64) as usize])
    }
}

/// Appends to a stream until `stop` is set, and returns the number of events in the end.
async fn write(store: Store, stream: String, stop: Arc<AtomicBool>) -> u64 {
    let stream = StreamName::parse(&stream).unwrap();
    let mut written = 0;
    while !stop.load(Ordering::SeqCst) {
        // Now and then more at once than any queue holds.
        let count = if any(60) == 0 { 1500 } else { 1 + any(5) };
        let event = |n| NewEvent::new(EventType::parse("thing.done").unwrap(), &json!({"n": written + n})).unwrap();
        let events: Vec<_> = (1..=count).map(event).collect();
        let expected = ExpectedVersion::Any;
        let request = AppendRequest { stream: stream.clone(), expected, events, time: RecordTime::StoreClock };
        match store.append(request).await {
            Ok(_) => written += count,
            Err(StoreError::Unavailable { .. }) => {}
            Err(error) => panic!("{error}"),
        }
        tokio::time::sleep(Duration::from_millis(any(12))).await;
    }
    written
}

/// Follows a stream, cut off at random, until it has seen as many events as there are in the end; how often it connected.
async fn follow(instances: Instances, stream: String, mut total: watch::Receiver<Option<u64>>) -> u64 {
    let (mut seen, mut connected) = (0, 0);
    let done = |seen: u64, total: &watch::Receiver<Option<u64>>| *total.borrow() == Some(seen);
    while !done(seen, &total) {
        let query = format!("stream={stream}&lastEventId={seen}");
        let Some(instance) = instances.any() else {
            tokio::time::sleep(Duration::from_millis(20)).await;
            continue;
        };
        let Ok(Ok(mut client)) = tokio::time::timeout(Duration::from_secs(5), Client::try_connect(instance, &query, &[])).await
        else {
            tokio::time::sleep(Duration::from_millis(20)).await;
            continue;
        };
        connected += 1;
        let cut = tokio::time::sleep(Duration::from_millis(20 + any(600)));
        tokio::pin!(cut);
        loop {
            tokio::select! {
                () = &mut cut, if total.borrow().is_none() => break,
                changed = total.changed() => changed.unwrap(),
                message = client.socket.next() => match message {
                    Some(Ok(Message::Text(text))) => hear(&serde_json::from_str(&text).unwrap(), &stream, &mut seen),
                    Some(Ok(_)) => {}
                    Some(Err(_)) | None => break,
                },
            }
            if done(seen, &total) {
                break;
            }
        }
        // Half of them go without a word.
        if any(2) == 0 {
            let _ = client.socket.close(None).await;
        }
    }
    connected
}

/// An event is the next one, and is what was written as such.
fn hear(message: &Value, stream: &str, seen: &mut u64) {
    match message["type"].as_str().unwrap() {
        "event" => {
            assert_eq!(message["stream"], stream);
            assert_eq!(message["eventId"], *seen + 1, "after {seen}: {message}");
            assert_eq!(message["data"]["data"]["n"], *seen + 1);
            *seen += 1;
        }
        "replayStart" => assert_eq!(message["lastEventId"], *seen),
        "replayComplete" => assert_eq!(message["eventId"], *seen),
        "error" => assert!(["stopping", "too_slow", "silent"].contains(&message["code"].as_str().unwrap()), "{message}"),
        other => panic!("{other}: {message}"),
    }
}

/// Writers and clients, while `trouble` goes on.
pub async fn under(store_url: &str, instances: Instances, trouble: impl Future<Output = ()>) {
    let store = esctl::store::open(&store_url.parse().unwrap(), Duration::from_secs(20)).unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    let streams: Vec<String> = (0..STREAMS).map(|number| format!("thing-{number}")).collect();
    let totals: Vec<_> = streams.iter().map(|_| watch::Sender::new(None)).collect();
    let clients: Vec<_> = (0..CLIENTS)
        .map(|number| {
            let of = number % STREAMS;
            tokio::spawn(follow(instances.clone(), streams[of].clone(), totals[of].subscribe()))
        })
        .collect();
    let writers: Vec<_> =
        streams.iter().map(|stream| tokio::spawn(write(store.clone(), stream.clone(), Arc::clone(&stop)))).collect();
    trouble.await;
    stop.store(true, Ordering::SeqCst);
    for (writer, total) in writers.into_iter().zip(&totals) {
        let written = writer.await.unwrap();
        assert!(written > 0, "nothing was written");
        total.send_replace(Some(written));
    }
    let mut connected = 0;
    for client in clients {
        connected += client.await.unwrap();
    }
    assert!(connected > 2 * CLIENTS as u64, "hardly anybody was cut off: {connected}");
}

async fn clients_that_are_cut_off_see_every_event_once_on_two_instances(on: Backend) {
    let first = Served::with(on, &["--rate-limit", "0"]).await;
    let second = first.beside(&["--rate-limit", "0"]).await;
    let proxies = [&first, &second].map(|served| Proxy::before(served.address.port(), anything));
    let addresses = proxies.iter().map(|proxy| SocketAddr::from(([127, 0, 0, 1], proxy.port()))).collect();
    let (_now, instances) = watch::channel(addresses);
    let trouble = async {
        let until = Instant::now() + how_long();
        while Instant::now() < until {
            tokio::time::sleep(Duration::from_millis(any(500))).await;
            // From now on messages of the server are lost on the way, and the connection with them.
            let proxy = &proxies[any(2) as usize];
            proxy.set(Mode::Gone);
            tokio::time::sleep(Duration::from_millis(any(100))).await;
            proxy.set(Mode::Pass);
        }
    };
    under(&first.store, Instances(instances), trouble).await;
}

async fn clients_see_every_event_once_when_the_server_is_killed_and_started_again(on: Backend) {
    // Keeps the store's place while servers come and go.
    let mut place = Served::with(on, &["--rate-limit", "0"]).await;
    let (now, instances) = watch::channel(vec![place.address]);
    let url = place.store.clone();
    let mut running = None::<Served>;
    let trouble = async {
        let until = Instant::now() + how_long();
        while Instant::now() < until {
            tokio::time::sleep(Duration::from_millis(400 + any(400))).await;
            now.send_replace(Vec::new());
            match &mut running {
                Some(running) => running.kill(),
                None => place.kill(),
            }
            let again = place.beside(&["--rate-limit", "0"]).await;
            now.send_replace(vec![again.address]);
            running = Some(again);
        }
    };
    under(&url, Instances(instances), trouble).await;
}

async fn server_sent_events_resume_where_they_were(on: Backend) {
    let served = Served::with(on, &["--rate-limit", "0"]).await;
    let with = json!({"owner_id": "ann", "resource_type": "coin", "initial_amount": 0, "max_amount": 5000});
    served.command("resource.create", "gold", with).await.is(201);
    let mut seen = 0;
    for turn in 0..4_u64 {
        let request = served.request(reqwest::Method::GET, "/api/streams/resource-gold/events");
        let request = request.header("accept", "text/event-stream").header("last-event-id", seen.to_string());
        let mut response = request.send().await.unwrap();
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        let mut text = String::new();
        for _ in 0..3 {
            served.command("resource.add", "gold", json!({"amount": 1})).await.is(201);
        }
        let there = 1 + 3 * (turn + 1);
        while seen < there {
            text.push_str(std::str::from_utf8(&response.chunk().await.unwrap().unwrap()).unwrap());
            while let Some((event, rest)) = text.split_once("\n\n") {
                if let Some((id, data)) = event.strip_prefix("id: ").and_then(|event| event.split_once("\ndata: ")) {
                    let data: Value = serde_json::from_str(data).unwrap();
                    seen += 1;
                    assert_eq!((id.parse::<u64>().unwrap(), &data["version"]), (seen, &json!(seen)));
                    assert!(data.get("hash").is_none(), "{data}");
                }
                text = rest.to_owned();
            }
        }
    }
    let wrong = |id: &'static str| {
        let request = served.request(reqwest::Method::GET, "/api/streams/resource-gold/events");
        crate::serve::support::answer(request.header("accept", "text/event-stream").header("last-event-id", id))
    };
    wrong("99").await.fails(404, "cursor_beyond_end");
    wrong("x").await.fails(400, "bad_request");
}
