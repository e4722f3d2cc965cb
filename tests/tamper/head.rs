//! Events behind the recorded head, and a head that was moved. MongoDB has no head beside its last commit: there an event that
//! was added breaks the chain.

use crate::tamper::raw::bson::Binary;
use crate::tamper::raw::bson::doc;
use crate::tamper::raw::bson::spec::BinarySubtype;
use serde_json::json;

use crate::common::Esctl;
use crate::common::a_store;
use crate::common::backend::Backend;
use crate::tamper::raw::Raw;
use crate::tamper::raw::findings;

crate::on_every_backend! {
    an_event_that_was_added_is_found
    a_head_that_was_moved_is_found
    a_head_kept_elsewhere_vouches_for_all_before_it
    nothing_is_appended_behind_a_head_that_is_not_the_last_event
}

/// Adds an event to the stream of gold, with the version that comes next: 400 more were allocated.
fn add_an_event(raw: &Raw, position: i64) {
    let data = r#"{"amount":400,"reason":"none"}"#;
    match raw {
        Raw::Sqlite(_) => raw.sql(&format!(
            "INSERT INTO events (position, event_id, stream, version, type, schema_version, recorded_at, data, metadata, hash)
             SELECT {position}, randomblob(16), stream, 5, type, 1, recorded_at + 1000000000, '{data}', metadata, randomblob(32)
             FROM events WHERE position = 2"
        )),
        Raw::Postgres { .. } => raw.sql(&format!(
            "INSERT INTO events (position, event_id, stream, version, type, schema_version, recorded_at, data, metadata, hash)
             SELECT {position}, gen_random_uuid(), stream, 5, type, 1, recorded_at + 1000000000, '{data}', metadata, sha256('x')
             FROM events WHERE position = 2"
        )),
        Raw::MongoDb { .. } => {
            let binary = |subtype, bytes: Vec<u8>| Binary { subtype, bytes };
            let hash = binary(BinarySubtype::Generic, vec![7; 32]);
            let id = binary(BinarySubtype::Uuid, uuid::Uuid::new_v4().into_bytes().to_vec());
            let time = 2_000_000_000_000_000_i64;
            let event = doc! { "id": id, "type": "resource.allocated", "schema_version": 1_i64, "recorded_at": time,
            "data": data, "metadata": "{}", "hash": hash.clone() };
            let commit = doc! { "_id": position, "stream": "resource-gold", "first_version": 5_i64, "count": 1_i64,
            "recorded_at": time, "hash": hash, "events": [event] };
            raw.mongodb(async |database| database.collection("commits").insert_one(commit).await.unwrap());
        }
    }
}

/// The head of a store that is whole, as `verify` prints it.
fn head_of(esctl: &Esctl) -> String {
    let report = esctl.json(&["verify"]);
    assert_eq!((&report["ok"], &report["events_ok"]), (&json!(true), &json!(true)));
    format!("{}:{}", report["head_position"], report["head_hash"].as_str().unwrap())
}

fn an_event_that_was_added_is_found(on: Backend) {
    // Right behind the head, behind a gap, and before the first position.
    for position in [8, 12, 0, -3] {
        let esctl = a_store(on);
        let (raw, head) = (Raw::of(on, &esctl), head_of(&esctl));
        add_an_event(&raw, position);
        findings(&esctl, &[]);
        findings(&esctl, &["--head", &head]);
        esctl.error(8, &["replay", "resource-gold", "--verify"]);
        esctl.error(8, &["replay", "--category", "resource", "--verify"]);
        if position > 7 && !raw.is_mongodb() {
            findings(&esctl, &["resource-gold"]);
            // No answer is changed by it.
            esctl.error(8, &["resource", "show", "gold", "--server"]);
            esctl.error(8, &["resource", "list"]);
            esctl.error(8, &["stream", "list"]);
            esctl.error(8, &["stream", "read", "resource-gold"]);
            esctl.error(8, &["stream", "tail", "--all", "-n", "8", "--no-follow"]);
        }
    }
}

fn a_head_that_was_moved_is_found(on: Backend) {
    let changes = match on {
        Backend::Sqlite | Backend::Postgres => vec![
            "UPDATE store_head SET (position, recorded_at, hash) = (SELECT position, recorded_at, hash FROM events WHERE position = 4)",
            "UPDATE store_head SET position = 0",
            "UPDATE store_head SET position = -7",
            "UPDATE store_head SET position = 9",
            "UPDATE store_head SET recorded_at = recorded_at + 1",
            "UPDATE store_head SET hash = (SELECT hash FROM events WHERE position = 3)",
            "DELETE FROM store_head",
        ],
        Backend::MongoReplicaSet | Backend::MongoStandalone => return,
    };
    for change in changes {
        let esctl = a_store(on);
        let (raw, head) = (Raw::of(on, &esctl), head_of(&esctl));
        raw.sql(change);
        let found = findings(&esctl, &[]);
        assert!(found.iter().any(|(kind, _)| kind == "head"), "{change}: {found:?}");
        findings(&esctl, &["--head", &head]);
        findings(&esctl, &["order-1"]);
        esctl.error(8, &["replay", "resource-gold", "--verify"]);
        esctl.error(8, &["replay", "order-1", "--verify"]);
        esctl.error(8, &["replay", "--category", "resource", "--verify"]);
        esctl.error(8, &["resource", "list"]);
        esctl.error(8, &["resource", "allocate", "gold", "1"]);
    }
}

fn a_head_kept_elsewhere_vouches_for_all_before_it(on: Backend) {
    let esctl = a_store(on);
    let (raw, head) = (Raw::of(on, &esctl), head_of(&esctl));
    // The head does not confirm later events.
    esctl.must(&["resource", "allocate", "gold", "1"]);
    assert_eq!(esctl.json(&["verify", "--head", &head])["ok"], true);
    assert_eq!(esctl.json(&["verify", "order-1", "--head", &head])["ok"], true);
    assert_eq!(esctl.json(&["verify", "--head", &format!("0:{}", "0".repeat(64))])["ok"], true);
    let other = |position: &str| format!("{position}:{}", head.split_once(':').unwrap().1);
    findings(&esctl, &["--head", &other("6")]);
    findings(&esctl, &["--head", &other("20")]);
    // An event of another stream than the one that is checked.
    match raw.is_mongodb() {
        false => raw.sql("UPDATE events SET data = '{\"x\":1}' WHERE position = 2"),
        true => raw.update("commits", doc! { "_id": 2 }, doc! { "$set": { "events.0.data": "{\"x\":1}" } }),
    }
    assert_eq!(esctl.json(&["verify", "order-1"])["ok"], true);
    findings(&esctl, &["order-1", "--head", &head]);
    findings(&esctl, &["--head", &head]);
}

fn nothing_is_appended_behind_a_head_that_is_not_the_last_event(on: Backend) {
    if matches!(on, Backend::MongoReplicaSet | Backend::MongoStandalone) {
        let esctl = a_store(on);
        let hash = Binary { subtype: BinarySubtype::Generic, bytes: vec![7; 32] };
        Raw::of(on, &esctl).update("commits", doc! { "_id": 7 }, doc! { "$set": { "hash": hash } });
        esctl.error(8, &["stream", "append", "order-1", "--type", "order.sent", "--data", "{}"]);
        return;
    }
    for position in [8, 12] {
        let esctl = a_store(on);
        let raw = Raw::of(on, &esctl);
        add_an_event(&raw, position);
        esctl.error(8, &["stream", "append", "order-1", "--type", "order.sent", "--data", "{}"]);
        let two = "{\"type\":\"order.sent\",\"data\":{}}\n{\"type\":\"order.closed\",\"data\":{}}\n";
        std::fs::write(esctl.path("two.ndjson"), two).unwrap();
        esctl.error(8, &["stream", "append", "order-1", "--batch", "two.ndjson"]);
        raw.sql(&format!("DELETE FROM events WHERE position = {position}"));
        assert_eq!(esctl.json(&["verify"])["ok"], true);
        esctl.must(&["stream", "append", "order-1", "--type", "order.sent", "--data", "{}"]);
    }
}
