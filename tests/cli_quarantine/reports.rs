//! Reports over many streams of which one cannot be read, and states that break the rules of their domain.

use serde_json::Value;
use serde_json::json;

use crate::cli_quarantine::LOTS;
use crate::cli_quarantine::forced;
use crate::cli_quarantine::quarantine;
use crate::common::a_store;
use crate::common::backend::Backend;

crate::on_every_backend! {
    a_report_over_many_streams_goes_on_past_a_broken_one
    lists_go_on_past_a_broken_stream
    a_state_that_breaks_the_rules_of_its_domain_is_named
}

fn a_report_over_many_streams_goes_on_past_a_broken_one(on: Backend) {
    let esctl = a_store(on);
    esctl.must(&["snapshot", "take", "resource-gold"]);
    forced(&esctl, "resource-gold", "resource.added", LOTS);
    for more in [&[][..], &["--verify"]] {
        let replay = esctl.run(&[&["replay", "--category", "resource", "-o", "json"], more].concat());
        assert_eq!(replay.code, 8, "{replay:?}");
        let report: Value = serde_json::from_str(&replay.stdout).unwrap();
        let items = report["items"].as_array().unwrap();
        assert_eq!((&items[0]["stream"], &items[0]["broken"]["position"]), (&json!("resource-gold"), &json!(8)));
        assert_eq!((&items[1]["stream"], &items[1]["state"]["amount"]), (&json!("resource-silver"), &json!(10)));
        assert!(replay.stderr.contains("streams_not_readable"), "{replay:?}");
    }
    let taken = esctl.run(&["snapshot", "take", "--category", "resource", "-o", "json"]);
    assert_eq!(taken.code, 8, "{taken:?}");
    let items: Value = serde_json::from_str(&taken.stdout).unwrap();
    assert_eq!(items["items"][0]["stream"], "resource-silver");
    let verdicts = esctl.run(&["snapshot", "verify", "-o", "json"]);
    assert_eq!(verdicts.code, 8, "{verdicts:?}");
    let items: Value = serde_json::from_str(&verdicts.stdout).unwrap();
    let ok: Vec<&Value> = items["items"].as_array().unwrap().iter().map(|item| &item["ok"]).collect();
    assert_eq!(ok, [false, true]);
}

fn lists_go_on_past_a_broken_stream(on: Backend) {
    let esctl = a_store(on);
    for id in ["a", "b"] {
        esctl.must(&["doc", "create", id, "--data", "{}"]);
        esctl.must(&["game", "new", id, "--players", "2"]);
        esctl.must(&["resource", "create", id, "--owner", "o", "--type", "t", "--amount", "1", "--max", "2"]);
    }
    let cases = [
        ("resource", "resource-a", "resource.added", LOTS),
        ("doc", "document-a", "document.updated", "{\"patch\":5}"),
        ("game", "game-a", "game.player_joined", "{\"x\":5}"),
    ];
    // Before the read models are there: from the events.
    for (noun, stream, event_type, data) in cases {
        let broken = forced(&esctl, stream, event_type, data);
        let listed = esctl.run(&[noun, "list", "-o", "json"]);
        let items: Value = serde_json::from_str(&listed.stdout).unwrap_or_else(|error| panic!("{noun}: {error}: {listed:?}"));
        let ids: Vec<&Value> = items["items"].as_array().unwrap().iter().map(|item| &item["id"]).collect();
        assert!(listed.code == 8 && ids.contains(&&json!("b")) && !ids.contains(&&json!("a")), "{noun}: {listed:?}");
        quarantine(&esctl, &broken);
    }
    for (noun, stream, event_type, data) in cases {
        let before = esctl.json(&[noun, "list"])["items"].as_array().unwrap().len();
        forced(&esctl, stream, event_type, data);
        // The read model is stopped at the event: it answers with what it has, and says so.
        let listed = esctl.run(&[noun, "list", "-o", "json"]);
        let items: Value = serde_json::from_str(&listed.stdout).unwrap_or_else(|error| panic!("{noun}: {error}: {listed:?}"));
        assert_eq!(items["items"].as_array().unwrap().len(), before, "{noun}");
        assert!(listed.stderr.contains("projection errors"), "{listed:?}");
        let of_a_moment = esctl.run(&[noun, "list", "--at", "2099-01-01T00:00:00Z", "-o", "json"]);
        assert_eq!(of_a_moment.code, 8, "{noun}: {of_a_moment:?}");
        let items: Value = serde_json::from_str(&of_a_moment.stdout).unwrap();
        let ids: Vec<&Value> = items["items"].as_array().unwrap().iter().map(|item| &item["id"]).collect();
        assert!(ids.len() == before - 1 && ids.contains(&&json!("b")) && !ids.contains(&&json!("a")), "{noun}: {ids:?}");
        assert!(of_a_moment.stderr.contains("streams_not_readable"), "{of_a_moment:?}");
    }
    esctl.must(&["stats"]);
    esctl.must(&["projection", "status"]);
    // Events as such are whole.
    esctl.must(&["verify"]);
}

fn a_state_that_breaks_the_rules_of_its_domain_is_named(on: Backend) {
    let esctl = a_store(on);
    assert_eq!(esctl.run(&["replay", "--category", "resource", "--verify"]).code, 0);
    let data = r#"{"amount":1000000,"new_amount":1000000}"#;
    esctl.must(&["stream", "append", "resource-silver", "--type", "resource.added", "--data", data]);
    for args in [&["replay", "resource-silver", "--verify"][..], &["replay", "--category", "resource", "--verify"]] {
        let error = esctl.error(1, args);
        assert_eq!(error["code"], "verify_differs", "{error}");
        let table = esctl.run(args);
        assert!(table.stdout.contains("amount 1000000 is over max_amount 50"), "{table:?}");
    }
    let negative = r#"{"amount":5,"new_amount":-5}"#;
    esctl.must(&["stream", "append", "resource-silver", "--type", "resource.allocated", "--data", negative]);
    let report = esctl.run(&["replay", "resource-silver", "--verify", "-o", "json"]);
    let report: Value = serde_json::from_str(&report.stdout).unwrap();
    let reasons: Vec<&str> =
        report["verify"]["differences"].as_array().unwrap().iter().map(|it| it["reason"].as_str().unwrap()).collect();
    assert_eq!(reasons, ["amount 1000000 is over max_amount 50", "amount -5 is negative"]);
}
