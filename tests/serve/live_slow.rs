//! Slow, silent and unruly clients: they get a reason and are disconnected, and cost the others nothing.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::SinkExt;
use rusqlite::Connection;
use serde_json::json;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;

use crate::common::backend::Backend;
use crate::common::backend::run;
use crate::serve::live_client::Client;
use crate::serve::support::Served;

crate::on_every_backend! { async:
    a_client_that_takes_nothing_costs_the_others_nothing_and_is_let_go
    a_client_that_reads_too_slowly_is_asked_to_reconnect
    a_silent_client_is_let_go_and_one_that_answers_pings_is_not
    a_flood_is_refused_and_then_ended
    the_number_of_clients_is_limited
}

async fn note(served: &Served, number: u64, bytes: usize) {
    // Another text each time: what does not change is in no event.
    let with = json!({"merge": {"n": number, "text": format!("{number} {}", "x".repeat(bytes))}});
    served.command("document.merge", "notes", with).await.is(201);
}

async fn notes(args: &[&str], on: Backend) -> Served {
    let served = Served::with(on, &[&["--rate-limit", "0"], args].concat()).await;
    served.command("document.create", "notes", json!({"document": {}})).await.is(201);
    served
}

/// Returns the value of a metric, named with its labels.
async fn number(served: &Served, name: &str) -> f64 {
    let metrics = served.get("/metrics").await.is(200).text;
    let line = metrics.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_else(|| panic!("no {name}: {metrics}"));
    line.trim().parse().unwrap()
}

const TOO_SLOW: &str = "esctl_ws_dropped_total{reason=\"too_slow\"}";

async fn a_client_that_takes_nothing_costs_the_others_nothing_and_is_let_go(on: Backend) {
    let served = notes(&["--client-patience", "1s"], on).await;
    let mut stuck = Client::connect(served.address, "stream=document-notes").await;
    stuck.expect("state").await;
    let mut quick = Client::connect(served.address, "stream=document-notes").await;
    quick.expect("state").await;
    // More than the buffers of the system hold, until the server lets the one go who does not take it.
    let mut written = 1;
    while number(&served, TOO_SLOW).await < 1.0 {
        written += 1;
        note(&served, written, 200 << 10).await;
        let event = quick.expect("event").await;
        assert_eq!(event["eventId"], written);
    }
    assert_eq!(number(&served, "esctl_ws_connections").await, 1.0);
    note(&served, 0, 1).await;
    assert_eq!(quick.expect("event").await["eventId"], written + 1);
}

async fn a_client_that_reads_too_slowly_is_asked_to_reconnect(on: Backend) {
    let served = Served::with(on, &["--client-patience", "2s"]).await;
    let address = served.address;
    let mut slow = Client::connect(address, "stream=thing-1&lastEventId=0").await;
    slow.until("replayComplete").await;
    // Four megabytes at once, several times: more than the system holds for a client, and than it takes meanwhile.
    let event = json!({"type": "thing.done", "data": {"text": "x".repeat(100 << 10)}}).to_string() + "\n";
    std::fs::write(served.path("batch.ndjson"), event.repeat(40)).unwrap();
    let writing = tokio::task::spawn_blocking(move || {
        for _ in 0..8 {
            served.esctl(&["stream", "append", "thing-1", "--batch", "batch.ndjson"]);
        }
        served
    });
    let mut last = 0;
    let received = loop {
        let Some(message) = slow.hear().await else { panic!("cut without a word: {:?}", slow.closed) };
        if message["type"] == "error" {
            break message;
        }
        last += 1;
        assert_eq!(message["eventId"], last);
        // It takes something now and then, but always less than comes.
        tokio::time::sleep(Duration::from_millis(60)).await;
    };
    assert_eq!(received["code"], "too_slow");
    assert!(received["hint"].as_str().unwrap().contains("lastEventId"));
    assert_eq!(slow.end().await, Some(4008));
    let _served = writing.await.unwrap();
    let mut again = Client::connect(address, &format!("stream=thing-1&lastEventId={last}")).await;
    again.expect("replayStart").await;
    assert_eq!(again.expect("event").await["eventId"], last + 1);
}

async fn a_silent_client_is_let_go_and_one_that_answers_pings_is_not(on: Backend) {
    let served = notes(&["--heartbeat", "300ms"], on).await;
    // This one answers pings whenever it listens.
    let mut listening = Client::connect(served.address, "stream=document-notes").await;
    listening.expect("state").await;
    // This one shakes hands and then says nothing at all; and this one begins a frame and does not end it.
    for beginning in [&b""[..], &[0x81, 0xfe, 0x01]] {
        let mut silent = by_hand(served.address, "stream=document-notes").await;
        silent.write_all(beginning).await.unwrap();
        let hearing = async {
            let mut heard = Vec::new();
            silent.read_to_end(&mut heard).await.map(|_| heard).unwrap_or_default()
        };
        // The other one listens all the while.
        let heard = tokio::select! {
            heard = hearing => heard,
            received = listening.hear() => panic!("it was let go, or received something: {received:?}"),
        };
        let code = &heard[heard.windows(2).rposition(|two| two == 4002_u16.to_be_bytes()).expect("no close")..];
        assert!(String::from_utf8_lossy(code).contains("silent"));
    }
    served.command("document.merge", "notes", json!({"merge": {"a": 1}})).await.is(201);
    listening.expect("event").await;
}

/// Opens a WebSocket whose client answers no pings.
async fn by_hand(to: SocketAddr, query: &str) -> TcpStream {
    let mut connection = TcpStream::connect(to).await.unwrap();
    let request = format!(
        "GET /ws?{query} HTTP/1.1\r\nhost: {to}\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
         sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    connection.write_all(request.as_bytes()).await.unwrap();
    connection
}

async fn a_flood_is_refused_and_then_ended(on: Backend) {
    let served = Served::with(on, &["--rate-limit", "50"]).await;
    let mut client = Client::connect(served.address, "").await;
    let mut refused = 0;
    // Ten times the accepted number, so that there is always one that is accepted in between.
    for number in 0..1000 {
        if number % 10 == 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        if client.socket.send(Message::text(r#"{"type":"ping"}"#)).await.is_err() {
            break;
        }
    }
    while let Some(message) = client.hear().await {
        if message["code"] == "rate_limited" {
            let wait = message["retryAfter"].as_f64().unwrap();
            assert!(wait > 0.0 && wait <= 1.0, "{message}");
            refused += 1;
        }
    }
    assert!(refused >= 50, "{refused}");
    assert_eq!(client.closed, Some(1008));
}

async fn the_number_of_clients_is_limited(on: Backend) {
    let served = notes(&["--max-clients", "2"], on).await;
    let first = Client::connect(served.address, "").await;
    let _second = Client::connect(served.address, "").await;
    let refused = Client::try_connect(served.address, "", &[]).await;
    assert!(refused.is_err_and(|error| error.to_string().contains("503")));
    drop(first);
    while Client::try_connect(served.address, "", &[]).await.is_err() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[test]
fn what_is_too_large_to_be_sent_ends_the_connection_with_a_word() {
    run(async {
        let served = Served::start(Backend::Sqlite).await;
        for _ in 0..3 {
            served.esctl(&["stream", "append", "thing-1", "--type", "thing.done", "--data", "{}"]);
        }
        // The second one is larger than a server takes itself: another program has written it.
        let large = "UPDATE events SET data = json_object('text', printf('%.*c', 5000000, 'x')) WHERE position = 2";
        Connection::open(served.store.strip_prefix("sqlite:").unwrap()).unwrap().execute_batch(large).unwrap();
        let mut client = Client::connect(served.address, "stream=thing-1&lastEventId=0").await;
        client.expect("replayStart").await;
        assert_eq!(client.expect("event").await["eventId"], 1);
        assert_eq!(client.expect("error").await["code"], "too_large");
        assert_eq!(client.end().await, Some(1009));
        // A replay that is cut is counted as far as it went.
        assert_eq!(number(&served, "esctl_ws_replayed_events_total").await, 1.0);
        let mut after = Client::connect(served.address, "stream=thing-1&lastEventId=2").await;
        after.expect("replayStart").await;
        assert_eq!(after.expect("event").await["eventId"], 3);
    });
}
