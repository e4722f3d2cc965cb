//! Stored states, compared with the result of the events.

use serde_json::Value;
use serde_json::json;

use crate::common::Esctl;
use crate::common::a_store;
use crate::common::backend::Backend;
use crate::common::tamper::Change;

crate::on_every_backend! {
    what_fits_is_said_with_what_was_compared
    the_state_shown_is_the_one_that_was_asked_for
    a_row_that_was_changed_is_found_with_the_event_that_explains_it
    a_place_that_no_event_makes_has_no_explanation
    a_row_that_is_missing_is_found
    a_read_model_that_lags_is_no_difference
    a_snapshot_that_was_changed_is_found
    a_snapshot_of_another_history_or_of_no_json_is_found
    a_snapshot_of_another_reducer_version_is_no_difference_but_named
    a_category_lists_each_stream_and_fails_if_one_differs
    a_row_without_a_stream_is_found_in_its_category
    a_row_without_a_stream_is_found_also_where_a_stream_has_no_row_yet
    a_checkpoint_of_another_store_is_an_integrity_failure
    rows_of_projections_that_the_store_keeps_are_compared
    rows_that_no_event_goes_to_are_found_in_their_category
    what_was_left_out_is_named_as_the_cause
}

/// A report that was printed although the answer is no.
fn report_of_failure(esctl: &Esctl, args: &[&str]) -> Value {
    let output = esctl.run(&[args, &["-o", "json"]].concat());
    assert_eq!(output.code, 1, "{output:?}");
    assert!(output.stderr.contains("\"code\":\"verify_differs\""), "{}", output.stderr);
    serde_json::from_str(&output.stdout).unwrap()
}

/// A store with a read model and a snapshot of version 4.
fn with_kept_states(on: Backend) -> Esctl {
    let esctl = a_store(on);
    esctl.json(&["resource", "list"]);
    esctl.json(&["snapshot", "take", "resource-gold"]);
    esctl
}

fn what_fits_is_said_with_what_was_compared(on: Backend) {
    let esctl = with_kept_states(on);
    let report = esctl.json(&["replay", "resource-gold", "--verify"]);
    assert_eq!(
        report["verify"],
        json!({
            "ok": true,
            "read_model": {"name": "resources", "position": 7, "version": 4},
            "snapshots_compared": 1,
            "passed_over": [],
            "differences": [],
        })
    );
    assert_eq!((&report["events_applied"], &report["snapshot_version"]), (&json!(4), &Value::Null));
    assert_eq!(report["state"], esctl.json(&["resource", "show", "gold", "--server"]));
    let order = esctl.json(&["replay", "order-1", "--verify"]);
    assert_eq!((&order["verify"]["ok"], &order["verify"]["read_model"]), (&json!(true), &Value::Null));
}

fn the_state_shown_is_the_one_that_was_asked_for(on: Backend) {
    let esctl = with_kept_states(on);
    let report = esctl.json(&["replay", "resource-gold", "--verify", "--version", "2"]);
    assert_eq!((&report["version"], &report["verify"]["snapshots_compared"]), (&json!(2), &json!(1)));
}

fn a_row_that_was_changed_is_found_with_the_event_that_explains_it(on: Backend) {
    let esctl = with_kept_states(on);
    esctl.tamper(Change::Row("gold", "amount", json!(901)));
    let report = report_of_failure(&esctl, &["replay", "resource-gold", "--verify"]);
    let [difference] = report["verify"]["differences"].as_array().unwrap().as_slice() else { panic!("{report}") };
    assert_eq!((&difference["kept"], &difference["path"]), (&json!("read model resources"), &json!("/amount")));
    assert_eq!((&difference["expected"], &difference["found"]), (&json!(900), &json!(901)));
    assert_eq!((&difference["event"]["type"], &difference["event"]["version"]), (&json!("resource.allocated"), &json!(2)));
    let table = esctl.run(&["replay", "resource-gold", "--verify"]).stdout;
    assert!(table.contains("/amount") && table.contains("900") && table.contains("901"), "{table}");
    assert!(table.contains("resource.allocated"), "{table}");
}

fn a_place_that_no_event_makes_has_no_explanation(on: Backend) {
    let esctl = with_kept_states(on);
    esctl.tamper(Change::Row("gold", "colour", json!("red")));
    let report = report_of_failure(&esctl, &["replay", "resource-gold", "--verify"]);
    let difference = &report["verify"]["differences"][0];
    assert_eq!((&difference["path"], &difference["expected"]), (&json!("/colour"), &Value::Null));
    assert_eq!((&difference["found"], &difference["event"]), (&json!("red"), &Value::Null));
}

fn a_row_that_is_missing_is_found(on: Backend) {
    let esctl = with_kept_states(on);
    esctl.tamper(Change::NoRow("gold"));
    let report = report_of_failure(&esctl, &["replay", "resource-gold", "--verify"]);
    assert_eq!(report["verify"]["differences"][0]["reason"], "the row is missing");
}

fn a_read_model_that_lags_is_no_difference(on: Backend) {
    let esctl = with_kept_states(on);
    assert_eq!(esctl.run(&["resource", "allocate", "gold", "5"]).code, 0);
    let report = esctl.json(&["replay", "resource-gold", "--verify"]);
    assert_eq!((&report["version"], &report["verify"]["read_model"]["version"]), (&json!(5), &json!(4)));
}

fn a_snapshot_that_was_changed_is_found(on: Backend) {
    let esctl = with_kept_states(on);
    esctl.tamper(Change::State(4, "lock_reason", json!("theft")));
    let report = report_of_failure(&esctl, &["replay", "resource-gold", "--verify"]);
    let [difference] = report["verify"]["differences"].as_array().unwrap().as_slice() else { panic!("{report}") };
    assert_eq!((&difference["kept"], &difference["path"]), (&json!("snapshot"), &json!("/lock_reason")));
    assert_eq!((&difference["event"]["type"], &difference["event"]["version"]), (&json!("resource.unlocked"), &json!(4)));
}

fn a_snapshot_of_another_history_or_of_no_json_is_found(on: Backend) {
    for change in [Change::EventHash(4), Change::NoState(4), Change::Version(4, 9)] {
        let said = format!("{change:?}");
        let esctl = with_kept_states(on);
        esctl.tamper(change);
        let report = report_of_failure(&esctl, &["replay", "resource-gold", "--verify"]);
        assert_eq!(report["verify"]["differences"].as_array().unwrap().len(), 1, "{said}");
    }
}

fn a_snapshot_of_another_reducer_version_is_no_difference_but_named(on: Backend) {
    let esctl = with_kept_states(on);
    esctl.tamper(Change::ReducerVersion(4, 99));
    let output = esctl.run(&["replay", "resource-gold", "--verify", "-o", "json"]);
    assert_eq!(output.code, 0, "{output:?}");
    assert!(output.stderr.contains("ignored the snapshot"), "{}", output.stderr);
}

fn a_category_lists_each_stream_and_fails_if_one_differs(on: Backend) {
    let esctl = with_kept_states(on);
    let output = esctl.run(&["replay", "--category", "resource", "--verify"]);
    assert_eq!(output.code, 0);
    assert!(output.stderr.contains("compared 2 streams: 2 rows of a read model, 1 snapshots"), "{}", output.stderr);
    esctl.tamper(Change::Row("silver", "amount", json!(11)));
    let list = report_of_failure(&esctl, &["replay", "--category", "resource", "--verify"]);
    let ok: Vec<_> = list["items"].as_array().unwrap().iter().map(|item| item["verify"]["ok"].clone()).collect();
    assert_eq!(ok, [json!(true), json!(false)]);
}

fn a_row_without_a_stream_is_found_in_its_category(on: Backend) {
    let esctl = with_kept_states(on);
    esctl.tamper(Change::CopiedRow("gold", "ghost"));
    let list = report_of_failure(&esctl, &["replay", "--category", "resource", "--verify"]);
    let ghost = &list["items"][2];
    assert_eq!(
        (&ghost["stream"], &ghost["version"], &ghost["verify"]["ok"]),
        (&json!("resource-ghost"), &json!(0), &json!(false))
    );
    assert_eq!(ghost["verify"]["differences"][0]["reason"], "the row is of a stream without events");
}

fn a_row_without_a_stream_is_found_also_where_a_stream_has_no_row_yet(on: Backend) {
    let esctl = with_kept_states(on);
    let bronze = ["resource", "create", "bronze", "--owner", "p3", "--type", "currency", "--amount", "1", "--max", "1"];
    assert_eq!(esctl.run(&bronze).code, 0);
    esctl.tamper(Change::CopiedRow("gold", "ghost"));
    let list = report_of_failure(&esctl, &["replay", "--category", "resource", "--verify"]);
    assert_eq!(list["items"][3]["stream"], json!("resource-ghost"));
}

fn a_checkpoint_of_another_store_is_an_integrity_failure(on: Backend) {
    let esctl = with_kept_states(on);
    esctl.tamper(Change::Checkpoint);
    assert_eq!(esctl.error(8, &["replay", "resource-gold", "--verify"])["code"], "foreign_checkpoint");
}

/// The orders of customers: rows that are fed by several streams.
const CUSTOMERS: [&str; 9] = [
    "projection",
    "create",
    "customers",
    "--from",
    "category:order",
    "--key",
    ".data.customer",
    "--reduce",
    ".event.data as $d | .state + {total: ((.state.total // 0) + $d.total)}",
];

/// Orders of ann and bob: 1 and 3 of the first, 2 of the second.
fn with_orders(on: Backend) -> Esctl {
    let esctl = Esctl::new(on);
    esctl.must(&CUSTOMERS);
    for (stream, customer, total) in [("order-1", "ann", "5"), ("order-2", "bob", "7"), ("order-3", "ann", "11")] {
        let data = format!("{{\"customer\":\"{customer}\",\"total\":{total}}}");
        esctl.must(&["stream", "append", stream, "--type", "placed", "--data", &data]);
    }
    esctl
}

fn rows_of_projections_that_the_store_keeps_are_compared(on: Backend) {
    let esctl = with_orders(on);
    // One that has never run has nothing to compare.
    assert_eq!(esctl.json(&["replay", "order-1", "--verify"])["verify"].get("projections"), None);
    esctl.must(&["projection", "run"]);
    esctl.must(&["stream", "append", "order-1", "--type", "placed", "--data", "{\"customer\":\"ann\",\"total\":1}"]);
    let verified = esctl.json(&["replay", "order-1", "--verify"])["verify"].clone();
    assert_eq!(verified["projections"], json!([{"name": "customers", "position": 3, "rows": 1}]));
    let output = esctl.run(&["replay", "--category", "order", "--verify"]);
    assert!(output.code == 0 && output.stderr.contains("2 rows of customers at position 3"), "{output:?}");
    esctl.tamper(Change::Row("customers/ann", "total", json!(17)));
    let report = report_of_failure(&esctl, &["replay", "order-1", "--verify"]);
    let difference = &report["verify"]["differences"][0];
    assert_eq!((&difference["kept"], &difference["path"]), (&json!("row ann of read model customers"), &json!("/total")));
    assert_eq!((&difference["expected"], &difference["found"]), (&json!(16), &json!(17)));
    assert_eq!(difference["event"]["position"], 3);
    esctl.json(&["replay", "order-2", "--verify"]);
    // In a category each is reported once, with the stream that came to the row last.
    let list = report_of_failure(&esctl, &["replay", "--category", "order", "--verify"]);
    let ok: Vec<_> = list["items"].as_array().unwrap().iter().map(|item| item["verify"]["ok"].clone()).collect();
    assert_eq!(ok, [json!(true), json!(true), json!(false)]);
    esctl.tamper(Change::NoRow("customers/ann"));
    let report = report_of_failure(&esctl, &["replay", "order-3", "--verify"]);
    assert_eq!(report["verify"]["differences"][0]["reason"], "the row is missing");
}

fn rows_that_no_event_goes_to_are_found_in_their_category(on: Backend) {
    let esctl = with_orders(on);
    esctl.must(&["projection", "run"]);
    esctl.tamper(Change::CopiedRow("customers/ann", "eve"));
    let list = report_of_failure(&esctl, &["replay", "--category", "order", "--verify"]);
    let found = &list["items"][3]["verify"]["differences"][0];
    assert_eq!((&found["kept"], &found["reason"]), (&json!("row eve of read model customers"), &json!("the row has no events")));
}

fn what_was_left_out_is_named_as_the_cause(on: Backend) {
    let esctl = with_orders(on);
    esctl.must(&["projection", "run", "--on-error", "park"]);
    esctl.must(&["stream", "append", "order-2", "--type", "placed", "--data", "{\"customer\":\"bob\",\"total\":\"x\"}"]);
    esctl.must(&["stream", "append", "order-2", "--type", "placed", "--data", "{\"customer\":\"bob\",\"total\":1}"]);
    esctl.must(&["projection", "run"]);
    // The events make 8; the row has 7, since what comes after the bad one is held back.
    let report = report_of_failure(&esctl, &["replay", "order-2", "--verify"]);
    let difference = &report["verify"]["differences"][0];
    assert_eq!((&difference["expected"], &difference["found"]), (&json!(8), &json!(7)));
    assert_eq!(difference["reason"], "the stream order-2 is parked at event 4");
    assert_eq!(difference["event"]["position"], 4);
    // An event that fails to apply changes nothing: skipped, it explains nothing, since nothing differs.
    let errors = esctl.json(&["projection", "errors", "customers"]);
    esctl.must(&["projection", "errors", "customers", "--skip", errors["items"][0]["event_id"].as_str().unwrap()]);
    assert_eq!(esctl.json(&["replay", "order-2", "--verify"])["verify"]["ok"], true);
}
