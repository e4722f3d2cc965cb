//! The ways out that `verify` and errors advise: they work, and do not lead in a circle.

use crate::tamper::raw::bson::doc;
use serde_json::Value;

use crate::common::Esctl;
use crate::common::backend::Backend;
use crate::tamper::raw::Raw;
use crate::tamper::raw::findings;

crate::on_every_backend! {
    every_whole_event_before_a_gap_is_copied
    events_before_a_gap_are_read_and_then_it_fails
    a_store_whose_head_was_moved_is_copied_whole
    the_hint_of_verify_leads_elsewhere
    a_wrong_snapshot_is_deleted_as_advised
}

/// A store with 2,500 events in 5 streams, 500 in a batch.
fn a_large_store(on: Backend) -> Esctl {
    let esctl = Esctl::new(on);
    for batch in 0..5 {
        let lines: String = (0..10).map(|n| format!("{{\"type\":\"thing.done\",\"data\":{{\"n\":{n}}}}}\n")).collect();
        std::fs::write(esctl.path("batch.ndjson"), lines.repeat(50)).unwrap();
        esctl.must(&["stream", "append", &format!("thing-{batch}"), "--batch", "batch.ndjson"]);
    }
    esctl
}

/// Removes the event at a position, of MongoDB the commit with it; the position of the first one that is gone.
fn remove(raw: &Raw, position: i64) -> i64 {
    if !raw.is_mongodb() {
        raw.sql(&format!("DELETE FROM events WHERE position = {position}"));
        return position;
    }
    let first = (position - 1) / 500 * 500 + 1;
    raw.mongodb(async |database| {
        let commits = database.collection::<crate::tamper::raw::bson::Document>("commits");
        assert_eq!(commits.delete_one(doc! { "_id": first }).await.unwrap().deleted_count, 1);
    });
    first
}

fn every_whole_event_before_a_gap_is_copied(on: Backend) {
    for position in [1, 30, 1001, 2500] {
        let esctl = a_large_store(on);
        let first = remove(&Raw::of(on, &esctl), position);
        if position == 2500 && Raw::of(on, &esctl).is_mongodb() {
            // Without a record of the head, a store without its last commit is one that ends before it.
            continue;
        }
        let said = esctl.run(&["verify"]).stderr;
        assert!(said.contains("replay --all --into"), "{said}");
        let copy = esctl.another_place(on);
        let error = esctl.error(8, &["replay", "--all", "--into", &copy.url]);
        assert!(error["message"].as_str().unwrap().contains("missing") || position == 2500, "{error}");
        let output = esctl.run_on(&copy.url, &["verify", "-o", "json"]);
        if first == 1 {
            continue;
        }
        let report: Value = serde_json::from_str(&output.stdout).unwrap();
        assert_eq!((&report["ok"], report["head_position"].as_i64()), (&Value::Bool(true), Some(first - 1)), "{position}");
    }
}

fn events_before_a_gap_are_read_and_then_it_fails(on: Backend) {
    for position in [30, 1001, 1777] {
        let esctl = a_large_store(on);
        let first = remove(&Raw::of(on, &esctl), position);
        for format in ["json", "ndjson", "table", "yaml"] {
            let output = esctl.run(&["stream", "read", "--all", "-o", format]);
            assert_eq!(output.code, 8, "{format}: {}", output.stderr);
            let printed = output.stdout.matches("thing.done").count() as i64;
            assert_eq!(printed, first - 1, "{format}: {position}");
        }
        // The same with a filter, and from the other end down to the gap.
        let output = esctl.run(&["stream", "read", "--all", "--category", "thing", "-o", "ndjson"]);
        assert_eq!((output.code, output.stdout.lines().count() as i64), (8, first - 1));
        let output = esctl.run(&["stream", "read", "--all", "--backwards", "-o", "ndjson"]);
        let last = if Raw::of(on, &esctl).is_mongodb() { first + 499 } else { first };
        assert_eq!((output.code, output.stdout.lines().count() as i64), (8, 2500 - last));
        // All requested events are before the gap.
        if first > 10 {
            esctl.must(&["stream", "read", "--all", "--limit", "9"]);
            esctl.must(&["stream", "read", "--all", "--to", &(first - 1).to_string()]);
        }
    }
}

fn a_store_whose_head_was_moved_is_copied_whole(on: Backend) {
    if matches!(on, Backend::MongoReplicaSet | Backend::MongoStandalone) {
        return;
    }
    for change in ["UPDATE store_head SET position = 0", "UPDATE store_head SET position = 1200", "DELETE FROM store_head"] {
        let esctl = a_large_store(on);
        let head = esctl.json(&["verify"])["head_hash"].clone();
        Raw::of(on, &esctl).sql(change);
        let copy = esctl.another_place(on);
        let error = esctl.error(8, &["replay", "--all", "--into", &copy.url]);
        assert!(error["message"].as_str().unwrap().contains("position 2500"), "{error}");
        let output = esctl.run_on(&copy.url, &["verify", "-o", "json"]);
        let report: Value = serde_json::from_str(&output.stdout).unwrap();
        assert_eq!((output.code, &report["head_hash"]), (0, &head), "{change}");
        // As often as one likes.
        esctl.error(8, &["replay", "--all", "--into", &copy.url]);
    }
}

fn the_hint_of_verify_leads_elsewhere(on: Backend) {
    let esctl = a_large_store(on);
    let raw = Raw::of(on, &esctl);
    match raw.is_mongodb() {
        false => raw.sql("DELETE FROM store_head"),
        true => raw.update("commits", doc! { "_id": 2001 }, doc! { "$set": { "hash": "none" } }),
    }
    for args in [["verify"].as_slice(), &["verify", "thing-3"], &["verify", "--head", &format!("9:{}", "0".repeat(64))]] {
        let error = esctl.error(8, args);
        let hint = error["hint"].as_str().unwrap();
        assert!(!hint.contains("esctl verify") && hint.contains("esctl replay --all --into"), "{args:?}: {error}");
    }
    assert_eq!(findings(&esctl, &[])[0].0, "head");
}

fn a_wrong_snapshot_is_deleted_as_advised(on: Backend) {
    let esctl = a_large_store(on);
    esctl.must(&["snapshot", "take", "thing-3", "--reducer", "merge"]);
    let raw = Raw::of(on, &esctl);
    match raw.is_mongodb() {
        false => raw.sql("UPDATE snapshots SET stream = 'thing-none'"),
        true => {
            let mut snapshot = raw.documents("snapshots").remove(0);
            snapshot.get_document_mut("_id").unwrap().insert("stream", "thing-none");
            raw.replace_all("snapshots", &[snapshot]);
        }
    }
    let found = findings(&esctl, &[]);
    assert!(found[0].1.contains("'esctl snapshot delete thing-none --version 500'"), "{found:?}");
    esctl.must(&["snapshot", "delete", "thing-none", "--version", "500", "--yes"]);
    assert_eq!(esctl.json(&["verify"])["ok"], true);
}
