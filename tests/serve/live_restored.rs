//! A store that is put back to an earlier state under a server: whoever has seen more than there is now is told, and does not wait
//! for ever for an event that comes under another number.

use std::time::Duration;

use rusqlite::Connection;
use serde_json::json;

use crate::backend::Backend;
use crate::backend::run;
use crate::live_client::Client;
use crate::support::Served;

async fn merge(served: &Served, number: u64) {
    served.command("document.merge", "notes", json!({"merge": {"n": number}})).await.is(201);
}

/// As whoever restores a backup of two events: what came after them is gone.
fn put_back(served: &Served) {
    let gone = "DELETE FROM events WHERE position > 2; UPDATE store_head SET position = 2";
    Connection::open(served.store.strip_prefix("sqlite:").unwrap()).unwrap().execute_batch(gone).unwrap();
}

#[test]
fn who_has_seen_more_than_there_is_now_is_told() {
    run(async {
        let served = Served::start(Backend::Sqlite).await;
        served.command("document.create", "notes", json!({"document": {}})).await.is(201);
        let mut client = Client::connect(served.address, "stream=document-notes").await;
        client.expect("state").await;
        for number in 2..=5 {
            merge(&served, number).await;
            assert_eq!(client.expect("event").await["eventId"], number);
        }
        let follow = |path: &str| served.request(reqwest::Method::GET, path).header("accept", "text/event-stream").send();
        let mut streams = Vec::new();
        for path in ["/api/streams/document-notes/events?after=5", "/api/events?after=5"] {
            let followed = follow(path).await.unwrap();
            assert_eq!(followed.status(), 200);
            streams.push((path, followed));
        }
        put_back(&served);
        assert_eq!(client.expect("error").await["code"], "version_not_found");
        for (path, followed) in streams {
            let ended = tokio::time::timeout(Duration::from_secs(10), followed.text()).await;
            assert!(ended.is_ok(), "{path} goes on");
            assert_eq!(follow(path).await.unwrap().status(), 404, "{path}");
        }
        // Whoever begins anew is told what is there, and what comes.
        client.say(json!({"type": "subscribe", "stream": "document-notes"})).await;
        assert_eq!(client.expect("state").await["eventId"], 2);
    });
}
