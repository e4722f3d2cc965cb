//! `replay --reducer` with a jq program: the same state, however it is come by.

use proptest::prelude::ProptestConfig;
use proptest::prelude::Strategy;
use proptest::prelude::proptest;
use proptest::sample::select;
use serde_json::Value;
use serde_json::json;

use crate::common::Esctl;
use crate::common::a_store;
use crate::common::backend::Backend;
use crate::common::tamper::Change;

crate::on_every_backend! {
    a_program_makes_the_state
    it_goes_with_moments_categories_traces_and_diffs
    a_snapshot_is_of_one_program_only
    a_state_that_is_no_json_stops_at_its_event
}

const SUM: &str = "jq: {n: ((.state.n // 0) + 1), sum: ((.state.sum // 0) + (.event.data.amount // 0))}";

fn a_program_makes_the_state(on: Backend) {
    let esctl = a_store(on);
    let merged = esctl.json(&["replay", "order-1", "--reducer", "jq: (.state // {}) * .event.data"]);
    assert_eq!(merged["state"], esctl.json(&["replay", "order-1", "--reducer", "merge"])["state"]);
    assert_eq!(esctl.json(&["replay", "resource-gold", "--reducer", SUM])["state"], json!({"n": 4, "sum": 1100}));
    std::fs::write(esctl.path("types.jq"), ".state + [.event.type]").unwrap();
    let types = esctl.json(&["replay", "order-1", "--reducer", "@types.jq"]);
    assert_eq!(types["state"], json!(["order.placed", "order.paid"]));
}

fn it_goes_with_moments_categories_traces_and_diffs(on: Backend) {
    let esctl = a_store(on);
    let n = |more: &[&str]| esctl.json(&[&["replay", "resource-gold", "--reducer", SUM], more].concat());
    assert_eq!(n(&["--version", "2"])["state"]["n"], 2);
    assert_eq!(n(&["--position", "3"])["state"]["n"], 3);
    assert_eq!(n(&["--at", "now"])["state"]["n"], 4);
    assert_eq!(
        n(&["--diff", "1"])["diff"]["patch"],
        json!([
            {"op": "replace", "path": "/n", "value": 4}, {"op": "replace", "path": "/sum", "value": 1100}
        ])
    );
    let trace = n(&["--trace"]);
    let states: Vec<_> = trace["items"].as_array().unwrap().iter().map(|item| item["state"]["n"].clone()).collect();
    assert_eq!(states, [1, 2, 3, 4]);
    let table = esctl.run(&["replay", "resource-gold", "--reducer", SUM, "--trace"]).stdout;
    assert!(table.contains("n 1 -> 2, sum 1000 -> 1100"), "{table}");
    let rows = esctl.json(&["replay", "--category", "resource", "--reducer", SUM]);
    let rows: Vec<_> = rows["items"].as_array().unwrap().iter().map(|row| row["state"]["n"].clone()).collect();
    assert_eq!(rows, [4, 1]);
    assert_eq!(esctl.json(&["replay", "resource-gold", "--reducer", SUM, "--verify"])["verify"]["ok"], true);
}

fn a_snapshot_is_of_one_program_only(on: Backend) {
    let esctl = a_store(on);
    let taken = esctl.json(&["snapshot", "take", "resource-gold", "--reducer", SUM]);
    assert!(taken["reducer"].as_str().unwrap().starts_with("jq:"), "{taken}");
    let used = esctl.json(&["replay", "resource-gold", "--reducer", SUM]);
    assert_eq!((&used["snapshot_version"], &used["state"]["n"]), (&json!(4), &json!(4)));
    // Another program, and be it by a blank, is another reducer.
    let other = esctl.json(&["replay", "resource-gold", "--reducer", &format!("{SUM} ")]);
    assert_eq!((&other["snapshot_version"], &other["state"]["n"]), (&Value::Null, &json!(4)));
    assert!(other["passed_over"].is_null(), "{other}");
    let verified = esctl.json(&["replay", "resource-gold", "--reducer", SUM, "--verify"]);
    assert_eq!(verified["verify"]["snapshots_compared"], 1);
    // The store keeps the program, so that anyone can verify what it made.
    let verdicts = esctl.json(&["snapshot", "verify"]);
    assert_eq!((&verdicts["items"][0]["ok"], &verdicts["items"][0]["version"]), (&json!(true), &json!(4)));
    esctl.tamper(Change::State(4, "n", json!(5)));
    let output = esctl.run(&["snapshot", "verify", "-o", "json"]);
    assert!(output.code == 1 && output.stdout.contains("/n"), "{output:?}");
    assert_eq!(esctl.json(&["replay", "resource-gold", "--reducer", SUM])["state"]["n"], 4);
}

fn a_state_that_is_no_json_stops_at_its_event(on: Backend) {
    let esctl = a_store(on);
    for (program, part) in [
        ("jq: 9223372036854775807 + .event.version", "64 bits"),
        ("jq: 1 / 0", "not a JSON number"),
        ("jq: empty", "no value"),
        ("jq: 1, 2", "several values"),
        ("jq: .event.type | keys", "cannot use"),
        ("jq: .event.version - \"a\"", "cannot calculate"),
    ] {
        let error = esctl.error(2, &["replay", "order-1", "--reducer", program]);
        assert_eq!((&error["code"], &error["details"]["position"]), (&json!("jq_failed"), &json!(6)), "{error}");
        let said = esctl.run(&["replay", "order-1", "--reducer", program]).stderr;
        assert!(said.contains(part) && said.contains("event 6 (stream order-1, version 1)"), "{said}");
    }
}

#[derive(Debug, Clone)]
struct Case {
    amounts: Vec<i64>,
    program: &'static str,
    snapshot: usize,
}

fn cases() -> impl Strategy<Value = Case> {
    let programs = [
        SUM,
        "jq: (.state // []) + [.event.data.amount * 3 - .event.version]",
        "jq: .state as $s | .event.data | if .amount > 0 then {last: .amount, before: $s.last} else $s end",
        "jq: (.state // {}) | .[\"k\\(.n // 0)\"] = 0.1 | .n = ((.n // 0) + 1) % 3",
        "jq: (.state // 0) + .event.data.amount / 7",
    ];
    let amounts = proptest::collection::vec(-9_007_199_254_740_993..9_007_199_254_740_993_i64, 1..8);
    (amounts, select(programs.to_vec()), 0_usize..8).prop_map(|(amounts, program, snapshot)| Case { amounts, program, snapshot })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn a_snapshot_and_the_events_after_it_make_the_state_of_all_events(case in cases()) {
        let esctl = Esctl::new(Backend::Sqlite);
        for (index, amount) in case.amounts.iter().enumerate() {
            esctl.json(&["stream", "append", "x-1", "--type", "t", "--data", &json!({"amount": amount}).to_string()]);
            if index == case.snapshot {
                esctl.json(&["snapshot", "take", "x-1", "--reducer", case.program]);
            }
        }
        let replay = |more: &[&str]| esctl.json(&[&["replay", "x-1", "--reducer", case.program], more].concat());
        let (whole, incremental) = (replay(&["--no-snapshot"]), replay(&[]));
        assert_eq!(incremental["snapshot_version"].is_null(), case.snapshot >= case.amounts.len());
        assert_eq!(whole["state"], incremental["state"]);
        let trace = replay(&["--trace"]);
        assert_eq!(trace["items"].as_array().unwrap().last().unwrap()["state"], whole["state"]);
    }
}
