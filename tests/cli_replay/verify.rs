//! What is kept, compared with what the events make.

use serde_json::Value;
use serde_json::json;

use crate::common::Esctl;
use crate::common::a_store;

/// A report that was printed although the answer is no.
fn report_of_failure(esctl: &Esctl, args: &[&str]) -> Value {
    let output = esctl.run(&[args, &["-o", "json"]].concat());
    assert_eq!(output.code, 1, "{output:?}");
    assert!(output.stderr.contains("\"code\":\"verify_differs\""), "{}", output.stderr);
    serde_json::from_str(&output.stdout).unwrap()
}

/// A store with a read model and a snapshot of version 4.
fn with_kept_states() -> Esctl {
    let esctl = a_store();
    esctl.json(&["resource", "list"]);
    esctl.json(&["snapshot", "take", "resource-gold"]);
    esctl
}

#[test]
fn what_fits_is_said_with_what_was_compared() {
    let esctl = with_kept_states();
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

#[test]
fn the_state_shown_is_the_one_that_was_asked_for() {
    let esctl = with_kept_states();
    let report = esctl.json(&["replay", "resource-gold", "--verify", "--version", "2"]);
    assert_eq!((&report["version"], &report["verify"]["snapshots_compared"]), (&json!(2), &json!(1)));
}

#[test]
fn a_row_that_was_changed_is_found_with_the_event_that_explains_it() {
    let esctl = with_kept_states();
    assert_eq!(esctl.tamper("UPDATE rm_resources SET row = json_set(row, '$.amount', 901) WHERE key = 'gold'"), 1);
    let report = report_of_failure(&esctl, &["replay", "resource-gold", "--verify"]);
    let [difference] = report["verify"]["differences"].as_array().unwrap().as_slice() else { panic!("{report}") };
    assert_eq!((&difference["kept"], &difference["path"]), (&json!("read model resources"), &json!("/amount")));
    assert_eq!((&difference["expected"], &difference["found"]), (&json!(900), &json!(901)));
    assert_eq!((&difference["event"]["type"], &difference["event"]["version"]), (&json!("resource.allocated"), &json!(2)));
    let table = esctl.run(&["replay", "resource-gold", "--verify"]).stdout;
    assert!(table.contains("/amount") && table.contains("900") && table.contains("901"), "{table}");
    assert!(table.contains("resource.allocated"), "{table}");
}

#[test]
fn a_place_that_no_event_makes_has_no_explanation() {
    let esctl = with_kept_states();
    esctl.tamper("UPDATE rm_resources SET row = json_set(row, '$.colour', 'red') WHERE key = 'gold'");
    let report = report_of_failure(&esctl, &["replay", "resource-gold", "--verify"]);
    let difference = &report["verify"]["differences"][0];
    assert_eq!((&difference["path"], &difference["expected"]), (&json!("/colour"), &Value::Null));
    assert_eq!((&difference["found"], &difference["event"]), (&json!("red"), &Value::Null));
}

#[test]
fn a_row_that_is_missing_is_found() {
    let esctl = with_kept_states();
    esctl.tamper("DELETE FROM rm_resources WHERE key = 'gold'");
    let report = report_of_failure(&esctl, &["replay", "resource-gold", "--verify"]);
    assert_eq!(report["verify"]["differences"][0]["reason"], "the row is missing");
}

#[test]
fn a_read_model_that_lags_is_no_difference() {
    let esctl = with_kept_states();
    assert_eq!(esctl.run(&["resource", "allocate", "gold", "5"]).code, 0);
    let report = esctl.json(&["replay", "resource-gold", "--verify"]);
    assert_eq!((&report["version"], &report["verify"]["read_model"]["version"]), (&json!(5), &json!(4)));
}

#[test]
fn a_snapshot_that_was_changed_is_found() {
    let esctl = with_kept_states();
    assert_eq!(esctl.tamper("UPDATE snapshots SET state = json_set(state, '$.lock_reason', 'theft')"), 1);
    let report = report_of_failure(&esctl, &["replay", "resource-gold", "--verify"]);
    let [difference] = report["verify"]["differences"].as_array().unwrap().as_slice() else { panic!("{report}") };
    assert_eq!((&difference["kept"], &difference["path"]), (&json!("snapshot"), &json!("/lock_reason")));
    assert_eq!((&difference["event"]["type"], &difference["event"]["version"]), (&json!("resource.unlocked"), &json!(4)));
}

#[test]
fn a_snapshot_of_another_history_or_of_no_json_is_found() {
    for sql in [
        "UPDATE snapshots SET event_hash = zeroblob(32)",
        "UPDATE snapshots SET state = 'no json'",
        "UPDATE snapshots SET version = 9",
    ] {
        let esctl = with_kept_states();
        assert_eq!(esctl.tamper(sql), 1);
        let report = report_of_failure(&esctl, &["replay", "resource-gold", "--verify"]);
        assert_eq!(report["verify"]["differences"].as_array().unwrap().len(), 1, "{sql}");
    }
}

#[test]
fn a_snapshot_of_another_reducer_version_is_no_difference_but_named() {
    let esctl = with_kept_states();
    esctl.tamper("UPDATE snapshots SET reducer_version = 99");
    let output = esctl.run(&["replay", "resource-gold", "--verify", "-o", "json"]);
    assert_eq!(output.code, 0, "{output:?}");
    assert!(output.stderr.contains("passed over"), "{}", output.stderr);
}

#[test]
fn a_category_lists_each_stream_and_fails_if_one_differs() {
    let esctl = with_kept_states();
    let output = esctl.run(&["replay", "--category", "resource", "--verify"]);
    assert_eq!(output.code, 0);
    assert!(output.stderr.contains("compared 2 streams: 2 rows of a read model, 1 snapshots"), "{}", output.stderr);
    esctl.tamper("UPDATE rm_resources SET row = json_set(row, '$.amount', 11) WHERE key = 'silver'");
    let list = report_of_failure(&esctl, &["replay", "--category", "resource", "--verify"]);
    let ok: Vec<_> = list["items"].as_array().unwrap().iter().map(|item| item["verify"]["ok"].clone()).collect();
    assert_eq!(ok, [json!(true), json!(false)]);
}

#[test]
fn a_row_that_no_stream_stands_behind_is_found_in_its_category() {
    let esctl = with_kept_states();
    assert_eq!(esctl.tamper("INSERT INTO rm_resources SELECT 'ghost', row FROM rm_resources WHERE key = 'gold'"), 1);
    let list = report_of_failure(&esctl, &["replay", "--category", "resource", "--verify"]);
    let ghost = &list["items"][2];
    assert_eq!(
        (&ghost["stream"], &ghost["version"], &ghost["verify"]["ok"]),
        (&json!("resource-ghost"), &json!(0), &json!(false))
    );
    assert_eq!(ghost["verify"]["differences"][0]["reason"], "the row is of a stream without events");
}

#[test]
fn a_row_that_no_stream_stands_behind_is_found_also_where_a_stream_has_no_row_yet() {
    let esctl = with_kept_states();
    let bronze = ["resource", "create", "bronze", "--owner", "p3", "--type", "currency", "--amount", "1", "--max", "1"];
    assert_eq!(esctl.run(&bronze).code, 0);
    assert_eq!(esctl.tamper("INSERT INTO rm_resources SELECT 'ghost', row FROM rm_resources WHERE key = 'gold'"), 1);
    let list = report_of_failure(&esctl, &["replay", "--category", "resource", "--verify"]);
    assert_eq!(list["items"][3]["stream"], json!("resource-ghost"));
}

#[test]
fn a_checkpoint_of_another_store_is_an_integrity_failure() {
    let esctl = with_kept_states();
    esctl.tamper("UPDATE read_models SET event_id = randomblob(16)");
    assert_eq!(esctl.error(8, &["replay", "resource-gold", "--verify"])["code"], "store_damaged");
}
