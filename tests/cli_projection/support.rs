//! A store with two resources, and an event of one of them that cannot be applied.

use serde_json::Value;

use crate::common::Esctl;
use crate::common::backend::Backend;

/// Returns a store with gold and wood, applied.
pub fn seeded(on: Backend) -> Esctl {
    let esctl = Esctl::new(on);
    for id in ["gold", "wood"] {
        ok(&esctl, &["resource", "create", id, "--owner", "ann", "--type", "t", "--amount", "100", "--max", "1000"]);
    }
    ok(&esctl, &["projection", "run"]);
    esctl
}

/// Returns that store with a bad event of gold between good ones of both, not applied, and the id of the bad one.
pub fn with_a_bad_event(on: Backend) -> (Esctl, String) {
    let esctl = seeded(on);
    ok(&esctl, &["resource", "allocate", "gold", "1"]);
    let bad = ["stream", "append", "resource-gold", "--type", "resource.allocated", "--force", "--data", "{\"amount\":\"many\"}"];
    ok(&esctl, &bad);
    let good = "{\"amount\":7,\"new_amount\":92,\"last_regenerated\":\"2026-01-01T00:00:00.000000Z\"}";
    ok(&esctl, &["stream", "append", "resource-gold", "--type", "resource.allocated", "--force", "--data", good]);
    ok(&esctl, &["resource", "allocate", "wood", "5"]);
    let events = esctl.json(&["stream", "read", "--all", "--from", "4", "--limit", "1"]);
    let id = events["items"][0]["event_id"].as_str().unwrap().to_owned();
    (esctl, id)
}

/// Returns the stdout of a command that must succeed.
pub fn ok(esctl: &Esctl, args: &[&str]) -> String {
    let output = esctl.run(args);
    assert_eq!(output.code, 0, "{args:?}: {output:?}");
    output.stdout
}

/// The amounts of gold and wood as the read model has them.
pub fn amounts(esctl: &Esctl) -> Vec<i64> {
    let rows = esctl.json(&["projection", "query", "resources", "--stale"]);
    rows["items"].as_array().unwrap().iter().map(|row| row["amount"].as_i64().unwrap()).collect()
}

pub fn status(esctl: &Esctl) -> Value {
    esctl.json(&["projection", "status", "resources"])["items"][0].clone()
}
