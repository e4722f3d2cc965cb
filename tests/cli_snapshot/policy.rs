//! Snapshots that are taken by themselves, and damaged ones.

use std::fs;

use serde_json::Value;
use serde_json::json;

use crate::cli_snapshot::listed;
use crate::common::Esctl;
use crate::common::backend::Backend;
use crate::common::tamper::Change;

crate::on_every_backend! {
    a_category_can_have_a_number_of_its_own
    another_category_s_number_is_not_ours_and_a_flag_counts_before_the_file
    a_wrong_one_is_found_passed_over_and_reported
}

/// Creates a resource `gold` with this number of events after its first.
fn gold_with(esctl: &Esctl, changes: usize, flags: &[&str]) {
    let create = ["resource", "create", "gold", "--owner", "p1", "--type", "coins", "--amount", "1000", "--max", "1000"];
    assert_eq!(esctl.run(&[&create, flags].concat()).code, 0);
    for _ in 0..changes {
        assert_eq!(esctl.run(&[&["resource", "allocate", "gold", "1"], flags].concat()).code, 0);
    }
}

fn configured(on: Backend, config: &str) -> Esctl {
    let esctl = Esctl::new(on);
    fs::create_dir_all(esctl.path(".config/esctl")).unwrap();
    fs::write(esctl.path(".config/esctl/config.toml"), config).unwrap();
    esctl
}

fn versions(esctl: &Esctl) -> Vec<u64> {
    listed(esctl).into_iter().map(|(_, version, _)| version).collect()
}

fn a_category_can_have_a_number_of_its_own(on: Backend) {
    let esctl = configured(on, "[snapshots]\nevery = 0\n[snapshots.categories]\nresource = 3\n");
    gold_with(&esctl, 6, &[]);
    assert_eq!(versions(&esctl), [3, 6]);
    let shown = esctl.json(&["context", "show"]);
    assert_eq!(shown["settings"]["snapshot_every"]["value"], "0");
    assert_eq!(shown["settings"]["snapshot_every.resource"]["value"], "3");
}

fn another_category_s_number_is_not_ours_and_a_flag_counts_before_the_file(on: Backend) {
    let esctl = configured(on, "[snapshots.categories]\ndocument = 2\n");
    gold_with(&esctl, 4, &[]);
    assert!(versions(&esctl).is_empty());
    let esctl = configured(on, "[snapshots.categories]\nresource = 2\n");
    gold_with(&esctl, 4, &["--snapshot-every", "5"]);
    assert_eq!(versions(&esctl), [5]);
}

/// Passed over by replay with a warning, in its report, and by a command: which decides on what the events make.
fn a_wrong_one_is_found_passed_over_and_reported(on: Backend) {
    let esctl = Esctl::new(on);
    gold_with(&esctl, 5, &["--snapshot-every", "3"]);
    assert_eq!(versions(&esctl), [3, 6]);
    esctl.tamper(Change::State(6, "amount", json!(9999)));
    let replayed = esctl.json(&["replay", "resource-gold"]);
    assert_eq!((&replayed["state"]["amount"], &replayed["snapshot_version"]), (&json!(995), &json!(3)));
    assert_eq!(replayed["passed_over"], json!([{"version": 6, "reason": "its state was changed after it was taken"}]));
    let said = esctl.run(&["replay", "resource-gold"]).stderr;
    assert!(said.contains("ignored the snapshot of") && said.contains("at version 6"), "{said}");
    // Once.
    assert_eq!(said.matches("ignored the snapshot").count(), 1, "{said}");
    let refused = esctl.run(&["resource", "allocate", "gold", "2000"]);
    assert_eq!(refused.code, 5, "{refused:?}");
    let said: Value = esctl.error(5, &["resource", "allocate", "gold", "2000"]);
    assert!(said["message"].as_str().unwrap().contains("995"), "{said}");
    assert!(refused.stderr.contains("snapshot not used"), "{refused:?}");
    assert_eq!(esctl.error(1, &["snapshot", "verify"])["code"], "snapshot_differs");
    assert_eq!(esctl.error(8, &["verify"])["exit"], 8);
}
