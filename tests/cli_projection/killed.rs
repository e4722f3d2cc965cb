//! kill -9 at any moment of a rebuild, of a comparison and of going back: one whole read model is left.

use std::fs;
use std::process::Command;
use std::process::Stdio;
use std::time::Duration;

use crate::cli_projection::support::ok;
use crate::cli_projection::support::seeded;
use crate::common::Esctl;
use crate::common::backend::Backend;

crate::on_every_backend! {
    one_whole_read_model_is_left_whenever_it_is_killed
}

/// A store in which a rebuild has many commits to make.
fn large(on: Backend) -> Esctl {
    let esctl = seeded(on);
    let fact = |n: u32| {
        let data = format!("{{\"amount\":1,\"new_amount\":{n},\"last_regenerated\":\"2026-01-01T00:00:00.000000Z\"}}");
        format!("{{\"type\":\"resource.allocated\",\"data\":{data}}}\n")
    };
    fs::write(esctl.path("facts"), (0..4000).map(fact).collect::<String>()).unwrap();
    let batch = esctl.path("facts");
    ok(&esctl, &["stream", "append", "resource-gold", "--batch", batch.to_str().unwrap()]);
    ok(&esctl, &["projection", "run"]);
    esctl
}

fn kill_after(esctl: &Esctl, args: &[&str], after: Duration) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_esctl"));
    command.env_clear().env("HOME", esctl.dir.path()).args(["--store", &esctl.place.url]).args(args);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    std::thread::sleep(after);
    let _ = child.kill();
    child.wait().unwrap();
}

fn one_whole_read_model_is_left_whenever_it_is_killed(on: Backend) {
    let esctl = large(on);
    let rows = ok(&esctl, &["projection", "query", "resources", "--stale", "-o", "ndjson"]);
    assert_eq!(rows.lines().count(), 2);
    // One to go back to, with the same rows.
    ok(&esctl, &["projection", "rebuild", "resources"]);
    for round in 0..24_u64 {
        let args: &[&str] = match round % 3 {
            0 => &["projection", "rebuild", "resources", "--batch", "1"],
            1 => &["projection", "rebuild", "resources", "--verify", "--batch", "1"],
            _ => &["projection", "rollback", "resources"],
        };
        kill_after(&esctl, args, Duration::from_millis(round * 5));
        assert_eq!(ok(&esctl, &["projection", "query", "resources", "--stale", "-o", "ndjson"]), rows, "{args:?}");
        ok(&esctl, &["verify", "--all"]);
    }
    ok(&esctl, &["projection", "rebuild", "resources", "--verify"]);
    ok(&esctl, &["projection", "rollback", "resources"]);
    assert_eq!(ok(&esctl, &["projection", "query", "resources", "-o", "ndjson"]), rows);
}
