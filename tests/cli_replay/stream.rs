//! The state of one stream, up to every kind of place.

use serde_json::Value;
use serde_json::json;

use crate::common::Esctl;
use crate::common::a_store;
use crate::common::backend::Backend;
use crate::common::tamper::Change;

crate::on_every_backend! {
    the_report_has_every_promised_field_in_order
    a_time_a_version_and_a_position_of_one_event_make_one_state
    an_event_counts_at_its_own_moment_and_not_a_microsecond_before
    the_future_is_the_head_and_it_is_said
    what_is_not_there_is_not_found_and_what_is_there_is_named
    wrong_usage_is_distinguished
    reducers_go_by_name
    a_reducer_that_is_not_there_is_refused_with_the_list
    a_diff_leads_from_one_state_to_the_other
    a_diff_from_before_the_stream_brings_all_of_it
    what_depends_on_time_is_as_of_the_moment_shown
    a_snapshot_spares_events_and_changes_nothing
    a_snapshot_that_cannot_be_trusted_is_passed_over_and_named
    every_format_shows_the_state
}

/// Returns the time of the event at a version of a stream.
fn time_of(esctl: &Esctl, stream: &str, version: usize) -> String {
    let events = esctl.json(&["stream", "read", stream]);
    events["items"][version - 1]["recorded_at"].as_str().unwrap().to_owned()
}

fn the_report_has_every_promised_field_in_order(on: Backend) {
    let esctl = a_store(on);
    let report = esctl.json(&["replay", "resource-gold"]);
    let names: Vec<_> = report.as_object().unwrap().keys().collect();
    assert_eq!(
        names,
        ["stream", "category", "reducer", "version", "position", "at", "events_applied", "snapshot_version", "state"]
    );
    assert_eq!(report["category"], "resource");
    assert_eq!((&report["version"], &report["position"], &report["events_applied"]), (&json!(4), &json!(4), &json!(4)));
    assert_eq!(report["snapshot_version"], Value::Null);
    assert_eq!(report["state"], esctl.json(&["resource", "show", "gold", "--server"]));
}

fn a_time_a_version_and_a_position_of_one_event_make_one_state(on: Backend) {
    let esctl = a_store(on);
    let time = time_of(&esctl, "resource-gold", 3);
    let reports = [["--version", "3"], ["--position", "3"], ["--at", &time]].map(|[flag, value]| {
        let report = esctl.json(&["replay", "resource-gold", flag, value]);
        assert_eq!((&report["version"], &report["at"]), (&json!(3), &json!(time)), "{flag}");
        report
    });
    assert_eq!(reports[0]["state"]["is_locked"], true);
    assert_eq!(reports[0]["state"]["lock_reason"], "audit");
    assert_eq!(reports[0], reports[1]);
    assert_eq!(reports[0], reports[2]);
}

fn an_event_counts_at_its_own_moment_and_not_a_microsecond_before(on: Backend) {
    let esctl = a_store(on);
    let time: esctl::event::Timestamp = time_of(&esctl, "resource-gold", 2).parse().unwrap();
    let before = esctl::event::Timestamp::from_micros(time.micros() - 1).unwrap();
    assert_eq!(esctl.json(&["replay", "resource-gold", "--at", &time.to_string()])["version"], 2);
    assert_eq!(esctl.json(&["replay", "resource-gold", "--at", &before.to_string()])["version"], 1);
}

fn the_future_is_the_head_and_it_is_said(on: Backend) {
    let esctl = a_store(on);
    let output = esctl.run(&["replay", "order-1", "--at", "2999-01-01T00:00:00Z", "-o", "json"]);
    assert_eq!(output.code, 0);
    assert!(output.stderr.contains("in the future"), "{}", output.stderr);
    let report: Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(report["at"], "2999-01-01T00:00:00.000000Z");
    assert_eq!(report["state"], esctl.json(&["replay", "order-1"])["state"]);
    assert!(esctl.run(&["replay", "order-1", "--at", "now"]).stderr.is_empty());
}

fn what_is_not_there_is_not_found_and_what_is_there_is_named(on: Backend) {
    let esctl = a_store(on);
    let missing: [(&[&str], &str, &str); 5] = [
        (&["replay", "resource-lead"], "stream_not_found", "resource-lead"),
        (&["replay", "resource-gold", "--version", "5"], "version_not_found", "at version 4"),
        (&["replay", "resource-gold", "--position", "99"], "position_not_found", "position 7"),
        (&["replay", "order-1", "--position", "2"], "stream_not_found", "position 6"),
        (&["replay", "order-1", "--at", "2001-01-01"], "stream_not_found", "did not exist yet"),
    ];
    for (args, code, words) in missing {
        let error = esctl.error(3, args);
        assert_eq!(error["code"], code, "{args:?}");
        assert!(error["message"].as_str().unwrap().contains(words), "{error}");
    }
    let elsewhere = Esctl::new(on);
    assert_eq!(elsewhere.error(3, &["replay", "order-1"])["code"], "store_not_found");
    assert!(elsewhere.place.is_untouched());
}

fn wrong_usage_is_distinguished(on: Backend) {
    let esctl = a_store(on);
    let wrong: [&[&str]; 15] = [
        &["replay", "--category", "order", "--into", "sqlite:x.db"],
        &["replay"],
        &["replay", "order-1", "--at", "2026-02-30"],
        &["replay", "order-1", "--at", "1700000000"],
        &["replay", "order-1", "--version", "0"],
        &["replay", "order-1", "--version", "-1"],
        &["replay", "order-1", "--version", "1.5"],
        &["replay", "order-1", "--position", "0"],
        &["replay", "order-1", "--version", "1", "--position", "1"],
        &["replay", "order-1", "--at", "now", "--version", "1"],
        &["replay", "order-1", "--all"],
        &["replay", "--all"],
        &["replay", "order-1", "--into", "sqlite:x.db"],
        &["replay", "--category", "order", "--version", "1"],
        &["replay", "order-1", "--diff", "99999999999999999999"],
    ];
    for args in wrong {
        assert_eq!(esctl.run(args).code, 2, "{args:?}");
    }
}

fn reducers_go_by_name(on: Backend) {
    let esctl = a_store(on);
    let state = |args: &[&str]| esctl.json(&[&["replay", "order-1"], args].concat())["state"].clone();
    let merged = json!({"a": 1, "b": {"c": 2, "d": 3}, "paid": true});
    assert_eq!(state(&[]), merged);
    assert_eq!(state(&["--reducer", "merge"]), merged);
    assert_eq!(state(&["--reducer", "last"]), json!({"b": {"d": 3}, "paid": true}));
    assert_eq!(state(&["--reducer", "count"]), json!({"events": 2, "types": {"order.placed": 1, "order.paid": 1}}));
    let named = esctl.json(&["replay", "resource-gold", "--version", "4", "--reducer", "resource"]);
    assert_eq!(named, esctl.json(&["replay", "resource-gold", "--version", "4"]));
}

fn a_reducer_that_is_not_there_is_refused_with_the_list(on: Backend) {
    let esctl = a_store(on);
    let error = esctl.error(2, &["replay", "order-1", "--reducer", "cuont"]);
    assert_eq!((&error["code"], &error["hint"]), (&json!("unknown_reducer"), &json!("did you mean count?")));
    assert!(error["message"].as_str().unwrap().contains("resource, "), "{error}");
    assert_eq!(esctl.error(2, &["replay", "order-1", "--reducer", "resource"])["code"], "invalid");
    for program in ["jq: .state +", "jq: nothing"] {
        assert_eq!(esctl.error(2, &["replay", "order-1", "--reducer", program])["code"], "bad_jq");
    }
}

fn a_diff_leads_from_one_state_to_the_other(on: Backend) {
    let esctl = a_store(on);
    let time = time_of(&esctl, "resource-gold", 2);
    for from in ["2", &time] {
        let report = esctl.json(&["replay", "resource-gold", "--version", "4", "--diff", from]);
        assert_eq!(report["diff"]["from_version"], 2, "{from}");
        let patch: json_patch::Patch = serde_json::from_value(report["diff"]["patch"].clone()).unwrap();
        let mut state = esctl.json(&["replay", "resource-gold", "--version", "2"])["state"].clone();
        json_patch::patch(&mut state, &patch).unwrap();
        assert_eq!(state, report["state"]);
    }
    let table = esctl.run(&["replay", "order-1", "--diff", "1"]).stdout;
    assert!(table.contains("/b/d") && table.contains("changes since version 1"), "{table}");
    assert_eq!(esctl.error(3, &["replay", "order-1", "--diff", "3"])["code"], "version_not_found");
    assert_eq!(esctl.error(2, &["replay", "order-1", "--diff", "someday"])["code"], "bad_time");
}

fn a_diff_from_before_the_stream_brings_all_of_it(on: Backend) {
    let esctl = a_store(on);
    for from in ["0", "2001-01-01T00:00:00Z"] {
        let report = esctl.json(&["replay", "order-1", "--diff", from]);
        assert_eq!(report["diff"]["from_version"], 0);
        assert_eq!(report["diff"]["patch"], json!([{"op": "replace", "path": "", "value": report["state"]}]));
    }
    let same = esctl.json(&["replay", "order-1", "--diff", "2"]);
    assert_eq!(same["diff"], json!({"from_version": 2, "patch": []}));
}

fn what_depends_on_time_is_as_of_the_moment_shown(on: Backend) {
    let esctl = Esctl::new(on);
    let create =
        ["resource", "create", "mana", "--owner", "p", "--type", "t", "--amount", "0", "--max", "10000", "--regen", "0.1"];
    let created = esctl.json(&create);
    let start: esctl::event::Timestamp = created["state"]["last_regenerated"].as_str().unwrap().parse().unwrap();
    let later = start.plus(std::time::Duration::from_secs(3000)).to_string();
    let report = esctl.json(&["replay", "resource-mana", "--at", &later]);
    assert_eq!((&report["state"]["amount"], &report["at"]), (&json!(300), &json!(later)));
    assert_eq!(esctl.json(&["replay", "resource-mana", "--version", "1"])["state"]["amount"], 0);
}

fn a_snapshot_spares_events_and_changes_nothing(on: Backend) {
    let esctl = a_store(on);
    let plain = esctl.json(&["replay", "resource-gold", "--version", "4"]);
    esctl.json(&["snapshot", "take", "resource-gold"]);
    let spared = esctl.json(&["replay", "resource-gold", "--version", "4"]);
    assert_eq!((&spared["snapshot_version"], &spared["events_applied"]), (&json!(4), &json!(0)));
    assert_eq!(spared["state"], plain["state"]);
    assert_eq!(esctl.json(&["replay", "resource-gold", "--version", "4", "--no-snapshot"]), plain);
    // One that lies after the version asked for is of no use.
    assert_eq!(esctl.json(&["replay", "resource-gold", "--version", "3"])["snapshot_version"], Value::Null);
}

fn a_snapshot_that_cannot_be_trusted_is_passed_over_and_named(on: Backend) {
    let tampered = [
        (Change::NoState(4), "was changed"),
        (Change::State(4, "amount", json!(1)), "was changed"),
        (Change::EventHash(4), "another hash"),
        (Change::ReducerVersion(4, 99), "version 99"),
        // A snapshot that is of no use at all makes no other one useless.
        (Change::NoHashes(4), ""),
    ];
    for (change, reason) in tampered {
        let esctl = a_store(on);
        let plain = esctl.json(&["replay", "resource-gold", "--version", "4"]);
        esctl.json(&["snapshot", "take", "resource-gold"]);
        esctl.tamper(change);
        let output = esctl.run(&["replay", "resource-gold", "--version", "4", "-o", "json"]);
        assert_eq!(output.code, 0);
        assert!(output.stderr.contains("ignored the snapshot") && output.stderr.contains(reason), "{}", output.stderr);
        let report: Value = serde_json::from_str(&output.stdout).unwrap();
        assert_eq!((&report["state"], &report["snapshot_version"]), (&plain["state"], &Value::Null));
        assert_eq!(report["passed_over"][0]["version"], 4);
        assert_eq!(esctl.run(&["resource", "allocate", "gold", "1"]).code, 0);
        assert_eq!(esctl.run(&["snapshot", "verify"]).code, 1);
        assert_eq!(esctl.run(&["snapshot", "delete", "resource-gold", "--yes"]).code, 0);
        assert_eq!(esctl.run(&["verify"]).code, 0);
    }
}

fn every_format_shows_the_state(on: Backend) {
    let esctl = a_store(on);
    for format in ["table", "json", "ndjson", "yaml", "csv"] {
        let output = esctl.run(&["replay", "order-1", "-o", format]);
        assert_eq!(output.code, 0, "{format}");
        assert!(output.stdout.contains("paid"), "{format}: {}", output.stdout);
    }
}
