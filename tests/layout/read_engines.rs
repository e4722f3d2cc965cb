//! The built-in layouts: the stores of libraries are listed, read and replayed.

use serde_json::Value;
use serde_json::json;

use crate::common::backend::Backend;
use crate::layout::stores::Foreign;
use crate::layout::stores::fixture;

/// Checks that each stream of a store can be shown, read and replayed, and that all events are counted.
fn reads(foreign: &Foreign, layout: &str, streams: &[(&str, u64)]) {
    let listed = foreign.read(layout, &["stream", "list"]);
    let found = listed["items"].as_array().unwrap().iter();
    let mut found: Vec<(&str, u64)> =
        found.map(|item| (item["stream"].as_str().unwrap(), item["version"].as_u64().unwrap())).collect();
    found.sort_unstable();
    assert_eq!(found, streams, "{layout}");
    for (stream, version) in streams {
        let events = foreign.read(layout, &["stream", "read", stream]);
        let versions: Vec<u64> =
            events["items"].as_array().unwrap().iter().map(|event| event["version"].as_u64().unwrap()).collect();
        assert_eq!(versions, (1..=*version).collect::<Vec<_>>(), "{layout} {stream}");
        let last = foreign.read(layout, &["stream", "read", stream, "--backwards", "--limit", "1"]);
        assert_eq!(last["items"][0]["version"], *version, "{layout} {stream}");
        let from = foreign.read(layout, &["stream", "read", stream, "--from", &version.to_string()]);
        assert_eq!(from["items"], last["items"], "{layout} {stream}");
        assert_eq!(foreign.read(layout, &["replay", stream])["version"], *version, "{layout} {stream}");
        let id = last["items"][0]["event_id"].as_str().unwrap();
        assert!(!foreign.read(layout, &["trace", id])["items"].as_array().unwrap().is_empty(), "{layout} {stream}");
    }
    let stats = foreign.read(layout, &["stats"]);
    let events: u64 = streams.iter().map(|(_, version)| version).sum();
    assert_eq!((&stats["events"], &stats["streams"]), (&json!(events), &json!(streams.len())), "{layout}");
}

#[test]
fn stores_of_libraries_on_sqlite_are_read() {
    let rows = "INSERT INTO emt_messages (stream_id, stream_position, message_data, message_metadata, message_schema_version, message_type, message_id) VALUES
        ('cart-1', 1, '{\"a\":1}', '{}', '1', 'Opened', 'm1'), ('cart-1', 2, '{\"b\":2}', '{\"correlationId\":\"c\"}', '1', 'Added', 'm2')";
    let foreign = Foreign::sqlite(&format!("{}; {rows};", fixture("emmett-sqlite.sql")));
    reads(&foreign, "emmett-sqlite", &[("cart-1", 2)]);
    assert_eq!(foreign.read("emmett-sqlite", &["replay", "cart-1"])["state"], json!({"a": 1, "b": 2}));
    let rows = "INSERT INTO stored_events VALUES ('w-1', 1, 'bank:Account.Opened', CAST('{\"timestamp\":{\"_type_\":\"t\",\"_data_\":\"2026-11-01T10:00:00+00:00\"}}' AS BLOB))";
    let foreign = Foreign::sqlite(&format!("{}; {rows};", fixture("eventsourcing-sqlite.sql")));
    reads(&foreign, "eventsourcing-sqlite", &[("w-1", 1)]);
}

#[test]
#[ignore = "needs a server: tests/run"]
fn stores_of_libraries_on_postgresql_are_read() {
    let foreign = Foreign::postgres(&fixture("message-db.sql"));
    reads(&foreign, "message-db", &[("wallet-1", 2)]);
    assert_eq!(foreign.read("message-db", &["stream", "read", "wallet-1"])["items"][0]["source"], json!({"version": 0}));
    // A role that may only read is enough, and the store is the same afterwards.
    let foreign = Foreign::postgres(&fixture("eventuous-postgres.sql"));
    foreign.sql(
        "INSERT INTO streams (stream_name, version) VALUES ('wallet-a', 1), ('wallet-b', 0), ('empty-c', -1);
         INSERT INTO messages (message_id, message_type, stream_id, stream_position, json_data, json_metadata, created) VALUES
         (gen_random_uuid(), 'Opened', 1, 0, '{\"a\":1}', '{\"$correlationId\":\"x\"}', now()), (gen_random_uuid(), 'Opened', 2, 0, '{}', NULL, now()),
         (gen_random_uuid(), 'Added', 1, 1, '{}', NULL, now())",
    );
    reads(&foreign, "eventuous-postgres", &[("wallet-a", 2), ("wallet-b", 1)]);

    let foreign = Foreign::postgres(&fixture("commanded.sql"));
    foreign.sql(
        "INSERT INTO streams VALUES (0, '$all', 2, now(), NULL), (1, 'wallet-1', 2, now(), NULL);
         INSERT INTO events VALUES ('7f9619ff-8b86-d011-b42d-00c04fc96401', 'Opened', NULL, NULL, '{\"a\":1}', NULL, now()),
         ('7f9619ff-8b86-d011-b42d-00c04fc96402', 'Added', NULL, NULL, '{\"a\":2}', NULL, now());
         INSERT INTO stream_events VALUES ('7f9619ff-8b86-d011-b42d-00c04fc96401', 1, 1, 1, 1), ('7f9619ff-8b86-d011-b42d-00c04fc96401', 0, 1, 1, 1),
         ('7f9619ff-8b86-d011-b42d-00c04fc96402', 1, 2, 1, 2), ('7f9619ff-8b86-d011-b42d-00c04fc96402', 0, 2, 1, 2)",
    );
    reads(&foreign, "commanded", &[("wallet-1", 2)]);
    let all = foreign.read("commanded", &["stream", "read", "--all"]);
    assert_eq!((&all["items"][1]["position"], &all["items"][1]["version"]), (&json!(2), &json!(2)));

    let foreign = Foreign::postgres(&fixture("rails-event-store.sql"));
    foreign.sql(
        "INSERT INTO event_store_events VALUES (1, '7f9619ff-8b86-d011-b42d-00c04fc96401', 'Opened', '{}', '{\"a\":1}', now(), NULL),
         (2, '7f9619ff-8b86-d011-b42d-00c04fc96402', 'Added', '{}', '{\"a\":2}', now(), NULL);
         INSERT INTO event_store_events_in_streams VALUES (1, 'wallet-1', NULL, '7f9619ff-8b86-d011-b42d-00c04fc96401', now()),
         (2, 'wallet-1', NULL, '7f9619ff-8b86-d011-b42d-00c04fc96402', now())",
    );
    reads(&foreign, "rails-event-store", &[("wallet-1", 2)]);

    let foreign = Foreign::postgres(&fixture("esrs.sql"));
    let (wallet, order) = ("7f9619ff-8b86-d011-b42d-00c04fc96401", "7f9619ff-8b86-d011-b42d-00c04fc96402");
    foreign.sql(&format!(
        "INSERT INTO wallet_events VALUES (gen_random_uuid(), '{wallet}', '{{\"Opened\":{{\"a\":1}}}}', now(), 1, 1);
         INSERT INTO order_events VALUES (gen_random_uuid(), '{order}', '{{\"Placed\":{{}}}}', now(), 1, 1), (gen_random_uuid(), '{order}', '\"Closed\"', now(), 2, 1)"
    ));
    reads(&foreign, "esrs", &[(&format!("order-{order}"), 2), (&format!("wallet-{wallet}"), 1)]);
}

#[test]
#[ignore = "needs a server: tests/run"]
fn stores_of_libraries_on_mongodb_are_read() {
    let fixtures: Value = serde_json::from_str(&fixture("mongodb.json")).unwrap();
    for on in [Backend::MongoReplicaSet, Backend::MongoStandalone] {
        for (name, streams) in [
            ("game-events", &[("game-1", 1)][..]),
            ("eventsync", &[("document-d1", 2)]),
            ("emmett-mongodb", &[("order:1", 1), ("wallet:1", 1)]),
            ("node-eventstore", &[("game-wallet-1", 1)]),
            ("eventhorizon-v2", &[("wallet-w1", 1)]),
        ] {
            reads(&Foreign::mongodb(on, &fixtures[name]), name, streams);
        }
    }
}
