//! Pausing, comparing before a swap, going back, and whose checkpoint it is.

use serde_json::json;

use crate::cli_projection::support::amounts;
use crate::cli_projection::support::ok;
use crate::cli_projection::support::seeded;
use crate::cli_projection::support::status;
use crate::common::Esctl;
use crate::common::backend::Backend;
use crate::common::tamper::Change;

crate::on_every_backend! {
    a_paused_projection_says_so_wherever_it_is_asked
    a_rebuild_that_is_verified_takes_its_place_only_if_nothing_differs
    what_older_logic_made_is_compared_before_it_is_replaced
    one_can_go_back_to_the_read_model_before_the_last_rebuild
    going_back_to_older_logic_pauses_so_that_it_is_not_rebuilt_at_once
    a_checkpoint_of_another_store_is_an_integrity_failure
    behind_differs_from_idle_and_from_a_projection_without_a_runner
    an_answer_that_was_not_brought_up_to_date_says_what_it_is_of
}

/// Another amount in the row of gold, which nothing explains.
fn tamper_with_gold(esctl: &Esctl) {
    esctl.tamper(Change::Row("gold", "amount", 1.into()));
}

fn a_paused_projection_says_so_wherever_it_is_asked(on: Backend) {
    let esctl = seeded(on);
    assert_eq!(esctl.json(&["projection", "pause", "resources"])["changed"], true);
    assert_eq!(esctl.json(&["projection", "pause", "resources"])["changed"], false);
    ok(&esctl, &["resource", "allocate", "gold", "1"]);
    for args in [["projection", "query", "resources"].as_slice(), &["resource", "list"], &["projection", "run"]] {
        let output = esctl.run(args);
        assert_eq!(output.code, 0, "{output:?}");
        assert!(output.stderr.contains("is paused since") && output.stderr.contains("by ann"), "{output:?}");
    }
    assert_eq!(amounts(&esctl), [100, 100]);
    let shown = status(&esctl);
    assert_eq!((&shown["state"], &shown["paused"]["by"], &shown["lag_events"]), (&json!("paused"), &json!("ann"), &json!(1)));
    assert_eq!(esctl.json(&["projection", "resume", "resources"])["changed"], true);
    assert_eq!(esctl.json(&["projection", "resume", "resources"])["changed"], false);
    ok(&esctl, &["projection", "query", "resources"]);
    assert_eq!(amounts(&esctl), [99, 100]);
    esctl.error(3, &["projection", "pause", "nope"]);
    ok(&esctl, &["projection", "pause", "documents"]);
    let output = esctl.run(&["doc", "list"]);
    assert!(output.code == 0 && output.stderr.contains("projection documents is paused since"), "{output:?}");
}

fn a_rebuild_that_is_verified_takes_its_place_only_if_nothing_differs(on: Backend) {
    let esctl = seeded(on);
    let same = esctl.json(&["projection", "rebuild", "resources", "--verify"]);
    assert_eq!((&same["items"][0]["ok"], &same["items"][0]["rebuilt"]), (&json!(true), &json!(true)));
    assert_eq!(same["items"][0]["compared"]["rows"], 2);
    let table = ok(&esctl, &["projection", "rebuild", "resources", "--verify"]);
    assert!(table.contains("ROWS COMPARED") && table.contains("DIFFERENT"), "{table}");
    tamper_with_gold(&esctl);
    let output = esctl.run(&["projection", "rebuild", "resources", "--verify", "-o", "json"]);
    assert_eq!(output.code, 1, "{output:?}");
    let report: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    let compared = &report["items"][0]["compared"];
    assert_eq!((&compared["different"], &compared["differences"][0]["key"]), (&json!(1), &json!("gold")));
    assert_eq!(compared["differences"][0]["changes"][0], json!({"path": "/amount", "before": 1, "after": 100}));
    assert!(output.stderr.contains("read_model_differs"), "{output:?}");
    assert_eq!(amounts(&esctl), [1, 100]);
    ok(&esctl, &["projection", "rebuild", "resources"]);
    assert_eq!(amounts(&esctl), [100, 100]);
}

fn what_older_logic_made_is_compared_before_it_is_replaced(on: Backend) {
    let esctl = seeded(on);
    let create = ["projection", "create", "kinds", "--from", "category:resource", "--key", ".type", "--reduce"];
    ok(&esctl, &[&create[..], &["{old: .event.version}"]].concat());
    ok(&esctl, &["projection", "run", "kinds"]);
    ok(&esctl, &[&create[..], &["{new: .event.version}", "--replace"]].concat());
    assert_eq!(esctl.error(1, &["projection", "rebuild", "kinds", "--verify"])["code"], "read_model_differs");
    let row = || esctl.json(&["projection", "query", "kinds", "--stale"])["items"][0].clone();
    assert_eq!(row(), json!({"key": "resource.created", "old": 1}));
    ok(&esctl, &["projection", "rebuild", "kinds"]);
    assert_eq!(row(), json!({"key": "resource.created", "new": 1}));
    ok(&esctl, &["projection", "rollback", "kinds"]);
    assert_eq!(row(), json!({"key": "resource.created", "old": 1}));
}

fn one_can_go_back_to_the_read_model_before_the_last_rebuild(on: Backend) {
    let esctl = seeded(on);
    esctl.error(3, &["projection", "rollback", "resources"]);
    tamper_with_gold(&esctl);
    ok(&esctl, &["projection", "rebuild", "resources"]);
    assert_eq!(amounts(&esctl), [100, 100]);
    assert_eq!(esctl.json(&["projection", "rollback", "resources"])["position"], 2);
    assert_eq!(amounts(&esctl), [1, 100]);
    // It goes on from where it was; and there is a way back.
    ok(&esctl, &["resource", "allocate", "wood", "1"]);
    ok(&esctl, &["projection", "query", "resources"]);
    assert_eq!(amounts(&esctl), [1, 99]);
    ok(&esctl, &["projection", "rollback", "resources"]);
    ok(&esctl, &["projection", "query", "resources"]);
    assert_eq!(amounts(&esctl), [100, 99]);
}

fn going_back_to_older_logic_pauses_so_that_it_is_not_rebuilt_at_once(on: Backend) {
    let esctl = seeded(on);
    esctl.tamper(Change::Logic(0));
    ok(&esctl, &["projection", "run"]);
    let output = esctl.run(&["projection", "rollback", "resources"]);
    assert!(output.code == 0 && output.stderr.contains("is paused: version 0 of its logic"), "{output:?}");
    ok(&esctl, &["projection", "query", "resources"]);
    assert_eq!(status(&esctl)["state"], "paused");
    assert!(esctl.run(&["projection", "run"]).stderr.contains("rolled back to logic version 0"));
    ok(&esctl, &["projection", "resume", "resources"]);
    assert_eq!(esctl.json(&["projection", "run"])["items"][0]["rebuilt"], true);
}

fn a_checkpoint_of_another_store_is_an_integrity_failure(on: Backend) {
    let esctl = seeded(on);
    esctl.tamper(Change::Checkpoint);
    for other in ["documents", "games"] {
        ok(&esctl, &["projection", "rebuild", other]);
    }
    for args in [["projection", "run"].as_slice(), &["projection", "query", "resources"], &["resource", "list"]] {
        let error = esctl.error(8, args);
        // Nothing is to come back from a backup.
        assert!(error["hint"].as_str().unwrap().contains("esctl projection rebuild resources"), "{error}");
    }
    assert_eq!(esctl.run(&["projection", "run", "resources", "--follow"]).code, 8);
    assert_eq!(status(&esctl)["state"], "foreign");
    // It keeps none of the others from going on.
    let output = esctl.run(&["projection", "run", "-o", "ndjson"]);
    let ran: Vec<serde_json::Value> = output.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(ran.iter().map(|report| &report["name"]).collect::<Vec<_>>(), ["documents", "games"]);
    assert!(output.code == 8 && output.stderr.contains("foreign_checkpoint"), "{output:?}");
    ok(&esctl, &["projection", "rebuild", "resources"]);
    assert_eq!(status(&esctl)["state"], "current");
    assert_eq!(esctl.error(8, &["projection", "rollback", "resources"])["code"], "foreign_checkpoint");
    assert_eq!(status(&esctl)["state"], "current");
    // Rows that were set aside are no damage.
    ok(&esctl, &["projection", "rebuild", "--all"]);
    ok(&esctl, &["verify"]);
}

fn behind_differs_from_idle_and_from_a_projection_without_a_runner(on: Backend) {
    let esctl = seeded(on);
    assert_eq!(status(&esctl)["state"], "current");
    ok(&esctl, &["stream", "append", "thing-1", "--type", "t", "--data", "{}"]);
    let shown = status(&esctl);
    assert_eq!((&shown["state"], &shown["lag_events"], &shown["lag_seconds"]), (&json!("idle"), &json!(1), &json!(0.0)));
    ok(&esctl, &["resource", "allocate", "gold", "1"]);
    let shown = status(&esctl);
    assert_eq!((&shown["state"], &shown["lag_events"], &shown["runners"]), (&json!("behind"), &json!(2), &json!([])));
    assert!(shown["lag_seconds"].as_f64().unwrap() > 0.0);
    assert!(ok(&esctl, &["projection", "status"]).contains("no process"));
}

fn an_answer_that_was_not_brought_up_to_date_says_what_it_is_of(on: Backend) {
    let esctl = seeded(on);
    let said = |name: &str| {
        let output = esctl.run(&["projection", "query", name, "--stale"]);
        assert_eq!(output.code, 0, "{output:?}");
        output.stderr
    };
    assert_eq!(said("resources"), "");
    ok(&esctl, &["resource", "allocate", "gold", "1"]);
    assert!(said("resources").contains("is 1 position behind"));
    ok(&esctl, &["projection", "create", "mine", "--all", "--key", ".stream", "--reduce", "{n: 1}"]);
    assert!(said("mine").contains("has never run in this store"));
    esctl.tamper(Change::Logic(0));
    assert!(said("resources").contains("another logic version"));
    ok(&esctl, &["projection", "run"]);
    esctl.tamper(Change::Checkpoint);
    assert_eq!(esctl.error(8, &["projection", "query", "resources", "--stale"])["code"], "foreign_checkpoint");
    // Nor is it answered from because it is paused.
    ok(&esctl, &["projection", "pause", "resources"]);
    assert_eq!(esctl.error(8, &["projection", "query", "resources"])["code"], "foreign_checkpoint");
}
