//! Each kind of expectation, met and not met.

use serde_json::json;

use crate::cli_scenario::support::Folder;
use crate::cli_scenario::support::GOLD;

/// A step that must come out, and what is wrong with it when one expectation is changed.
const STEPS: [(&str, &str, &str, &str); 20] = [
    ("run: resource.add, with: {id: gold, amount: 5}", "events: [resource.added]", "events: [resource.locked]", "events"),
    ("run: resource.add, with: {id: gold, amount: 5}", "version: 2", "version: 3", "version"),
    ("run: resource.add, with: {id: gold, amount: 5}", "outcome: applied", "outcome: unchanged", "outcome"),
    ("run: resource.add, with: {id: gold, amount: 5}", "state: {amount: 105}", "state: {amount: 104}", "state.amount"),
    ("run: resource.add, with: {id: gold, amount: 5}", "state: {owner_id: ann}", "state: {nobody: ann}", "state.nobody"),
    (
        "run: resource.add, with: {id: gold, amount: 5}",
        "events: [{type: resource.added, data: {amount: 5}}]",
        "events: [{type: resource.added, data: {amount: 6}}]",
        "events[0].data.amount",
    ),
    ("run: resource.add, with: {id: gold, amount: 5}", "version: 2", "rejected: resource_locked", "outcome"),
    ("run: resource.unlock, with: {id: gold}", "rejected: resource_not_locked", "rejected: resource_locked", "outcome"),
    (
        "run: resource.unlock, with: {id: gold}",
        "rejected: resource_not_locked, message: not locked",
        "rejected: resource_not_locked, message: is silver",
        "message",
    ),
    ("run: resource.unlock, with: {id: gold}", "rejected: resource_not_locked", "conflict: true", "outcome"),
    ("run: resource.unlock, with: {id: gold}", "rejected: resource_not_locked", "version: 2", "outcome"),
    (
        "run: resource.add, with: {id: gold, amount: 5}, expect_version: 7",
        "conflict: true",
        "rejected: resource_locked",
        "outcome",
    ),
    (
        "run: resource.add, with: {id: gold, amount: 5}, expect_version: 7",
        "conflict: version_conflict",
        "conflict: retries_exhausted",
        "outcome",
    ),
    ("append: a-1, type: t", "version: 1", "version: 2", "version"),
    ("append: a-1, type: t, expect_version: 1", "conflict: true", "outcome: applied", "outcome"),
    ("query: resources, where: {owner_id: ann}", "rows: [{id: gold}]", "rows: [{id: silver}]", "rows[0].id"),
    ("query: resources", "rows: [{id: gold}]", "rows: []", "rows"),
    ("query: resources", "count: 1", "count: 2", "count"),
    ("replay: resource-gold", "version: 1, state: {amount: 100}", "version: 1, state: {amount: 1}", "state.amount"),
    ("replay: resource-gold", "version: 1", "missing: true", "missing"),
];

#[test]
fn each_expectation_is_met_or_not() {
    let folder = Folder::new();
    let scenario = |step: &str, expect: &str| format!("name: x\n{GOLD}steps:\n  - {{{step}, expect: {{{expect}}}}}\n---\n");
    let text: String = STEPS.iter().map(|(step, good, bad, ..)| scenario(step, good) + &scenario(step, bad)).collect();
    let reports = folder.reports(&text);
    assert_eq!(reports.len(), 2 * STEPS.len());
    for (pair, (step, good, bad, what)) in reports.chunks(2).zip(STEPS) {
        assert_eq!(pair[0]["ok"], true, "{step} {good}: {}", pair[0]);
        assert_eq!(pair[1]["ok"], false, "{step} {bad}");
        assert_eq!(pair[1]["failed"]["mismatches"][0]["what"], what, "{step} {bad}: {}", pair[1]);
    }
}

#[test]
fn a_race_is_counted() {
    let folder = Folder::new();
    let race = |expect: &str| {
        let write = "{run: resource.allocate, with: {id: gold, amount: 60}, retries: 100, times: 3}";
        format!("name: x\n{GOLD}steps:\n  - at_once: [{write}]\n    expect: {{{expect}}}\n---\n")
    };
    let good = "succeed: 1, applied: 1, already_applied: 0, rejected: {insufficient_amount: 2}, conflict: 0";
    let bad = [
        "succeed: 2",
        "applied: 0",
        "already_applied: 1",
        "rejected: {insufficient_amount: 1}",
        "rejected: {other: 1}",
        "conflict: 1",
    ];
    let reports = folder.reports(&(race(good) + &bad.map(race).concat()));
    assert_eq!(reports[0]["ok"], true, "{}", reports[0]);
    let what: Vec<_> = reports[1..].iter().map(|report| &report["failed"]["mismatches"][0]["what"]).collect();
    let wanted = ["succeed", "applied", "already_applied", "rejected.insufficient_amount", "rejected.other", "conflict"];
    assert_eq!(what, wanted);
}

#[test]
fn without_an_expectation_it_must_be_done() {
    let folder = Folder::new();
    let steps = ["{run: resource.unlock, with: {id: gold}}", "{at_once: [{run: resource.unlock, with: {id: gold}, times: 2}]}"];
    let text: String = steps.iter().map(|step| format!("name: x\n{GOLD}steps: [{step}]\n---\n")).collect();
    let reports = folder.reports(&text);
    let found: Vec<_> = reports.iter().map(|report| &report["failed"]["mismatches"][0]["found"]).collect();
    assert!(found[0].as_str().unwrap().starts_with("rejected: resource_not_locked"), "{}", found[0]);
    assert_eq!(found[1], &json!(0));
}

#[test]
fn the_clock_is_fixed_and_given_events_move_it() {
    let folder = Folder::new();
    let text = "name: x
clock: 2026-05-01T00:00:00Z
given: [{stream: a-1, type: t, at: 2026-05-02T00:00:00Z}]
steps:
  - {append: a-1, type: t}
  - {advance: 1 day}
  - {append: a-1, type: t}
  - {replay: a-1, reducer: count, at: 2026-05-02T00:00:00.000001Z, expect: {version: 2}}
  - {replay: a-1, reducer: count, at: 2026-05-02T23:59:59.999999Z, expect: {version: 2}}
  - {replay: a-1, reducer: count, at: 2026-05-03T00:00:00Z, expect: {version: 3}}
";
    assert_eq!(folder.reports(text)[0]["failed"], json!(null));
}

#[test]
fn what_comes_after_a_failure_is_not_run() {
    let folder = Folder::new();
    let text = "name: x\nsteps:\n  - {advance: 1s}\n  - {query: resources, expect: {count: 1}}\n  - {query: resources, expect: {count: 2}}\n";
    let report = &folder.reports(text)[0];
    assert_eq!((&report["failed"]["number"], &report["failed"]["line"]), (&json!(2), &json!(4)));
    assert_eq!((&report["steps"], report["failed"]["mismatches"].as_array().unwrap().len()), (&json!(3), 1));
}
