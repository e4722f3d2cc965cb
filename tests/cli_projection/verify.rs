//! `esctl verify` compares the rows of read models with the events.

use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;

use serde_json::Value;
use serde_json::json;

use crate::cli_projection::support::ok;
use crate::cli_projection::support::seeded;
use crate::cli_projection::support::with_a_bad_event;
use crate::common::Esctl;
use crate::common::backend::Backend;
use crate::common::tamper::Change;

crate::on_every_backend! {
    a_row_that_was_changed_is_found_and_a_rebuild_repairs_it
    missing_rows_and_rows_without_events_are_found
    rows_of_a_stored_projection_are_compared
    what_an_operator_has_left_out_is_no_damage
    a_read_model_that_is_changed_meanwhile_is_no_damage
}

/// Returns the messages about read models in a report of damage.
fn findings(esctl: &Esctl, args: &[&str]) -> Vec<String> {
    let output = esctl.run(&[&["verify"], args, &["-o", "json"]].concat());
    assert_eq!(output.code, 8, "{output:?}");
    let report: Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!((&report["ok"], &report["events_ok"]), (&json!(false), &json!(true)), "{report}");
    let findings = report["findings"].as_array().unwrap();
    assert!(findings.iter().all(|finding| finding["kind"] == "read_model"), "{report}");
    findings.iter().map(|finding| finding["message"].as_str().unwrap().to_owned()).collect()
}

fn a_row_that_was_changed_is_found_and_a_rebuild_repairs_it(on: Backend) {
    let esctl = seeded(on);
    ok(&esctl, &["resource", "allocate", "gold", "1"]);
    // The read model is behind, which is no damage.
    let report = esctl.json(&["verify"]);
    assert_eq!((&report["ok"], &report["rows"]), (&json!(true), &json!(2)));
    assert!(ok(&esctl, &["verify"]).contains("2 rows of read models"));
    esctl.tamper(Change::Row("gold", "amount", json!(9999)));
    let expected = "row gold of read model resources: /amount is 9999, but the events make 100; \
                    run 'esctl projection rebuild resources' to rebuild the read model";
    assert_eq!(findings(&esctl, &[]), [expected]);
    assert_eq!(findings(&esctl, &["resource-gold"]), [expected]);
    assert_eq!(esctl.json(&["verify", "resource-wood"])["rows"], 1);
    ok(&esctl, &["projection", "rebuild", "resources"]);
    assert_eq!(esctl.json(&["verify"])["ok"], true);
    assert_eq!(esctl.json(&["verify", "resource-gold"])["ok"], true);
}

fn missing_rows_and_rows_without_events_are_found(on: Backend) {
    let esctl = seeded(on);
    esctl.tamper(Change::CopiedRow("wood", "zinc"));
    esctl.tamper(Change::NoRow("gold"));
    let repair = "run 'esctl projection rebuild resources' to rebuild the read model";
    assert_eq!(
        findings(&esctl, &[]),
        [
            format!("row gold of read model resources: the row is missing; {repair}"),
            format!("row zinc of read model resources: the row has no events; {repair}"),
        ]
    );
}

fn rows_of_a_stored_projection_are_compared(on: Backend) {
    let esctl = seeded(on);
    let reduce = "{total: ((.state.total // 0) + .event.data.amount)}";
    ok(&esctl, &["projection", "create", "owners", "--all", "--key", ".data.owner_id", "--reduce", reduce]);
    ok(&esctl, &["projection", "run"]);
    assert_eq!(esctl.json(&["verify"])["rows"], 3);
    esctl.tamper(Change::Row("owners/ann", "total", json!(17)));
    let found = findings(&esctl, &[]);
    assert!(
        found.len() == 1 && found[0].contains("row ann of read model owners: /total is 17, but the events make 200"),
        "{found:?}"
    );
    assert_eq!(findings(&esctl, &["resource-gold"]), found);
}

fn what_an_operator_has_left_out_is_no_damage(on: Backend) {
    let (esctl, id) = with_a_bad_event(on);
    esctl.error(8, &["projection", "run"]);
    ok(&esctl, &["verify"]);
    ok(&esctl, &["projection", "errors", "resources", "--skip", &id]);
    ok(&esctl, &["projection", "run"]);
    ok(&esctl, &["verify"]);
    ok(&esctl, &["verify", "resource-gold"]);
    let (esctl, _) = with_a_bad_event(on);
    ok(&esctl, &["projection", "run", "--on-error", "park"]);
    ok(&esctl, &["verify"]);
    ok(&esctl, &["verify", "resource-gold"]);
    // Such a row is compared as well.
    esctl.tamper(Change::Row("gold", "owner", json!("eve")));
    assert_eq!(findings(&esctl, &[]).len(), 1);
}

fn a_read_model_that_is_changed_meanwhile_is_no_damage(on: Backend) {
    let esctl = seeded(on);
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::SeqCst) {
                ok(&esctl, &["resource", "add", "gold", "1"]);
                ok(&esctl, &["projection", "run"]);
            }
        });
        let verified: Vec<_> = (0..10).map(|_| esctl.run(&["verify"])).collect();
        stop.store(true, Ordering::SeqCst);
        assert!(verified.iter().all(|output| output.code == 0), "{verified:?}");
    });
}
