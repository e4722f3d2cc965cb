//! A mirror of the store of another program over HTTP: its streams and events, and no commands on them.

use serde_json::json;

use crate::common::backend::Backend;
use crate::layout::stores::Foreign;
use crate::serve::support::Served;

crate::on_every_backend! { async:
    a_mirror_is_served
}

const LOG: &str = "CREATE TABLE log (id INTEGER PRIMARY KEY, s TEXT, v INT, t TEXT, at INT, d TEXT, UNIQUE (s, v)); \
    INSERT INTO log VALUES (1, 'order-1', 1, 'Placed', 1700000000000, '{\"n\":1}'), (2, 'resource-gold', 1, 'resource.created', 1700000001000, '{\"n\":2}'), \
    (4, 'order-1', 2, 'Paid', 1700000002000, '[3]')";
const LAYOUT: &str = "title = \"Log\"\nengine = \"sqlite\"\n[events]\nfrom = \"log\"\nposition = \"e.id\"\nstream = { parts = [\"e.s\"] }\n\
    version = { column = \"e.v\", first = 1 }\ntype = \"e.t\"\ntime = { column = \"e.at\", as = \"epoch-ms\" }\ndata = { column = \"e.d\" }\n";

async fn a_mirror_is_served(on: Backend) {
    let served = Served::start(on).await;
    let foreign = Foreign::sqlite(LOG);
    let layout = foreign.file("log.toml", LAYOUT);
    let copy = ["copy", "--from", &foreign.url, "--from-layout", &layout, "--to", &served.store];
    let copied = foreign.esctl.run_on(&served.store, &copy);
    assert_eq!(copied.code, 0, "{copied:?}");
    let list = served.get("/api/streams").await.is(200);
    assert_eq!(list.json["items"], served.esctl(&["stream", "list"])["items"]);
    assert_eq!(list.json["items"].as_array().unwrap().len(), 2, "{}", list.text);
    // The events are those that the command line shows. Their metadata is not for clients.
    let read = served.get("/api/streams/order-1/events").await.is(200);
    let shown = served.esctl(&["stream", "read", "order-1"]);
    for (event, shown) in read.json["items"].as_array().unwrap().iter().zip(shown["items"].as_array().unwrap()) {
        for field in ["position", "event_id", "stream", "version", "type", "recorded_at", "data"] {
            assert_eq!(event[field], shown[field], "{field}: {event}");
        }
        assert!(event["metadata"]["source"].is_null() && shown["metadata"]["source"].is_object(), "{event} {shown}");
    }
    let second = &read.json["items"][1];
    assert_eq!((&second["type"], &second["data"]), (&json!("Paid"), &json!({"value": [3]})), "{second}");
    let missed = served.get("/api/streams/order-1/events?after=1").await.is(200);
    assert_eq!(missed.json["items"].as_array().unwrap().len(), 1);
    let back = served.get("/api/streams/order-1/events?limit=1&backwards=true").await.is(200);
    assert_eq!(back.json["items"][0]["version"], 2);
    // The domains of esctl neither fold nor change a copied stream.
    assert_eq!(served.get("/api/resources?server=true").await.is(200).json["items"], json!([]));
    let refused = served.command("resource.add", "gold", json!({"amount": 1})).await;
    assert!(refused.status.is_client_error() && refused.text.contains("copied_stream"), "{refused:?}");
    // What the mirror gets, is there.
    let file = rusqlite::Connection::open(foreign.esctl.path("foreign.db")).unwrap();
    file.execute("INSERT INTO log VALUES (5, 'order-1', 3, 'Sent', 1700000003000, '{}')", []).unwrap();
    assert_eq!(foreign.esctl.run_on(&served.store, &copy).code, 0);
    let read = served.get("/api/streams/order-1/events?after=2").await.is(200);
    assert_eq!(read.json["items"][0]["type"], "Sent", "{}", read.text);
}
