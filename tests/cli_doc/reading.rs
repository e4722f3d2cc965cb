//! Documents as they are and were, and the list of them.

use serde_json::Value;
use serde_json::json;

use crate::cli_doc::support::a_plan;
use crate::cli_doc::support::by;
use crate::cli_doc::support::items;
use crate::cli_doc::support::names;
use crate::cli_doc::support::plan;
use crate::cli_doc::support::words;
use crate::common::Esctl;
use crate::common::backend::Backend;

crate::on_every_backend! {
    a_document_is_shown_as_it_is_and_was
    what_is_not_there_is_3_and_what_was_meant_is_named
    lists_page_and_leave_out_what_was_deleted
    any_names_and_values_come_back_as_they_were
    a_document_of_many_changes_is_the_same_with_a_snapshot_and_without
    a_patch_by_hand_that_does_not_fit_is_8_and_named
    every_format_shows_it_and_nothing_raw
}

fn a_document_is_shown_as_it_is_and_was(on: Backend) {
    let esctl = a_plan(on);
    let now = esctl.json(&["doc", "get", "plan"]);
    assert_eq!(names(&now), ["id", "version", "document", "last_updated", "client_id"]);
    assert_eq!((&now["id"], &now["version"], &now["client_id"]), (&json!("plan"), &json!(2), &json!("bob")));
    assert_eq!(now["document"], plan());
    let first = esctl.json(&words("doc get plan --version 1"));
    assert_eq!((&first["version"], &first["client_id"]), (&json!(1), &json!("ann")));
    assert_eq!(first["document"], json!({"budget": {"limit": 250}, "stops": ["Rome"], "title": "Tour"}));
    for (shown, version) in [(&first, 1), (&now, 2)] {
        let at = esctl.json(&["doc", "get", "plan", "--at", shown["last_updated"].as_str().unwrap()]);
        assert_eq!((&at, &at["version"]), (shown, &json!(version)));
    }
    assert_eq!(esctl.json(&words("doc get plan --at now")), now);
    assert_eq!(esctl.json(&["replay", "document-plan"])["state"], now);
    assert_eq!(items(&esctl, "projection query documents"), [now]);
}

fn what_is_not_there_is_3_and_what_was_meant_is_named(on: Backend) {
    let esctl = Esctl::new(on);
    for line in ["doc get plan", "doc list", "doc history plan", "doc missing plan --after 0", "doc diff plan --from 1"] {
        assert_eq!(esctl.error(3, &words(line))["code"], "store_not_found", "{line}");
    }
    assert_eq!(esctl.error(3, &words("doc delete plan"))["code"], "document_not_found");
    assert!(esctl.place.is_untouched());
    let esctl = a_plan(on);
    for line in ["doc get plam", "doc history plam", "doc missing plam --after 0", "doc diff plam --from 0"] {
        let error = esctl.error(3, &words(line));
        assert_eq!((&error["code"], &error["hint"]), (&json!("document_not_found"), &json!("did you mean plan?")), "{line}");
    }
    assert_eq!(esctl.error(8, &words("doc missing plan --after 3"))["code"], "cursor_beyond_end");
    for line in ["doc get plan --version 3", "doc diff plan --from 3", "doc diff plan --from 1 --to 9"] {
        assert_eq!(esctl.error(3, &words(line))["code"], "version_not_found", "{line}");
    }
    esctl.error(3, &words("doc get plan --at 2001-01-01"));
    for line in [
        "doc get plan --version 0",
        "doc get plan --version 1 --at now",
        "doc get plan --at someday",
        "doc missing plan",
        "doc diff plan",
    ] {
        assert_eq!(esctl.run(&words(line)).code, 2, "{line}");
    }
    // A stream that another program began is no document.
    esctl.json(&words("stream append document-other --type other.thing --data {}"));
    assert_eq!(esctl.error(3, &words("doc get other"))["code"], "document_not_found");
    assert_eq!(items(&esctl, "doc list").len(), 1);
}

fn lists_page_and_leave_out_what_was_deleted(on: Backend) {
    let esctl = Esctl::new(on);
    for n in 0..5 {
        by(&esctl, "ann", &format!(r#"doc create d{n} --data {{"n":{n}}}"#));
    }
    by(&esctl, "ann", "doc delete d2");
    assert_eq!(names(&items(&esctl, "doc list")[0]), ["id", "version", "document", "last_updated", "client_id"]);
    let (mut after, mut seen) = (String::new(), Vec::new());
    for _ in 0..9 {
        let page = esctl.json(&words(&format!("doc list --limit 2 {after}")));
        seen.extend(page["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()));
        match page["next"].as_str() {
            Some(next) => after = format!("--after {next}"),
            None => break,
        }
    }
    assert_eq!(seen, ["d0", "d1", "d3", "d4"]);
    by(&esctl, "bob", "doc set d3 n=9");
    let by_bob = items(&esctl, "projection query documents --where client_id=bob");
    assert_eq!((by_bob.len(), &by_bob[0]["document"]), (1, &json!({"n": 9})));
}

fn any_names_and_values_come_back_as_they_were(on: Backend) {
    let esctl = Esctl::new(on);
    let document = json!({"": {"$set": {"a.b": "$x"}, "_id": 1, "__proto__": null}, "$numberLong": "5", "$oid": {"$date": 0},
        "big": i64::MAX, "small": i64::MIN, "float": 0.1, "tiny": 5e-324, "whole": 1.0, "é\u{301}": "\u{10ffff}\n\t\u{7f}"});
    let text = document.to_string();
    esctl.json(&["doc", "create", "odd", "--data", &text]);
    esctl.json(&["doc", "update", "odd", "--merge", r#"{"$unset":{"x":"$$ROOT"}}"#]);
    esctl.json(&["doc", "set", "odd", r"/$set/0=$inc", r"a\.b.$c=[{}]"]);
    let shown = esctl.json(&["doc", "get", "odd"]);
    let mut wanted = document;
    wanted["$unset"] = json!({"x": "$$ROOT"});
    wanted["$set"] = json!(["$inc"]);
    wanted["a.b"] = json!({"$c": [{}]});
    assert_eq!(shown["document"], wanted);
    assert_eq!(items(&esctl, "doc list"), [shown]);
    assert_eq!(esctl.json(&words("replay document-odd --verify"))["verify"]["ok"], true);
}

fn a_document_of_many_changes_is_the_same_with_a_snapshot_and_without(on: Backend) {
    let esctl = Esctl::new(on);
    by(&esctl, "ann", r#"doc create log --data {"z":1,"n":0} --snapshot-every 3"#);
    for n in 1..8 {
        by(&esctl, "ann", &format!("doc set log n={n} a{n}={n} --snapshot-every 3"));
    }
    assert_ne!(items(&esctl, "snapshot list document-log").len(), 0);
    assert_eq!(esctl.run(&words("snapshot verify")).code, 0);
    let shown = esctl.json(&["doc", "get", "log"]);
    let replayed = esctl.json(&words("replay document-log --no-snapshot"))["state"].clone();
    assert_eq!(shown.to_string(), replayed.to_string(), "in the same order too");
    assert_eq!(esctl.json(&words("replay document-log --verify"))["verify"]["ok"], true);
}

fn a_patch_by_hand_that_does_not_fit_is_8_and_named(on: Backend) {
    let esctl = a_plan(on);
    esctl.json(&[
        "stream",
        "append",
        "document-plan",
        "--type",
        "document.updated",
        "--data",
        r#"{"patch":[{"op":"remove","path":"/nope"}]}"#,
        "--force",
    ]);
    // A list goes on with the other documents.
    let listed = esctl.run(&["doc", "list", "-o", "json"]);
    assert!(listed.stderr.contains("streams_not_readable") && listed.stderr.contains("stream document-plan"), "{listed:?}");
    assert_eq!(listed.code, 8);
    for line in ["doc get plan", "doc set plan a=1"] {
        let error = esctl.error(8, &words(line));
        assert_eq!(
            (&error["code"], &error["details"]["stream"]),
            (&json!("event_does_not_fit"), &json!("document-plan")),
            "{line}"
        );
    }
    assert_eq!(esctl.json(&words("doc get plan --version 2"))["document"], plan());
}

fn every_format_shows_it_and_nothing_raw(on: Backend) {
    let esctl = a_plan(on);
    esctl.json(&["doc", "set", "plan", "title=\u{1b}[2J\u{202e}x"]);
    for line in ["doc get plan", "doc list", "doc history plan", "doc missing plan --after 0", "doc diff plan --from 1"] {
        for format in ["table", "json", "ndjson", "yaml", "csv"] {
            let output = esctl.run(&[&words(line)[..], &["-o", format]].concat());
            assert_eq!(output.code, 0, "{line} {format}: {}", output.stderr);
            let raw = output.stdout.chars().find(|c| *c != '\n' && esctl::event::is_unsafe(*c));
            assert_eq!(raw, None, "{line} {format}: {}", output.stdout);
            assert!(output.stdout.contains("x"), "{line} {format}");
        }
    }
    let listed: Value = esctl.json(&["doc", "list"]);
    assert_eq!(listed["items"][0]["document"]["title"], "\u{1b}[2J\u{202e}x");
}
