//! A schema that is not whole: `verify` names what is missing, writes and followers refuse, `init` puts it back.

use ::mongodb::bson::doc;
use serde_json::Value;

use crate::cli_projection::support::amounts;
use crate::cli_projection::support::ok;
use crate::cli_projection::support::seeded;
use crate::common::Esctl;
use crate::common::backend::Backend;

crate::on_every_backend! {
    a_missing_index_is_named_and_put_back
    a_read_model_without_a_key_takes_no_rows_and_is_built_again
}

fn findings(esctl: &Esctl) -> String {
    let verified = esctl.run(&["verify", "-o", "json"]);
    assert_eq!(verified.code, 8, "{verified:?}");
    let report: Value = serde_json::from_str(&verified.stdout).unwrap();
    let findings = report["findings"].as_array().unwrap();
    assert!(findings.iter().all(|finding| finding["kind"] == "schema"), "{report}");
    findings.iter().map(|finding| finding["message"].as_str().unwrap().to_owned() + "\n").collect()
}

fn refused(esctl: &Esctl, args: &[&str]) {
    let refused = esctl.run(args);
    assert_eq!(refused.code, 8, "{args:?}: {refused:?}");
    assert!(refused.stderr.contains("hint: run 'esctl init' to restore"), "{args:?}: {refused:?}");
}

fn a_missing_index_is_named_and_put_back(on: Backend) {
    let esctl = seeded(on);
    let drop = "DROP INDEX events_by_id";
    esctl.place.meddle(drop, drop, doc! { "dropIndexes": "commits", "index": "event_id" });
    let said = findings(&esctl);
    assert!(said.contains("unique index event"), "{said}");
    for args in [
        &["resource", "allocate", "gold", "1"][..],
        &["stream", "append", "thing-1", "--type", "thing.happened", "--data", "{}"],
        &["projection", "rebuild", "resources", "--yes"],
        &["projection", "run", "--follow"],
        &["serve", "--listen", "127.0.0.1:0"],
    ] {
        refused(&esctl, args);
    }
    // Commands that only read answer.
    assert_eq!(amounts(&esctl), [100, 100]);

    let put_back = esctl.json(&["init"])["put_back"].as_array().unwrap().len();
    assert_eq!(put_back, 1);
    assert_eq!(esctl.json(&["init"])["put_back"].as_array().unwrap().len(), 0);
    ok(&esctl, &["verify"]);
    ok(&esctl, &["resource", "allocate", "gold", "1"]);
    assert_eq!(esctl.json(&["verify"])["events"], 3);
}

fn a_read_model_without_a_key_takes_no_rows_and_is_built_again(on: Backend) {
    if matches!(on, Backend::MongoReplicaSet | Backend::MongoStandalone) {
        // There a row is its key.
        return;
    }
    let esctl = seeded(on);
    let copy = "CREATE TABLE c AS SELECT * FROM rm_resources; DROP TABLE rm_resources; ALTER TABLE c RENAME TO rm_resources";
    esctl.place.meddle(copy, copy, doc! {});
    let said = findings(&esctl);
    assert!(said.contains("primary key rm_resources (key) is missing"), "{said}");
    ok(&esctl, &["resource", "allocate", "gold", "1"]);
    refused(&esctl, &["projection", "run", "resources"]);
    ok(&esctl, &["init"]);
    ok(&esctl, &["verify"]);
    ok(&esctl, &["projection", "run"]);
    assert_eq!(amounts(&esctl), [99, 100]);
}
