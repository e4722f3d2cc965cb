//! When snapshots are taken by themselves, and what becomes of one that is wrong.

use std::fs;

use serde_json::Value;
use serde_json::json;

use crate::common::Esctl;
use crate::listed;

/// A resource `gold` with so many events after its first.
fn gold_with(esctl: &Esctl, changes: usize, flags: &[&str]) {
    let create = ["resource", "create", "gold", "--owner", "p1", "--type", "coins", "--amount", "1000", "--max", "1000"];
    assert_eq!(esctl.run(&[&create, flags].concat()).code, 0);
    for _ in 0..changes {
        assert_eq!(esctl.run(&[&["resource", "allocate", "gold", "1"], flags].concat()).code, 0);
    }
}

fn configured(config: &str) -> Esctl {
    let esctl = Esctl::new();
    fs::create_dir_all(esctl.path(".config/esctl")).unwrap();
    fs::write(esctl.path(".config/esctl/config.toml"), config).unwrap();
    esctl
}

fn versions(esctl: &Esctl) -> Vec<u64> {
    listed(esctl).into_iter().map(|(_, version, _)| version).collect()
}

#[test]
fn a_category_can_have_a_number_of_its_own() {
    let esctl = configured("[snapshots]\nevery = 0\n[snapshots.categories]\nresource = 3\n");
    gold_with(&esctl, 6, &[]);
    assert_eq!(versions(&esctl), [3, 6]);
    let shown = esctl.json(&["context", "show"]);
    assert_eq!(shown["settings"]["snapshot_every"]["value"], "0");
    assert_eq!(shown["settings"]["snapshot_every.resource"]["value"], "3");
}

#[test]
fn another_category_s_number_is_not_ours_and_a_flag_counts_before_the_file() {
    let esctl = configured("[snapshots.categories]\ndocument = 2\n");
    gold_with(&esctl, 4, &[]);
    assert!(versions(&esctl).is_empty());
    let esctl = configured("[snapshots.categories]\nresource = 2\n");
    gold_with(&esctl, 4, &["--snapshot-every", "5"]);
    assert_eq!(versions(&esctl), [5]);
}

/// Passed over by replay with a warning, in its report, and by a command: which decides on what the events make.
#[test]
fn a_wrong_one_is_found_passed_over_and_reported() {
    let esctl = Esctl::new();
    gold_with(&esctl, 5, &["--snapshot-every", "3"]);
    assert_eq!(versions(&esctl), [3, 6]);
    esctl.tamper("UPDATE snapshots SET state = replace(state, '995', '9999') WHERE version = 6");
    let replayed = esctl.json(&["replay", "resource-gold"]);
    assert_eq!((&replayed["state"]["amount"], &replayed["snapshot_version"]), (&json!(995), &json!(3)));
    assert_eq!(replayed["passed_over"], json!([{"version": 6, "reason": "its state was changed after it was taken"}]));
    assert!(esctl.run(&["replay", "resource-gold"]).stderr.contains("at version 6 was passed over"));
    let refused = esctl.run(&["resource", "allocate", "gold", "2000"]);
    assert_eq!(refused.code, 5, "{refused:?}");
    let said: Value = esctl.error(5, &["resource", "allocate", "gold", "2000"]);
    assert!(said["message"].as_str().unwrap().contains("995"), "{said}");
    assert!(refused.stderr.contains("a snapshot was passed over"), "{refused:?}");
    assert_eq!(esctl.error(1, &["snapshot", "verify"])["code"], "snapshot_differs");
    assert_eq!(esctl.error(8, &["verify"])["exit"], 8);
}
