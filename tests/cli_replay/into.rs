//! The whole store as it was, into another one.

use serde_json::Value;
use serde_json::json;

use crate::common::Esctl;
use crate::common::Output;
use crate::common::a_store;

fn copy(esctl: &Esctl, args: &[&str]) -> Output {
    let target = target(esctl);
    esctl.run(&[&["replay", "--all", "--into", &target, "-o", "json"], args].concat())
}

fn target(esctl: &Esctl) -> String {
    format!("sqlite:{}", esctl.path("copy.db").display())
}

fn report(output: &Output) -> Value {
    assert_eq!(output.code, 0, "{output:?}");
    serde_json::from_str(&output.stdout).unwrap()
}

fn events(esctl: &Esctl, store: &str) -> String {
    esctl.run_on(store, &["stream", "read", "--all", "-o", "ndjson"]).stdout
}

#[test]
fn the_copy_has_every_event_as_it_was_down_to_the_hash() {
    let esctl = a_store();
    let report = report(&copy(&esctl, &[]));
    let names: Vec<_> = report.as_object().unwrap().keys().collect();
    assert_eq!(names, ["from", "into", "at", "position", "events_copied", "already_there", "head_hash"]);
    assert_eq!((&report["events_copied"], &report["already_there"]), (&json!(7), &json!(0)));
    assert_eq!(events(&esctl, &target(&esctl)), events(&esctl, &esctl.store));
    assert!(events(&esctl, &esctl.store).contains(report["head_hash"].as_str().unwrap()));
}

#[test]
fn a_copy_that_was_broken_off_is_gone_on_with() {
    let esctl = a_store();
    let all = esctl.json(&["stream", "read", "--all"]);
    let half = report(&copy(&esctl, &["--at", all["items"][2]["recorded_at"].as_str().unwrap()]));
    assert_eq!((&half["position"], &half["events_copied"]), (&json!(3), &json!(3)));
    assert_eq!(half["head_hash"], all["items"][2]["hash"]);
    let rest = report(&copy(&esctl, &[]));
    assert_eq!((&rest["events_copied"], &rest["already_there"], &rest["position"]), (&json!(4), &json!(3), &json!(7)));
    assert_eq!(events(&esctl, &target(&esctl)), events(&esctl, &esctl.store));
    let again = report(&copy(&esctl, &[]));
    assert_eq!((&again["events_copied"], &again["already_there"]), (&json!(0), &json!(7)));
}

#[test]
fn a_target_with_other_events_or_more_is_left_alone() {
    let esctl = a_store();
    let other = target(&esctl);
    esctl.run_on(&other, &["stream", "append", "x-1", "--type", "t", "--data", "{}"]);
    let before = events(&esctl, &other);
    assert_eq!(copy(&esctl, &[]).code, 4);
    assert_eq!(events(&esctl, &other), before);

    let esctl = a_store();
    report(&copy(&esctl, &[]));
    assert_eq!(copy(&esctl, &["--at", "2001-01-01"]).code, 4);
    esctl.run_on(&target(&esctl), &["stream", "append", "x-1", "--type", "t", "--data", "{}"]);
    assert_eq!(copy(&esctl, &[]).code, 4);
}

#[test]
fn a_store_is_not_copied_into_itself_by_whatever_name() {
    let esctl = a_store();
    for url in [esctl.store.as_str(), "sqlite:store.db", "sqlite:./store.db"] {
        assert_eq!(esctl.error(2, &["replay", "--all", "--into", url])["code"], "same_store", "{url}");
    }
    assert_eq!(esctl.run(&["replay", "--all", "--into", "nowhere"]).code, 2);
}

#[test]
fn before_the_first_event_the_store_was_empty() {
    let esctl = a_store();
    let report = report(&copy(&esctl, &["--at", "2001-01-01"]));
    assert_eq!((&report["position"], &report["events_copied"]), (&json!(0), &json!(0)));
    assert!(!esctl.path("copy.db").exists());
}

#[test]
fn a_source_that_is_not_there_makes_no_target() {
    let esctl = Esctl::new();
    assert_eq!(copy(&esctl, &[]).code, 3);
    assert!(!esctl.path("copy.db").exists() && !esctl.path("store.db").exists());
}

#[test]
fn more_events_than_a_batch_keep_their_order() {
    let esctl = a_store();
    let line = |n: u32| format!("{{\"type\":\"t{}\",\"data\":{{\"n\":{n}}}}}\n", n % 3);
    std::fs::write(esctl.path("batch"), (0..2500).map(line).collect::<String>()).unwrap();
    for stream in ["a-1", "b-1"] {
        assert_eq!(esctl.run(&["stream", "append", stream, "--batch", "batch", "-q"]).code, 0);
    }
    assert_eq!(report(&copy(&esctl, &[]))["events_copied"], 5007);
    assert_eq!(events(&esctl, &target(&esctl)), events(&esctl, &esctl.store));
}
