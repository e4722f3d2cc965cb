//! An event that fails to apply stops its projection, or is parked; it is shown, tried again, or skipped by an operator.

use serde_json::json;

use crate::cli_projection::support::amounts;
use crate::cli_projection::support::ok;
use crate::cli_projection::support::status;
use crate::cli_projection::support::with_a_bad_event;
use crate::common::backend::Backend;

crate::on_every_backend! {
    it_stops_the_projection_and_is_shown_with_its_error
    it_is_tried_again_and_skipped_by_word_only
    by_policy_it_is_parked_and_the_others_go_on
    a_skip_that_is_taken_back_is_shown_until_a_rebuild
    a_stopped_rebuild_says_how_to_continue
}

fn it_stops_the_projection_and_is_shown_with_its_error(on: Backend) {
    let (esctl, id) = with_a_bad_event(on);
    let error = esctl.error(8, &["projection", "run"]);
    assert_eq!(error["details"]["position"], 4);
    assert!(error["hint"].as_str().unwrap().contains("projection errors resources"), "{error}");
    assert_eq!(amounts(&esctl), [99, 100]);
    let shown = status(&esctl);
    assert_eq!((&shown["state"], &shown["position"], &shown["stopped_at"]), (&json!("stopped"), &json!(3), &json!(4)));
    assert_eq!(shown["lag_events"], 3);
    assert!(shown["lag_seconds"].as_f64().unwrap() > 0.0);
    let listed = esctl.json(&["projection", "errors", "resources"])["items"][0].clone();
    assert_eq!((&listed["event_id"], &listed["state"], &listed["part"]), (&json!(id), &json!("failing"), &json!("live")));
    assert!(listed["error"].as_str().unwrap().contains("cannot be read"), "{listed}");
    // A query answers what is there, and says so.
    for args in [["projection", "query", "resources"].as_slice(), &["resource", "list"]] {
        let output = esctl.run(args);
        assert_eq!(output.code, 0, "{output:?}");
        assert!(output.stdout.contains("gold") && output.stderr.contains("is stopped at event 4"), "{output:?}");
    }
    // Asking does not try again.
    assert_eq!(esctl.json(&["projection", "errors", "resources"])["items"][0]["attempts"], 1);
}

fn it_is_tried_again_and_skipped_by_word_only(on: Backend) {
    let (esctl, id) = with_a_bad_event(on);
    esctl.error(8, &["projection", "run"]);
    let error = esctl.error(1, &["projection", "errors", "resources", "--retry", &id]);
    assert_eq!(error["code"], "event_still_failing");
    assert_eq!(esctl.json(&["projection", "errors", "resources"])["items"][0]["attempts"], 2);
    esctl.error(3, &["projection", "errors", "resources", "--skip", "018f0000-0000-7000-8000-000000000001"]);
    esctl.error(2, &["projection", "errors", "resources", "--skip", "four"]);
    ok(&esctl, &["projection", "errors", "resources", "--skip", &id]);
    ok(&esctl, &["projection", "run"]);
    assert_eq!(amounts(&esctl), [92, 95]);
    assert_eq!(esctl.json(&["projection", "errors", "resources"])["items"][0]["state"], "skipped");
    ok(&esctl, &["projection", "rebuild", "resources"]);
    assert_eq!(amounts(&esctl), [92, 95]);
    let shown = status(&esctl);
    assert_eq!((&shown["state"], &shown["problems"]["skipped"]), (&json!("current"), &json!(1)));
    // It cannot be put between events that were applied after it. The answer says so, and how it can be included.
    let output = esctl.run(&["projection", "errors", "resources", "--retry", &id, "-o", "json"]);
    assert_eq!(output.code, 0, "{output:?}");
    let released: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(released["rebuild_needed"], true, "{released}");
    assert!(output.stderr.contains("esctl projection rebuild resources"), "{output:?}");
    esctl.error(8, &["projection", "rebuild", "resources"]);
}

fn by_policy_it_is_parked_and_the_others_go_on(on: Backend) {
    let (esctl, id) = with_a_bad_event(on);
    let output = esctl.run(&["projection", "run", "--on-error", "park"]);
    assert_eq!(output.code, 0, "{output:?}");
    assert!(output.stderr.contains("2 events are held back"), "{output:?}");
    assert_eq!(amounts(&esctl), [99, 95]);
    let shown = status(&esctl);
    assert_eq!((&shown["on_error"], &shown["problems"]["parked"], &shown["position"]), (&json!("park"), &json!(1), &json!(6)));
    assert_eq!(shown["state"], "parked");
    // A held back event has not been applied: the projection lags behind by it.
    assert_eq!((&shown["held_back_events"], &shown["lag_events"]), (&json!(2), &json!(2)));
    assert!(shown["lag_seconds"].as_f64().unwrap() > 0.0, "{shown}");
    assert!(ok(&esctl, &["projection", "status"]).contains("1 stream parked, 2 events held back"));
    // The policy is kept: a query follows it as well.
    ok(&esctl, &["resource", "allocate", "wood", "5"]);
    // Its answer lacks events of gold, and says so.
    for args in [["projection", "query", "resources"].as_slice(), &["resource", "list"]] {
        let output = esctl.run(args);
        assert_eq!(output.code, 0, "{output:?}");
        assert!(output.stderr.contains("has parked a stream"), "{output:?}");
    }
    assert_eq!(amounts(&esctl), [99, 90]);
    // One that it has not come to yet counts once.
    ok(&esctl, &["projection", "pause", "resources"]);
    ok(&esctl, &["stream", "append", "resource-gold", "--type", "thing", "--force", "--data", "{}"]);
    let shown = status(&esctl);
    assert_eq!((&shown["held_back_events"], &shown["lag_events"]), (&json!(2), &json!(3)));
    ok(&esctl, &["projection", "resume", "resources"]);
    ok(&esctl, &["projection", "errors", "resources", "--skip", &id]);
    assert_eq!(amounts(&esctl), [92, 90]);
    ok(&esctl, &["projection", "run"]);
    let shown = status(&esctl);
    assert_eq!((&shown["held_back_events"], &shown["lag_events"], &shown["lag_seconds"]), (&json!(0), &json!(0), &json!(0.0)));
}

fn a_skip_that_is_taken_back_is_shown_until_a_rebuild(on: Backend) {
    let (esctl, id) = with_a_bad_event(on);
    esctl.error(8, &["projection", "run"]);
    ok(&esctl, &["projection", "errors", "resources", "--skip", &id]);
    ok(&esctl, &["projection", "run"]);
    ok(&esctl, &["projection", "errors", "resources", "--retry", &id]);
    for _ in 0..2 {
        let shown = status(&esctl);
        assert_eq!((&shown["state"], &shown["problems"]["missing"]), (&json!("incomplete"), &json!(1)));
        assert!(ok(&esctl, &["projection", "status"]).contains("1 event missing"));
        let listed = esctl.json(&["projection", "errors", "resources"])["items"][0].clone();
        assert_eq!((&listed["event_id"], &listed["state"]), (&json!(id), &json!("missing")));
        for args in [["projection", "query", "resources"].as_slice(), &["projection", "query", "resources", "--stale"]] {
            let output = esctl.run(args);
            assert!(output.code == 0 && output.stderr.contains("lacks an event whose skip was taken back"), "{output:?}");
        }
        // It stays so while new events come.
        ok(&esctl, &["stream", "append", "resource-coal", "--type", "x", "--data", "{}"]);
    }
    // The rebuild is stopped at it, and the old read model goes on to say what it lacks.
    esctl.error(8, &["projection", "rebuild", "resources"]);
    assert_eq!(status(&esctl)["problems"]["missing"], 1);
    ok(&esctl, &["projection", "errors", "resources", "--skip", &id]);
    assert_eq!(status(&esctl)["problems"]["missing"], 0);
    ok(&esctl, &["projection", "rebuild", "resources"]);
    assert_eq!(esctl.json(&["projection", "errors", "resources"])["items"][0]["state"], "skipped");
}

fn a_stopped_rebuild_says_how_to_continue(on: Backend) {
    let (esctl, _) = with_a_bad_event(on);
    let error = esctl.error(8, &["projection", "rebuild", "resources"]);
    assert!(error["hint"].as_str().unwrap().contains("esctl projection errors resources"), "{error}");
    let create = ["projection", "create", "mine", "--from", "category:resource", "--key", ".stream", "--reduce"];
    ok(&esctl, &[&create[..], &[".event.data.amount + 1 | {n: .}"]].concat());
    for verify in [[].as_slice(), &["--verify"]] {
        let error = esctl.error(if verify.is_empty() { 2 } else { 3 }, &[&["projection", "rebuild", "mine"], verify].concat());
        let hint = error["hint"].as_str().unwrap_or_default();
        if verify.is_empty() {
            assert!(hint.contains("projection errors mine") && hint.contains("projection create mine"), "{error}");
        }
    }
    let shown = ok(&esctl, &["projection", "status", "resources"]);
    assert!(shown.contains("a rebuild is at 3"), "{shown}");
    // A stopped one does not keep the others from being rebuilt.
    let output = esctl.run(&["projection", "rebuild", "--all", "-o", "ndjson"]);
    assert!(output.stdout.contains("\"documents\"") && output.stdout.contains("\"games\""), "{output:?}");
}
