//! A store that is restored to an earlier state under a server: the server says so to every client, and accepts no more commands.

use std::time::Duration;

use serde_json::json;

use crate::common::backend::Backend;
use crate::common::backend::Place;
use crate::serve::live_client::Client;
use crate::serve::support::Served;

crate::on_every_backend! { async:
    a_store_that_was_put_back_is_not_served
    a_store_that_was_put_back_in_steps_is_not_served
}

async fn a_store_that_was_put_back_is_not_served(on: Backend) {
    is_not_served_after(on, Place::put_back).await;
}

async fn a_store_that_was_put_back_in_steps_is_not_served(on: Backend) {
    is_not_served_after(on, Place::put_back_in_steps).await;
}

async fn is_not_served_after(on: Backend, put_back: fn(&Place, u64)) {
    let served = Served::start(on).await;
    served.command("document.create", "notes", json!({"document": {}})).await.is(201);
    let mut client = Client::connect(served.address, "stream=document-notes").await;
    client.expect("state").await;
    for number in 2..=5 {
        served.command("document.merge", "notes", json!({"merge": {"n": number}})).await.is(201);
        assert_eq!(client.expect("event").await["eventId"], number);
    }
    let follow = |path: &str| served.request(reqwest::Method::GET, path).header("accept", "text/event-stream").send();
    let mut streams = Vec::new();
    for path in ["/api/streams/document-notes/events?after=5", "/api/events?after=5"] {
        let followed = follow(path).await.unwrap();
        assert_eq!(followed.status(), 200);
        streams.push((path, followed));
    }

    put_back(served.place(), 2);
    assert_eq!(client.expect("error").await["code"], "store_replaced");
    for (path, followed) in streams {
        let ended = tokio::time::timeout(Duration::from_secs(20), followed.text()).await;
        let text = ended.unwrap_or_else(|_| panic!("{path} goes on")).unwrap();
        assert!(text.contains("event: problem") && text.contains("store_replaced"), "{path}: {text}");
        assert_eq!(follow(path).await.unwrap().status(), 500, "{path}");
    }
    served.command("document.merge", "notes", json!({"merge": {"n": 6}})).await.fails(500, "store_replaced");
    client.say(json!({"type": "subscribe", "stream": "document-notes"})).await;
    assert_eq!(client.expect("error").await["code"], "store_replaced");
    tokio::time::sleep(Duration::from_millis(600)).await;
    let ready = served.get("/ready").await.is(503);
    assert_eq!(ready.json["store"], "replaced");
    // The present content is complete, and another process works with it.
    served.esctl(&["doc", "set", "notes", "n=7"]);
    assert_eq!(served.esctl(&["stream", "show", "document-notes"])["version"], 3);
    served.command("document.merge", "notes", json!({"merge": {"n": 8}})).await.fails(500, "store_replaced");
}
