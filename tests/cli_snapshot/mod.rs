//! `esctl snapshot` as operators and scripts meet it: the whole program.

mod policy;

use serde_json::Value;
use serde_json::json;

use crate::common::Esctl;
use crate::common::a_store;

use crate::common::backend::Backend;
use crate::common::tamper::Change;

crate::on_every_backend! {
    one_is_taken_where_the_stream_has_moved_on
    of_a_category_those_are_taken_that_have_enough_events
    a_category_without_a_domain_wants_a_reducer_named
    what_is_not_there_is_not_found
    a_stream_with_a_name_that_was_never_taken_is_damage
    they_are_listed_and_shown
    verify_finds_each_one_that_is_not_what_the_events_make
    nothing_is_deleted_without_a_yes
    one_or_all_of_a_stream_are_deleted_and_events_stay
    pruning_keeps_the_newest_of_each_stream_and_reducer
    pruning_keeps_none_that_is_wrong_in_the_place_of_one_that_is_used
    one_of_more_events_than_there_are_is_named_by_a_replay
}

fn listed(esctl: &Esctl) -> Vec<(String, u64, String)> {
    let list = esctl.json(&["snapshot", "list"]);
    let item = |item: &Value| {
        let text = |name: &str| item[name].as_str().unwrap().to_owned();
        (text("stream"), item["version"].as_u64().unwrap(), text("reducer"))
    };
    list["items"].as_array().unwrap().iter().map(item).collect()
}

/// Snapshots of `resource-gold` at versions 4, 5 and 6.
fn with_three(on: Backend) -> Esctl {
    let esctl = a_store(on);
    for _ in 0..2 {
        esctl.json(&["snapshot", "take", "resource-gold"]);
        assert_eq!(esctl.run(&["resource", "allocate", "gold", "1"]).code, 0);
    }
    esctl.json(&["snapshot", "take", "resource-gold"]);
    esctl
}

fn one_is_taken_where_the_stream_has_moved_on(on: Backend) {
    let esctl = a_store(on);
    let taken = esctl.json(&["snapshot", "take", "resource-gold"]);
    assert_eq!((&taken["taken"], &taken["version"], &taken["reducer"]), (&json!(true), &json!(4), &json!("resource")));
    let again = esctl.json(&["snapshot", "take", "resource-gold"]);
    assert_eq!((&again["taken"], &again["version"], &again["events_since"]), (&json!(false), &json!(4), &json!(0)));
    assert_eq!(listed(&esctl).len(), 1);
}

fn of_a_category_those_are_taken_that_have_enough_events(on: Backend) {
    let esctl = a_store(on);
    let taken = esctl.json(&["snapshot", "take", "--category", "resource", "--min-events", "2"]);
    assert_eq!(taken["items"].as_array().unwrap().len(), 1);
    assert_eq!(taken["items"][0]["stream"], "resource-gold");
    assert_eq!(esctl.run(&["resource", "allocate", "gold", "1"]).code, 0);
    let none = esctl.json(&["snapshot", "take", "--category", "resource", "--min-events", "2"]);
    assert_eq!(none["items"], json!([]));
    let all = esctl.json(&["snapshot", "take", "--category", "resource"]);
    assert_eq!(all["items"].as_array().unwrap().len(), 2);
}

fn a_category_without_a_domain_wants_a_reducer_named(on: Backend) {
    let esctl = a_store(on);
    assert_eq!(esctl.run(&["snapshot", "take", "order-1"]).code, 2);
    assert_eq!(esctl.run(&["snapshot", "take", "--category", "order"]).code, 2);
    assert_eq!(esctl.run(&["snapshot", "take", "order-1", "--reducer", "resource"]).code, 2);
    assert_eq!(esctl.run(&["snapshot", "take", "order-1", "--reducer", "nothing"]).code, 2);
    assert_eq!(esctl.json(&["snapshot", "take", "order-1", "--reducer", "merge"])["version"], 2);
    let replayed = esctl.json(&["replay", "order-1"]);
    assert_eq!((&replayed["snapshot_version"], &replayed["events_applied"]), (&json!(2), &json!(0)));
}

fn what_is_not_there_is_not_found(on: Backend) {
    let esctl = a_store(on);
    for args in [["take", "resource-lead"], ["list", "resource-lead"], ["show", "resource-lead"], ["verify", "resource-lead"]] {
        assert_eq!(esctl.error(3, &[&["snapshot"], args.as_slice()].concat())["code"], "stream_not_found", "{args:?}");
    }
    for args in [["snapshot", "take", "resource-gole"].as_slice(), &["replay", "resource-gole"]] {
        assert_eq!(esctl.error(3, args)["hint"], "did you mean resource-gold?", "{args:?}");
    }
    esctl.json(&["snapshot", "take", "resource-gold"]);
    let missing: [&[&str]; 4] = [
        &["snapshot", "show", "resource-silver"],
        &["snapshot", "show", "resource-gold", "--version", "3"],
        &["snapshot", "delete", "resource-silver", "--yes"],
        &["snapshot", "delete", "resource-gold", "--version", "3", "--yes"],
    ];
    for args in missing {
        assert_eq!(esctl.error(3, args)["code"], "snapshot_not_found", "{args:?}");
    }
    assert_eq!(esctl.run(&["snapshot", "take"]).code, 2);
    assert_eq!(Esctl::new(on).error(3, &["snapshot", "list"])["code"], "store_not_found");
}

fn a_stream_with_a_name_that_was_never_taken_is_damage(on: Backend) {
    let esctl = a_store(on);
    esctl.tamper(Change::Stream("resource-gold", "resource-\u{7}"));
    for args in [["snapshot", "take", "--category", "resource"].as_slice(), &["replay", "--category", "resource"]] {
        assert_eq!(esctl.error(8, args)["code"], "store_damaged", "{args:?}");
    }
}

fn they_are_listed_and_shown(on: Backend) {
    let esctl = with_three(on);
    esctl.json(&["snapshot", "take", "resource-gold", "--reducer", "count"]);
    let gold = |version, reducer: &str| ("resource-gold".to_owned(), version, reducer.to_owned());
    let wanted = [gold(6, "count"), gold(4, "resource"), gold(5, "resource"), gold(6, "resource")];
    assert_eq!(listed(&esctl), wanted);
    assert_eq!(esctl.json(&["snapshot", "list", "resource-silver"])["items"], json!([]));
    let newest = esctl.json(&["snapshot", "show", "resource-gold"]);
    assert_eq!(
        (&newest["version"], &newest["reducer"], &newest["state"]["amount"]),
        (&json!(6), &json!("resource"), &json!(898))
    );
    assert_eq!(esctl.json(&["snapshot", "show", "resource-gold", "--version", "5"])["state"]["amount"], 899);
    assert_eq!(esctl.json(&["snapshot", "show", "resource-gold", "--reducer", "count"])["state"]["events"], 6);
    assert!(esctl.run(&["snapshot", "show", "resource-gold"]).stdout.contains("\"amount\": 898"));
}

fn verify_finds_each_one_that_is_not_what_the_events_make(on: Backend) {
    let esctl = with_three(on);
    assert_eq!(esctl.json(&["snapshot", "verify"])["items"].as_array().unwrap().len(), 3);
    let tampered = [
        (Change::State(4, "amount", json!(1)), "/amount"),
        (Change::NoState(5), if on == Backend::Postgres { "the state differs from the events" } else { "cannot be read" }),
        (Change::EventHash(6), "another hash"),
        (Change::ReducerVersion(5, 99), "version 99"),
        (Change::Version(6, 77), "no event at that version"),
        (Change::Reducer(77, "gone"), "no event at that version"),
    ];
    for (change, reason) in tampered {
        let said = format!("{change:?}");
        esctl.tamper(change);
        let output = esctl.run(&["snapshot", "verify", "-o", "json"]);
        assert_eq!(output.code, 1, "{said}");
        assert!(output.stderr.contains("\"code\":\"snapshot_differs\""), "{}", output.stderr);
        let list: Value = serde_json::from_str(&output.stdout).unwrap();
        let found = list["items"]
            .as_array()
            .unwrap()
            .iter()
            .any(|item| item["ok"] == json!(false) && item["reason"].as_str().unwrap().contains(reason));
        assert!(found, "{said}: {}", output.stdout);
    }
    assert_eq!(esctl.run(&["snapshot", "verify", "resource-gold"]).code, 1);
    assert_eq!(esctl.run(&["snapshot", "verify", "resource-silver"]).code, 0);
}

fn nothing_is_deleted_without_a_yes(on: Backend) {
    let esctl = with_three(on);
    for args in [["snapshot", "delete", "resource-gold"].as_slice(), &["snapshot", "prune"]] {
        assert_eq!(esctl.error(2, args)["code"], "confirmation_needed");
    }
    assert_eq!(listed(&esctl).len(), 3);
}

fn one_or_all_of_a_stream_are_deleted_and_events_stay(on: Backend) {
    let esctl = with_three(on);
    let before = esctl.json(&["replay", "resource-gold", "--version", "6"])["state"].clone();
    assert_eq!(esctl.json(&["snapshot", "delete", "resource-gold", "--version", "5", "--yes"]), json!({"deleted": 1}));
    assert_eq!(listed(&esctl).len(), 2);
    assert_eq!(esctl.json(&["snapshot", "delete", "resource-gold", "--yes"]), json!({"deleted": 2}));
    assert!(listed(&esctl).is_empty());
    assert_eq!(esctl.json(&["replay", "resource-gold", "--version", "6"])["state"], before);
}

fn pruning_keeps_the_newest_of_each_stream_and_reducer(on: Backend) {
    let esctl = with_three(on);
    esctl.json(&["snapshot", "take", "resource-gold", "--reducer", "count"]);
    esctl.json(&["snapshot", "take", "resource-silver"]);
    assert_eq!(esctl.run(&["snapshot", "prune", "--keep", "0", "--yes"]).code, 2);
    assert_eq!(esctl.json(&["snapshot", "prune", "--keep", "2", "--yes"]), json!({"deleted": 1}));
    assert_eq!(esctl.json(&["snapshot", "prune", "--yes"]), json!({"deleted": 1}));
    let left: Vec<_> = listed(&esctl).into_iter().map(|(stream, version, _)| (stream, version)).collect();
    let of = |stream: &str, version| (stream.to_owned(), version);
    assert_eq!(left, [of("resource-gold", 6), of("resource-gold", 6), of("resource-silver", 1)]);
    assert_eq!(esctl.json(&["snapshot", "prune", "--yes"]), json!({"deleted": 0}));
}

fn pruning_keeps_none_that_is_wrong_in_the_place_of_one_that_is_used(on: Backend) {
    for wrong in [Change::State(6, "amount", json!(1)), Change::EventHash(6), Change::Version(6, 77)] {
        let esctl = with_three(on);
        let said = format!("{wrong:?}");
        esctl.tamper(wrong);
        // The wrong one goes, and the oldest one.
        assert_eq!(esctl.json(&["snapshot", "prune", "--yes"]), json!({"deleted": 2}), "{said}");
        let left: Vec<_> = listed(&esctl).into_iter().map(|(_, version, _)| version).collect();
        assert_eq!(left, [5], "{said}");
    }
}

fn one_of_more_events_than_there_are_is_named_by_a_replay(on: Backend) {
    let esctl = with_three(on);
    esctl.tamper(Change::Version(6, 77));
    let replayed = esctl.json(&["replay", "resource-gold"]);
    assert_eq!(replayed["passed_over"], json!([{"version": 77, "reason": "the stream has no event at that version"}]));
    assert_eq!(replayed["snapshot_version"], 5);
    assert!(esctl.run(&["replay", "resource-gold"]).stderr.contains("version 77"));
    // Of a moment before, it says nothing.
    assert_eq!(esctl.json(&["replay", "resource-gold", "--version", "5"])["passed_over"], Value::Null);
}
