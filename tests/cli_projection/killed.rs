//! kill -9 at any moment of a rebuild, of a comparison and of going back: one whole read model is left.

use std::fs;
use std::process::Command;
use std::process::Stdio;
use std::time::Duration;
use std::time::Instant;

use esctl::event::EventType;
use esctl::event::ExpectedVersion;
use esctl::event::NewEvent;
use esctl::store;
use esctl::store::AppendRequest;
use esctl::store::RecordTime;
use serde_json::json;

use crate::cli_projection::support::ok;
use crate::cli_projection::support::seeded;
use crate::common::Esctl;
use crate::common::backend::Backend;
use crate::common::backend::run;

crate::on_every_backend! {
    one_whole_read_model_is_left_whenever_it_is_killed
    a_rebuild_of_many_rows_that_is_killed_leaves_the_old_ones
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

/// A read model with enough rows that a rebuild loads them into an empty table.
fn a_rebuild_of_many_rows_that_is_killed_leaves_the_old_ones(on: Backend) {
    let esctl = seeded(on);
    let store = store::open(&esctl.place.url.parse().unwrap(), Duration::from_secs(30)).unwrap();
    let created = json!({ "owner_id": "ann", "resource_type": "gold", "amount": 1, "max_amount": 2, "regeneration_rate": 0.0 });
    let one = |n: u32| AppendRequest {
        stream: format!("resource-many-{n:05}").parse().unwrap(),
        expected: ExpectedVersion::NoStream,
        events: vec![NewEvent::new(EventType::parse("resource.created").unwrap(), &created).unwrap()],
        time: RecordTime::StoreClock,
    };
    for part in 0..3 {
        let answers = run(store.append_together((part * 4000..(part + 1) * 4000).map(one).collect())).unwrap();
        assert!(answers.iter().all(Result::is_ok));
    }
    drop(store);
    let rebuilt = Instant::now();
    ok(&esctl, &["projection", "rebuild", "resources"]);
    let whole = rebuilt.elapsed();
    let rows = ok(&esctl, &["projection", "query", "resources", "--stale", "-o", "ndjson"]);
    assert_eq!(rows.lines().count(), 12_002);
    for round in 1..=10 {
        kill_after(&esctl, &["projection", "rebuild", "resources"], whole / 10 * round);
        assert!(ok(&esctl, &["projection", "query", "resources", "--stale", "-o", "ndjson"]) == rows, "{round}");
        ok(&esctl, &["verify", "--all"]);
    }
    ok(&esctl, &["projection", "rebuild", "resources", "--verify"]);
}
